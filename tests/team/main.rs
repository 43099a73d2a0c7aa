//! What a team lives with: ignores, baselines that merge, only what a change brings in, and a configuration without typos.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
#[path = "../support/mod.rs"]
mod support;

mod baseline;
mod configuration;
mod ignores;
mod repository;
mod since;
