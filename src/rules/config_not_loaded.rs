//! A redis.conf that is mounted or copied, and that the server never reads. From servers.

use crate::finding::{Finding, Label, Severity};
use crate::rule::{Category, Context, Rule};
use crate::rules::common;

/// See `rules/config-not-loaded.md`.
pub static RULE: Rule = Rule {
    name: "config-not-loaded",
    category: Category::Server,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/config-not-loaded.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        for server in &environment.servers {
            for mount in server.mounts.iter().filter(|mount| mount.loaded == Some(false)) {
                let name = common::server_name(server);
                let open = server.auth.iter().any(|case| common::is_open(&case.auth));
                let so = match mount.sets_password {
                    true if open => "the password it sets is not in force and anyone can log in",
                    true => "the password it sets is not in force",
                    false => "its settings are not in force",
                };
                let message = format!("`{name}` never loads {}, as its command does not name it: {so}", mount.target);
                let confidence = server.confidence.min(environment.confidence);
                let primary = Label::new(mount.span, "not loaded");
                let mut finding = common::finding(&RULE, environment, confidence, primary, message);
                let command = server.command.map(|span| Label::new(span, "the file is not named here"));
                finding.related.extend(command);
                finding.help = Some(format!("name it as the first argument: `redis-server {}`", mount.target));
                findings.push(finding);
            }
        }
    }
}
