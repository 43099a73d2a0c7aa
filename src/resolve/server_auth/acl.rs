//! ACL rules → users (facts.md §1.2).
//!
//! The arguments of a `user` line go in, the user comes out, or Redis's own error text. Which commands a user may
//! call is told for those that health checks use ([`permits`]).

use crate::model::{Password, User};
use crate::resolve::healthcheck::commands::Verb;
use crate::source::Span;
use crate::symbol::{Step, Symbols};
use crate::text::Text;

/// The default user as Redis brings it along: everybody.
pub(super) fn built_in(span: Span) -> User {
    User {
        name: Text::mapped("default", span),
        on: true,
        nopass: true,
        passwords: Vec::new(),
        span: None,
        trace: Vec::new(),
    }
}

/// Reads the arguments of a `user` line; a user begins switched off and without passwords.
pub(super) fn user(arguments: &[Text], span: Span) -> Result<User, (String, Span)> {
    let Some((name, rules)) = arguments.split_first() else {
        return Err(("wrong number of arguments".to_owned(), span));
    };
    if name.as_str().contains([' ', '\0']) {
        return Err((format!("Error in user declaration '{}': Syntax error", shown(name)), name.span()));
    }
    let mut user = User {
        name: name.clone(),
        on: false,
        nopass: false,
        passwords: Vec::new(),
        span: Some(span),
        trace: vec![Step { span, label: format!("user {} is defined here", shown(name)) }],
    };
    for rule in rules {
        if !apply(&mut user, rule) {
            return Err((format!("Error in user declaration '{}': Syntax error", shown(name)), rule.span()));
        }
    }
    Ok(user)
}

fn shown(name: &Text) -> &str {
    if Symbols::is_known(name) { name.as_str() } else { "…" }
}

/// Whether the rules of a user (without its name) allow a command of a server since 7.0, or before; `None`: could not be
/// told.
pub(super) fn permits(rules: &[Text], command: &str, from_7: Option<bool>) -> Option<bool> {
    let verb = Verb::find(command);
    let (mut may, mut keys) = (Some(false), verb.is_some_and(|verb| !verb.has_key()));
    for rule in rules {
        let lower = rule.as_str().to_ascii_lowercase();
        match (lower.as_str(), verb) {
            (word, _) if !Symbols::is_known(rule) || word.starts_with('(') => return None,
            ("+@all" | "allcommands", _) => may = Some(true),
            ("-@all" | "nocommands", _) => may = Some(false),
            ("reset", _) => (may, keys) = (Some(false), verb.is_some_and(|verb| !verb.has_key())),
            ("allkeys" | "~*", _) => keys = true,
            (word, None) if word.starts_with(['+', '-']) => may = None,
            (word, Some(verb)) => {
                let Some(name) = word.strip_prefix(['+', '-']) else { continue };
                let named = match name.strip_prefix('@') {
                    Some(category) => verb.is_in(category, from_7),
                    None => Some(name == verb.name),
                };
                match named {
                    Some(true) => may = Some(word.starts_with('+')),
                    Some(false) => {}
                    None => may = None,
                }
            }
            _ => {}
        }
    }
    if keys { may } else { may.filter(|may| !may) }
}

/// Applies one rule; `false`: a syntax error.
fn apply(user: &mut User, rule: &Text) -> bool {
    let value = rule.as_str();
    let lower = value.to_ascii_lowercase();
    match lower.as_str() {
        "on" => user.on = true,
        "off" => user.on = false,
        "nopass" => {
            user.nopass = true;
            user.passwords.clear();
        }
        "resetpass" => {
            user.nopass = false;
            user.passwords.clear();
        }
        "reset" => {
            user.on = false;
            user.nopass = false;
            user.passwords.clear();
        }
        "allkeys"
        | "resetkeys"
        | "allchannels"
        | "resetchannels"
        | "allcommands"
        | "nocommands"
        | "clearselectors"
        | "sanitize-payload"
        | "skip-sanitize-payload"
        | "alldbs"
        | "resetdbs" => {}
        _ => return apply_prefixed(user, rule),
    }
    true
}

fn apply_prefixed(user: &mut User, rule: &Text) -> bool {
    let value = rule.as_str();
    let rest = || rule.slice(1..value.len());
    match value.as_bytes().first() {
        Some(b'>') => {
            user.nopass = false;
            user.passwords.push(Password::Plain(rest()));
        }
        Some(b'#') => {
            let digest = rest();
            if Symbols::is_known(&digest)
                && (digest.len() != 64
                    || !digest.as_str().bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
            {
                return false;
            }
            user.nopass = false;
            user.passwords.push(Password::Sha256(digest));
        }
        Some(b'<') => {
            let gone = rest();
            user.passwords.retain(|one| !matches!(one, Password::Plain(text) if *text == gone));
        }
        Some(b'!') => {
            let gone = rest();
            user.passwords.retain(|one| !matches!(one, Password::Sha256(text) if *text == gone));
        }
        Some(b'~' | b'%' | b'&' | b'+' | b'-' | b'(' | b')') => {}
        // Rules of a selector go on behind its bracket, and rules of later versions are not known here.
        Some(_) if value.ends_with(')') || value.contains('=') || !Symbols::is_known(rule) => {}
        _ => return false,
    }
    true
}
