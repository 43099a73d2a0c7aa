//! The name of a variable where Redis expects the password itself. From servers.

use crate::finding::{Confidence, Finding, Label, Severity};
use crate::model::{Auth, Password, Server};
use crate::rule::{Category, Context, Rule};
use crate::rules::common;
use crate::text::Text;

/// See `rules/unexpanded-variable.md`.
pub static RULE: Rule = Rule {
    name: "unexpanded-variable",
    category: Category::Server,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/unexpanded-variable.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        for server in &environment.servers {
            for password in passwords(server).filter(|password| is_reference(password.as_str())) {
                let name = common::server_name(server);
                let message = format!(
                    "Redis expands no variables: the password of `{name}` is literally `{}`",
                    context.symbols.display(password.as_str())
                );
                // A file that nothing is seen to load may be the template of another.
                let certain = if server.service.is_some() { Confidence::High } else { Confidence::Low };
                let confidence = certain.min(server.confidence).min(environment.confidence);
                let primary = Label::new(password.span(), "never replaced");
                let mut finding = common::finding(&RULE, environment, confidence, primary, message);
                finding.help =
                    Some("set the password in the command: `redis-server … --requirepass ${NAME}`".to_owned());
                findings.push(finding);
            }
        }
    }
}

fn passwords(server: &Server) -> impl Iterator<Item = &Text> {
    let users = server.auth.iter().filter_map(|case| match &case.auth {
        Auth::Users(users) => Some(users),
        _ => None,
    });
    users.flatten().flat_map(|user| &user.passwords).filter_map(|password| match password {
        Password::Plain(text) => Some(text),
        Password::Sha256(_) => None,
    })
}

/// `$NAME` or `${NAME…}` and nothing else: no password looks like that by chance.
fn is_reference(value: &str) -> bool {
    let Some(rest) = value.strip_prefix('$') else { return false };
    let name = rest.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(rest);
    let end = name.find([':', '-']).filter(|_| rest.starts_with('{')).unwrap_or(name.len());
    name.starts_with(|char: char| char.is_ascii_uppercase() || char == '_')
        && name[..end].chars().all(|char| char.is_ascii_uppercase() || char.is_ascii_digit() || char == '_')
}
