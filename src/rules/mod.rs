//! The rules: one file each, registered here and documented in `rules/<name>.md`.
//!
//! `common`, `exposure`, `lost` and `placeholder` hold what several rules need; they are no rules themselves.

pub mod common;
pub mod encoded;
pub mod exposure;
mod lost;
mod placeholder;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

mod bind_all_interfaces;
mod broken_command;
mod broken_healthcheck;
mod clients_disagree;
mod config_not_loaded;
mod empty_password;
mod environment_drift;
mod evicting_queue;
mod exposed_admin_ui;
mod hardcoded_password;
mod host_network;
mod ignored_password_variable;
mod invalid_database;
mod invalid_directive;
mod invalid_hostname;
mod localhost_in_container;
mod loopback_bind;
mod malformed_url;
mod missing_file;
mod missing_password;
mod missing_secret_key;
mod overridden_directive;
mod password_as_username;
mod password_fallback;
mod password_in_arguments;
mod plaintext_remote;
mod protected_mode_off;
mod public_service;
mod published_port;
mod redis_not_configured;
mod reused_password;
mod secret_path_as_password;
mod separate_networks;
mod service_link_collision;
mod shared_database;
mod stale_docs;
mod swapped_variable;
mod tls_mismatch;
mod trailing_newline;
mod unauthenticated_healthcheck;
mod undefined_variable;
mod unescaped_dollar;
mod unescaped_password;
mod unexpanded_variable;
mod unexpected_password;
mod unknown_host;
mod unknown_user;
mod unread_variable;
mod weak_password;
mod wrong_password;
mod wrong_port;

use crate::rule::Rule;

/// The names of all rules.
#[must_use]
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|rule| rule.name).collect()
}

/// Every rule, by category and then as in the catalogue.
pub static ALL: &[&Rule] = &[
    &unexpected_password::RULE,
    &missing_password::RULE,
    &wrong_password::RULE,
    &unknown_user::RULE,
    &clients_disagree::RULE,
    &ignored_password_variable::RULE,
    &config_not_loaded::RULE,
    &unexpanded_variable::RULE,
    &empty_password::RULE,
    &overridden_directive::RULE,
    &invalid_directive::RULE,
    &trailing_newline::RULE,
    &missing_file::RULE,
    &broken_command::RULE,
    &secret_path_as_password::RULE,
    &password_as_username::RULE,
    &unescaped_password::RULE,
    &malformed_url::RULE,
    &unauthenticated_healthcheck::RULE,
    &broken_healthcheck::RULE,
    &hardcoded_password::RULE,
    &password_fallback::RULE,
    &weak_password::RULE,
    &reused_password::RULE,
    &password_in_arguments::RULE,
    &published_port::RULE,
    &protected_mode_off::RULE,
    &public_service::RULE,
    &bind_all_interfaces::RULE,
    &host_network::RULE,
    &plaintext_remote::RULE,
    &exposed_admin_ui::RULE,
    &localhost_in_container::RULE,
    &unknown_host::RULE,
    &loopback_bind::RULE,
    &separate_networks::RULE,
    &invalid_hostname::RULE,
    &wrong_port::RULE,
    &tls_mismatch::RULE,
    &invalid_database::RULE,
    &shared_database::RULE,
    &evicting_queue::RULE,
    &undefined_variable::RULE,
    &missing_secret_key::RULE,
    &service_link_collision::RULE,
    &unescaped_dollar::RULE,
    &swapped_variable::RULE,
    &unread_variable::RULE,
    &redis_not_configured::RULE,
    &environment_drift::RULE,
    &stale_docs::RULE,
];
