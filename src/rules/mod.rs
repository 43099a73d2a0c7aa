//! The rules: one file each, registered here and documented in `rules/<name>.md`.
//!
//! `common`, `exposure`, `lost` and `placeholder` hold what several rules need; they are no rules themselves.

mod common;
mod exposure;
mod lost;
mod placeholder;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

mod config_not_loaded;
mod hardcoded_password;
mod ignored_password_variable;
mod localhost_in_container;
mod missing_password;
mod protected_mode_off;
mod published_port;
mod unauthenticated_healthcheck;
mod unexpected_password;
mod unknown_host;
mod wrong_password;

use crate::rule::Rule;

/// Every rule, by category and then as in the catalogue.
pub static ALL: &[&Rule] = &[
    &unexpected_password::RULE,
    &missing_password::RULE,
    &wrong_password::RULE,
    &ignored_password_variable::RULE,
    &config_not_loaded::RULE,
    &unauthenticated_healthcheck::RULE,
    &hardcoded_password::RULE,
    &published_port::RULE,
    &protected_mode_off::RULE,
    &localhost_in_container::RULE,
    &unknown_host::RULE,
];
