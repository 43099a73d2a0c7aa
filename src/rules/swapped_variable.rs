//! A variable of one role takes its value from a variable of another, or holds a value of another. From the references
//! of compose files, and the variables of services.

use crate::finding::{Confidence, Finding, Label, Severity};
use crate::model::{ClientCase, Environment, Family, Service};
use crate::rule::{Category, Context, Rule};
use crate::rules::common;
use crate::symbol::Symbols;
use crate::text::Text;

/// See `rules/swapped-variable.md`.
pub static RULE: Rule = Rule {
    name: "swapped-variable",
    category: Category::Wiring,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/swapped-variable.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        for service in &environment.services {
            let variables = service.environment.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
            findings.extend(variables.filter_map(|(name, value)| written(environment, service, name, value)));
        }
        for reference in environment.references.iter().filter(|reference| reference.whole) {
            let setting = &reference.setting.value;
            let (Some(target), Some(source)) = (role(setting), role(&reference.name)) else { continue };
            if target == source {
                continue;
            }
            let message =
                format!("`{setting}` takes {} from `{}`, which holds {}", target.name(), reference.name, source.name());
            // Some call an address a URL, and some a URL an address.
            let loose = [Role::Url, Role::Host].contains(&target) && [Role::Url, Role::Host].contains(&source);
            let confidence = if loose { Confidence::Low } else { Confidence::High };
            let primary = Label::new(reference.span, format!("this holds {}", source.name()));
            let confidence = confidence.min(environment.confidence);
            let mut finding = common::finding(&RULE, environment, confidence, primary, message);
            finding.related = vec![Label::new(reference.setting.span, format!("this wants {}", target.name()))];
            finding.setting = Some(setting.clone());
            findings.push(finding);
        }
    }
}

/// A value that is plainly of another role: a URL where one word is asked for, or a host where a URL is.
fn written(environment: &Environment, service: &Service, name: &str, value: &Text) -> Option<Finding> {
    let target = role(name)?;
    let (holds, confidence) = match (target, is_url(value.as_str())) {
        (Role::Url, true) => return None,
        (_, true) if is_read(environment, value, |case| case.url.as_ref()) => return None,
        (_, true) if is_read(environment, value, |case| case.host.as_ref()) => (Role::Url, Confidence::High),
        // Some take a URL for the host.
        (_, true) => (Role::Url, Confidence::Low),
        // Some call an address a URL, and read it as one.
        (Role::Url, false) if is_host(value) => (Role::Host, Confidence::Low),
        (_, false) => return None,
    };
    let message =
        format!("`{name}` of `{}` holds {}, and its name asks for {}", service.name, holds.name(), target.name());
    let primary = Label::new(value.span(), format!("this is {}", holds.name()));
    let confidence = confidence.min(environment.confidence);
    let mut finding = common::finding(&RULE, environment, confidence, primary, message);
    finding.help = Some(match target {
        Role::Url => "write the whole URL: `redis://host:6379/0`".to_owned(),
        _ => format!("write {} alone, or give the URL to a variable that is read as one", target.name()),
    });
    finding.setting = Some(name.to_owned());
    Some(finding)
}

fn is_url(value: &str) -> bool {
    ["redis://", "rediss://", "valkey://", "valkeys://"].iter().any(|scheme| value.starts_with(scheme))
}

fn is_host(value: &Text) -> bool {
    let label = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.');
    let (host, port) = value.as_str().split_once(':').unwrap_or((value.as_str(), "6379"));
    Symbols::is_known(value) && !host.is_empty() && host.chars().all(label) && port.parse::<u16>().is_ok()
}

/// Whether a client that was seen in code takes this value there; what only variables show is read by nobody we know.
fn is_read(environment: &Environment, value: &Text, part: impl Fn(&ClientCase) -> Option<&Text>) -> bool {
    let seen = environment.clients.iter().filter(|client| client.family != Family::Unknown);
    let texts = seen.flat_map(|client| &client.cases).filter_map(part);
    texts.flat_map(Text::spans).any(|span| value.spans().contains(&span))
}

/// What a setting of Redis is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Host,
    Port,
    Password,
    User,
    Database,
    Url,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Host => "a host",
            Self::Port => "a port",
            Self::Password => "a password",
            Self::User => "a user name",
            Self::Database => "a database",
            Self::Url => "a URL",
        }
    }
}

/// The role that the last word of a name gives, where the name speaks of Redis.
fn role(name: &str) -> Option<Role> {
    let upper = name.to_ascii_uppercase();
    if !["REDIS", "VALKEY"].iter().any(|word| upper.contains(word)) {
        return None;
    }
    match upper.rsplit('_').next()? {
        "HOST" | "HOSTNAME" => Some(Role::Host),
        "PORT" => Some(Role::Port),
        "PASSWORD" | "PASSWD" | "PASS" | "PWD" => Some(Role::Password),
        "USER" | "USERNAME" => Some(Role::User),
        "DB" | "DATABASE" => Some(Role::Database),
        "URL" | "URI" | "DSN" => Some(Role::Url),
        _ => None,
    }
}
