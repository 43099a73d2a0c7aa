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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn words(text: &str) -> Vec<Text> {
        text.split_whitespace().map(|word| Text::mapped(word, Span::new(FileId(0), 0..1))).collect()
    }

    #[test]
    fn rules_take_effect_one_after_the_other() {
        for (rules, on, nopass, passwords) in [
            ("", false, false, 0),
            ("on", true, false, 0),
            ("on off", false, false, 0),
            ("on nopass", true, true, 0),
            ("on >a >b", true, false, 2),
            ("on >a >b <a", true, false, 1),
            ("on >a nopass", true, true, 0),
            ("on nopass >a", true, false, 1),
            ("on nopass resetpass", true, false, 0),
            ("on >a resetpass", true, false, 0),
            ("on nopass reset", false, false, 0),
            ("on >a reset", false, false, 0),
            ("ON NoPass ~* %R~a &* +@all -get (~a +get )", true, true, 0),
        ] {
            let user = user(&words(&format!("app {rules}")), Span::new(FileId(0), 0..1)).unwrap();
            assert_eq!((user.on, user.nopass, user.passwords.len()), (on, nopass, passwords), "{rules}");
        }
    }

    #[test]
    fn digests_are_64_small_hexadecimal_digits() {
        let digest = "0123456789abcdef".repeat(4);
        let passwords = |rules: &str| {
            let user = user(&words(&format!("app {rules}")), Span::new(FileId(0), 0..1));
            user.map(|user| user.passwords.len()).map_err(|(error, _)| error)
        };
        assert_eq!(passwords(&format!("#{digest}")), Ok(1));
        assert_eq!(passwords(&format!("#{digest} !{digest}")), Ok(0));
        for wrong in [&digest[1..], &digest.to_uppercase(), &format!("{}g", &digest[1..]), &format!("{digest}0")] {
            assert!(passwords(&format!("#{wrong}")).is_err(), "{wrong}");
        }
        assert_eq!(passwords("on whatever"), Err("Error in user declaration 'app': Syntax error".to_owned()));
    }

    #[test]
    fn commands_are_permitted_by_the_last_rule_that_names_them() {
        for (rules, command, expected) in [
            ("", "ping", Some(false)),
            ("+ping", "ping", Some(true)),
            ("+get", "ping", Some(false)),
            ("+@all", "ping", Some(true)),
            ("allcommands", "ping", Some(true)),
            ("+@all -ping", "ping", Some(false)),
            ("-ping +@all", "ping", Some(true)),
            ("+@all nocommands", "ping", Some(false)),
            ("+@all -@all", "ping", Some(false)),
            ("+@all reset", "ping", Some(false)),
            ("+@connection", "ping", Some(true)),
            ("+@all -@connection", "ping", Some(false)),
            ("+@all (-ping )", "ping", None),
            // A command with keys needs some of them, and which it asks for is not looked at.
            ("+@all", "get", None),
            ("+@all ~*", "get", Some(true)),
            ("+@all allkeys", "get", Some(true)),
            ("-@all ~*", "get", Some(false)),
            // Of a command that is not known here, only rules about all of them tell.
            ("+@all ~*", "whatever", Some(true)),
            ("+@all ~* -whatever", "whatever", None),
            ("+@all ~* +other", "whatever", None),
        ] {
            assert_eq!(permits(&words(rules), command, Some(true)), expected, "{rules} | {command}");
        }
    }
}
