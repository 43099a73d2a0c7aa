//! Clients of one server that the repository does not describe carry different passwords. From clients.

use std::collections::BTreeMap;

use crate::finding::{Finding, Label, Severity};
use crate::model::{Client, ClientCase, Place, Reach};
use crate::rule::{Category, Context, Rule};
use crate::rules::common;
use crate::source::{FileId, Span};
use crate::symbol::Symbols;
use crate::text::Text;

/// See `rules/clients-disagree.md`.
pub static RULE: Rule = Rule {
    name: "clients-disagree",
    category: Category::Auth,
    severity: Severity::Warning,
    pedantic: false,
    doc: include_str!("../../rules/clients-disagree.md"),
    check,
};

/// A client, and what it connects with in every case.
type Certain<'a> = (&'a Client, &'a ClientCase);

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in context.model.environments.iter().chain(&context.model.unplaced) {
        let mut servers: BTreeMap<Address, Vec<Certain<'_>>> = BTreeMap::new();
        for client in &environment.clients {
            if let [case] = client.cases.as_slice()
                && let Some(address) = address(client, case)
            {
                servers.entry(address).or_default().push((client, case));
            }
        }
        for ((host, port, _), clients) in servers {
            let Some((one, other)) = disagreement(&clients, context.symbols) else {
                continue;
            };
            let (primary, related) = (place(one), place(other));
            let (name, other_name) = (common::client_name(one.0), common::client_name(other.0));
            let differs = match password(one.1) {
                None => {
                    format!("{name} sends no password to {host}:{port}, and {other_name} sends one")
                }
                Some(_) => {
                    format!("{name} and {other_name} send different passwords to {host}:{port}")
                }
            };
            let message = format!("{differs}: at most one of them gets in");
            let confidence = one.0.confidence.min(other.0.confidence).min(environment.confidence);
            let primary = Label::new(primary, "these credentials differ");
            let mut finding = common::finding(&RULE, environment, confidence, primary, message);
            finding.related = vec![Label::new(related, "from these")];
            finding.setting.clone_from(&one.0.setting);
            finding.help = Some("take both from one setting".to_owned());
            findings.push(finding);
        }
    }
}

/// Host, port, and for the machine's own servers the file that speaks of them.
type Address = (String, u16, Option<FileId>);

/// The server elsewhere that is meant. Loopback means another server in each project, so only the settings of one file
/// are sure to mean the same.
fn address(client: &Client, case: &ClientCase) -> Option<Address> {
    let host = case.host.as_ref().filter(|host| Symbols::is_known(host) && case.error.is_none())?;
    let port = case.port?;
    match case.reach {
        Reach::External if !common::is_loopback(host.as_str()) => {
            Some((host.as_str().to_ascii_lowercase(), port, None))
        }
        Reach::Undetermined if client.place == Place::Host && common::is_loopback(host.as_str()) => {
            let file = common::client_span(client, case).file;
            Some(("localhost".to_owned(), port, Some(file)))
        }
        _ => None,
    }
}

fn password(case: &ClientCase) -> Option<&Text> {
    case.password.as_ref().filter(|password| !password.is_empty())
}

fn place((client, case): Certain<'_>) -> Span {
    password(case).map_or_else(|| common::client_span(client, case), Text::span)
}

/// Two clients whose passwords certainly differ; the first is the one to change: it has none, or comes later.
fn disagreement<'a>(clients: &[Certain<'a>], symbols: &Symbols) -> Option<(Certain<'a>, Certain<'a>)> {
    let with = clients.iter().find(|(_, case)| password(case).is_some_and(|text| !symbols.has_opaque(text)))?;
    if let Some(without) = clients.iter().find(|(_, case)| password(case).is_none()) {
        return Some((*without, *with));
    }
    let known = |case| password(case).filter(|text| Symbols::is_known(text));
    let (first, others) = clients.split_first()?;
    let expected = known(first.1)?;
    let other = others.iter().find(|(_, case)| known(case).is_some_and(|text| text != expected))?;
    Some((*other, *first))
}
