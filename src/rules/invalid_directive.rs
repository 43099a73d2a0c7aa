//! A line or argument that keeps the server from starting. From servers.

use crate::finding::{Finding, Label, Severity};
use crate::model::Auth;
use crate::rule::{Category, Context, Rule};
use crate::rules::{broken_command, common, empty_password, missing_file};

/// See `rules/invalid-directive.md`.
pub static RULE: Rule = Rule {
    name: "invalid-directive",
    category: Category::Server,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/invalid-directive.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        for server in &environment.servers {
            // Some faults have rules of their own; a variable that has to be set is no fault.
            if empty_password::directive(server).is_some()
                || broken_command::no_program(server).is_some()
                || missing_file::unreadable_conf(server).is_some()
                || !server.auth.iter().all(|case| matches!(case.auth, Auth::DoesNotStart { .. }))
            {
                continue;
            }
            let Some(Auth::DoesNotStart { error, span }) = server.auth.first().map(|case| &case.auth) else {
                continue;
            };
            let message = format!("`{}` does not start: `{error}`", common::server_name(server));
            let confidence = server.confidence.min(environment.confidence);
            let primary = Label::new(*span, "Redis refuses this");
            findings.push(common::finding(&RULE, environment, confidence, primary, message));
        }
    }
}
