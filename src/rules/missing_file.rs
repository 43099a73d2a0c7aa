//! A file that a server or compose needs and that is not there. From servers and from the facts on files.

use crate::finding::{Confidence, Finding, Label, Severity};
use crate::model::{Auth, AuthCase, Server};
use crate::rule::{Category, Context, Rule};
use crate::rules::common;
use crate::source::Span;

/// See `rules/missing-file.md`.
pub static RULE: Rule = Rule {
    name: "missing-file",
    category: Category::Server,
    severity: Severity::Warning,
    pedantic: false,
    doc: include_str!("../../rules/missing-file.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        // What compose lacks elsewhere is nothing about Redis.
        let about_redis = !environment.servers.is_empty() || !environment.clients.is_empty();
        for missing in environment.missing.iter().filter(|_| about_redis) {
            let message = format!("`{}` is not in the repository: {}", missing.path, missing.consequence);
            // It may be made by a script, or on the machine.
            let confidence = environment.confidence.min(Confidence::Medium);
            let primary = Label::new(missing.span, "no such file");
            let mut finding = common::finding(&RULE, environment, confidence, primary, message);
            finding.help = Some("add the file, or an example of it and how to make it".to_owned());
            findings.push(finding);
        }
        for server in &environment.servers {
            let Some((error, span)) = unreadable_conf(server) else { continue };
            let message = format!("`{}` does not start: `{error}`", common::server_name(server));
            let confidence = server.confidence.min(environment.confidence);
            let primary = Label::new(span, "no such file in the container");
            let mut finding = common::finding(&RULE, environment, confidence, primary, message);
            finding.severity = Severity::Error;
            finding.help = Some("mount or copy the file to this path".to_owned());
            findings.push(finding);
        }
    }
}

/// What a server says that is told to read a configuration file which is not there, whatever is set.
#[must_use]
pub fn unreadable_conf(server: &Server) -> Option<(&str, Span)> {
    let of = |case: &AuthCase| -> bool {
        matches!(&case.auth, Auth::DoesNotStart { error, .. } if error.contains("can't open config file"))
    };
    match server.auth.first().map(|case| &case.auth) {
        Some(Auth::DoesNotStart { error, span }) if server.auth.iter().all(of) => Some((error, *span)),
        _ => None,
    }
}
