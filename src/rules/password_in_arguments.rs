//! A password in the arguments of a process, where the process list shows it. From servers and services.

use crate::finding::{Finding, Label, Severity};
use crate::rule::{Category, Context, Rule};
use crate::rules::common;
use crate::source::Span;
use crate::text::Text;

/// See `rules/password-in-arguments.md`.
pub static RULE: Rule = Rule {
    name: "password-in-arguments",
    category: Category::Secrets,
    severity: Severity::Note,
    pedantic: true,
    doc: include_str!("../../rules/password-in-arguments.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        for server in &environment.servers {
            let name = common::server_name(server);
            let in_command = |span: Span| server.command.is_some_and(|command| command.contains(span));
            let given = server
                .directives
                .iter()
                .find(|one| one.from_arguments && one.name.value == "requirepass" && in_command(one.name.span));
            let mut add = |span: Span, message: String| {
                let primary = Label::new(span, "`ps` and `docker inspect` show it");
                let confidence = server.confidence.min(environment.confidence);
                findings.push(common::finding(&RULE, environment, confidence, primary, message));
            };
            if let Some(directive) = given.filter(|one| one.arguments.first().is_some_and(|word| !word.is_empty())) {
                add(
                    directive.name.span,
                    format!("`{name}` gets its password as an argument, which the process list shows"),
                );
            }
            let service = environment.services.iter().find(|service| Some(&service.name) == server.service.as_ref());
            let test = service.and_then(|service| service.healthcheck.as_deref()).unwrap_or_default();
            if let Some(span) = password_option(test) {
                add(span, format!("the health check of `{name}` gives redis-cli the password as an argument"));
            }
        }
    }
}

/// `-a` or `--pass` of redis-cli, in a list or in a line.
fn password_option(test: &[Text]) -> Option<Span> {
    let calls = test.iter().any(|word| word.as_str().contains("-cli"));
    test.iter().filter(|_| calls).find_map(|word| match word.as_str() {
        "-a" | "--pass" => Some(word.span()),
        line => [" -a ", " --pass "].iter().find_map(|option| {
            let at = line.find(option)?;
            Some(word.span_of(at + 1..at + option.len() - 1))
        }),
    })
}
