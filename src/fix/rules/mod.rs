//! How the findings of single rules are mended: one function a rule, from a finding to edits.

pub mod commands;
pub mod environment;
pub mod ports;
pub mod urls;
pub mod values;
