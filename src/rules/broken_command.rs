//! A command whose form or quoting loses arguments on their way to the server. From servers and services.

use crate::finding::{Finding, Label, Severity};
use crate::model::{Auth, Server, Service};
use crate::rule::{Category, Context, Rule};
use crate::rules::common;
use crate::source::Span;
use crate::text::Text;

/// See `rules/broken-command.md`.
pub static RULE: Rule = Rule {
    name: "broken-command",
    category: Category::Server,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/broken-command.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        for server in &environment.servers {
            let name = common::server_name(server);
            let mut add = |span: Span, label: &str, message: String, help: &str| {
                let confidence = server.confidence.min(environment.confidence);
                let primary = Label::new(span, label);
                let mut finding = common::finding(&RULE, environment, confidence, primary, message);
                finding.help = Some(help.to_owned());
                findings.push(finding);
            };
            if let Some((error, span)) = no_program(server) {
                let message = format!("`{name}` does not start: `{error}`");
                add(span, "no program of this name", message, "write one argument per entry of the list");
            }
            let service = environment.services.iter().find(|service| Some(&service.name) == server.service.as_ref());
            if let Some(first) = service.and_then(words_behind_script) {
                let message = format!("`sh -c` runs only its first argument: the others never reach `{name}`");
                add(first.span(), "lost", message, "quote the whole command");
            }
            for lost in environment.lost_words.iter().filter(|lost| Some(&lost.service) == server.service.as_ref()) {
                let message = format!(
                    "compose ends the command of `{name}` at the unquoted `{}`: the rest never reaches it",
                    lost.stop
                );
                add(lost.span, "thrown away", message, "put the argument in quotes, or write the command as a list");
            }
        }
    }
}

/// What is said of a program that does not exist.
#[must_use]
pub fn no_program(server: &Server) -> Option<(&str, Span)> {
    match server.auth.first().map(|case| &case.auth) {
        Some(Auth::DoesNotStart { error, span }) if error.starts_with("exec: ") => Some((error, *span)),
        _ => None,
    }
}

/// The first word behind the script of `sh -c script`, where the script takes no arguments.
fn words_behind_script(service: &Service) -> Option<&Text> {
    let words: Vec<&Text> = service.entrypoint.iter().chain(&service.command).flatten().collect();
    let shell =
        words.iter().position(|word| matches!(word.as_str().rsplit('/').next(), Some("sh" | "bash" | "ash")))?;
    let option = words.get(shell + 1)?.as_str();
    let takes_script = option.starts_with('-') && !option.starts_with("--") && option.ends_with('c');
    let script = words.get(shell + 2).filter(|_| takes_script)?.as_str();
    let takes_arguments = ["$0", "$1", "$@", "$*", "${"].iter().any(|reference| script.contains(reference));
    let first = words.get(shell + 3).filter(|first| first.as_str().starts_with("--") && first.len() > 2)?;
    (!takes_arguments).then_some(*first)
}
