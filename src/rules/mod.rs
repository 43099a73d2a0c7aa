//! The rules: one file each, registered here and documented in `rules/<name>.md`.
//!
//! `common`, `exposure`, `lost` and `placeholder` hold what several rules need; they are no rules themselves.

mod common;
mod exposure;
mod lost;
mod placeholder;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

mod clients_disagree;
mod config_not_loaded;
mod empty_password;
mod hardcoded_password;
mod ignored_password_variable;
mod invalid_database;
mod invalid_directive;
mod localhost_in_container;
mod loopback_bind;
mod malformed_url;
mod missing_password;
mod missing_secret_key;
mod overridden_directive;
mod password_as_username;
mod password_fallback;
mod protected_mode_off;
mod public_service;
mod published_port;
mod separate_networks;
mod service_link_collision;
mod tls_mismatch;
mod trailing_newline;
mod unauthenticated_healthcheck;
mod unescaped_password;
mod unexpected_password;
mod unknown_host;
mod unknown_user;
mod wrong_password;
mod wrong_port;

use crate::rule::Rule;

/// Every rule, by category and then as in the catalogue.
pub static ALL: &[&Rule] = &[
    &unexpected_password::RULE,
    &missing_password::RULE,
    &wrong_password::RULE,
    &unknown_user::RULE,
    &clients_disagree::RULE,
    &ignored_password_variable::RULE,
    &config_not_loaded::RULE,
    &empty_password::RULE,
    &overridden_directive::RULE,
    &invalid_directive::RULE,
    &trailing_newline::RULE,
    &password_as_username::RULE,
    &unescaped_password::RULE,
    &malformed_url::RULE,
    &unauthenticated_healthcheck::RULE,
    &hardcoded_password::RULE,
    &password_fallback::RULE,
    &published_port::RULE,
    &protected_mode_off::RULE,
    &public_service::RULE,
    &localhost_in_container::RULE,
    &unknown_host::RULE,
    &loopback_bind::RULE,
    &separate_networks::RULE,
    &wrong_port::RULE,
    &tls_mismatch::RULE,
    &invalid_database::RULE,
    &missing_secret_key::RULE,
    &service_link_collision::RULE,
];
