//! `requirepass` with an empty value: the server is open, or does not start. From servers.

use crate::finding::{Finding, Label, Severity};
use crate::model::{Auth, AuthCase, Directive, Server};
use crate::rule::{Category, Context, Rule};
use crate::rules::{common, exposure};

/// See `rules/empty-password.md`.
pub static RULE: Rule = Rule {
    name: "empty-password",
    category: Category::Server,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/empty-password.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        for server in &environment.servers {
            let Some(directive) = directive(server) else {
                continue;
            };
            let name = common::server_name(server);
            let consequence = match server.auth.first().map(|case| &case.auth) {
                Some(Auth::DoesNotStart { error, .. }) => {
                    format!("`{name}` does not start (`{error}`)")
                }
                _ => format!("`{name}` has no password"),
            };
            let message = format!("`requirepass` has no value, so {consequence}");
            let confidence = server.confidence.min(environment.confidence);
            let primary = Label::new(directive.name.span, "no value");
            let mut finding = common::finding(&RULE, environment, confidence, primary, message);
            finding.help = Some("demand the variable with `${REDIS_PASSWORD:?}`, or remove `requirepass`".to_owned());
            findings.push(finding);
        }
    }
}

fn stops(case: &AuthCase) -> bool {
    matches!(case.auth, Auth::DoesNotStart { .. })
}

/// The `requirepass` in force, if it is empty whatever is set outside the repository.
pub fn directive(server: &Server) -> Option<&Directive> {
    if !server.auth.iter().all(|case| stops(case) || common::is_open(&case.auth)) {
        return None;
    }
    exposure::directive(server, "requirepass").filter(|directive| match directive.arguments.as_slice() {
        [] => true,
        [only] => only.is_empty(),
        // What follows was meant as the next option: `--requirepass  --appendonly yes`.
        [first, ..] => first.as_str().starts_with("--") && server.auth.iter().all(stops),
    })
}
