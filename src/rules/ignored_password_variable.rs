//! A password variable on an image that reads none, so that the server is open. From servers.

use crate::finding::{Finding, Label, Severity};
use crate::model::{ImageVariable, Server, VariableUse};
use crate::rule::{Category, Context, Rule};
use crate::rules::common;
use crate::source::Sources;

/// See `rules/ignored-password-variable.md`.
pub static RULE: Rule = Rule {
    name: "ignored-password-variable",
    category: Category::Server,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/ignored-password-variable.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        for server in &environment.servers {
            // Where the command sets a password as well, the variable is of no use, but nobody is misled.
            let Some(confidence) = common::weigh_open(server) else {
                continue;
            };
            for variable in ignored(server, context.sources) {
                let image = server.image.as_ref().map(|image| context.symbols.display(image.as_str()));
                let image = image.map_or_else(|| "its image".to_owned(), |image| format!("the image {image}"));
                let (name, server_name) = (&variable.name.value, common::server_name(server));
                let message = if variable.usage == VariableUse::Bypassed {
                    format!(
                        "the command goes past the script of {image} that reads `{name}`: `{server_name}` has no password"
                    )
                } else {
                    format!("{image} does not read `{name}`: `{server_name}` has no password")
                };
                let confidence = confidence.min(server.confidence).min(environment.confidence);
                let primary = Label::new(variable.name.span, "nothing reads this");
                let mut finding = common::finding(&RULE, environment, confidence, primary, message);
                if variable.taken_in != variable.name.span {
                    finding.related.push(Label::new(variable.taken_in, "taken in here"));
                }
                let here = server.command.unwrap_or(server.span);
                finding.related.push(Label::new(here, format!("`{server_name}` has no password")));
                finding.help = Some(format!("pass it on in the command: `redis-server --requirepass ${{{name}}}`"));
                finding.setting = Some(name.clone());
                findings.push(finding);
            }
        }
    }
}

/// The variables that were meant to set a password, and don't.
fn ignored<'a>(server: &'a Server, sources: &'a Sources) -> impl Iterator<Item = &'a ImageVariable> {
    server.variables.iter().filter(|variable| {
        matches!(variable.usage, VariableUse::Ignored | VariableUse::Bypassed)
            && common::names_password(&variable.name.value)
            && variable.value.as_ref().is_some_and(|value| !value.is_empty())
            && is_meant_for(variable, sources)
    })
}

/// A file of variables may serve several programs: there a variable is this server's where its name, or the file's, says so.
fn is_meant_for(variable: &ImageVariable, sources: &Sources) -> bool {
    let path = sources.get(variable.name.span.file).path();
    variable.taken_in == variable.name.span
        || common::speaks_of_redis(&variable.name.value)
        || common::speaks_of_redis(path.rsplit('/').next().unwrap_or(path))
}
