//! Directives → the users in force: requirepass, `user` lines and the ACL file against each other (facts.md §1.2).

use super::Settled;
use super::acl;
use super::config::{Dialect, Settings};
use super::files::{Files, Found};
use super::{ports, sentinel};
use crate::model::{Auth, Directive, Distribution, Password, Product, User};
use crate::resolve::images::Image;
use crate::resolve::project::Case;
use crate::source::Span;
use crate::symbol::{Step, Symbols};
use crate::text::Text;

const BOTH: &str = "Configuring Redis with users defined in redis.conf and at the same setting an ACL file path is \
                    invalid. This setup is very likely to lead to configuration errors and security holes, please \
                    define either an ACL file or declare users directly in your redis.conf, but not both.";

/// The authentication in force in one case.
pub(super) fn auth(case: &Case<Settled>, files: &Files<'_>, image: &Image, place: Span, symbols: &Symbols) -> Auth {
    let settings = &case.value.settings;
    if let Some((error, span)) = &settings.fatal {
        return Auth::DoesNotStart { error: error.clone(), span: *span };
    }
    if case.value.untold {
        return Auth::Unknown;
    }
    if let Some((error, span)) = refusal(case, image, place) {
        return Auth::DoesNotStart { error, span };
    }
    let password = last(settings, "requirepass");
    // Arguments come after every file; an unread file could only add users.
    if settings.unread && !password.is_some_and(|one| one.from_arguments) {
        return Auth::Unknown;
    }
    let lines: Vec<&Directive> = settings.directives.iter().filter(|one| one.name.value == "user").collect();
    if let Some(path) = acl_argument(settings) {
        return match lines.first() {
            Some(line) => Auth::DoesNotStart { error: BOTH.to_owned(), span: line.name.span },
            None => from_acl_file(path, files, place),
        };
    }
    let from_7 = Dialect { product: case.value.product, version: image.version }.is_from_7();
    let lines: Vec<(Span, &[Text])> = lines.iter().map(|one| (one.name.span, one.arguments.as_slice())).collect();
    match users(&lines, from_7 == Some(false)) {
        Err(_) if from_7.is_none() && users(&lines, true).is_ok() => Auth::Unknown,
        Err((error, span)) => Auth::DoesNotStart { error, span },
        Ok(mut users) => {
            if !users.iter().any(|user| user.name.as_str() == "default") {
                users.insert(0, default_user(password, case, place, symbols));
            }
            Auth::Users(users)
        }
    }
}

/// What keeps it from starting though each line by itself is right.
fn refusal(case: &Case<Settled>, image: &Image, place: Span) -> Option<(String, Span)> {
    let settings = &case.value.settings;
    // Bitnami's scripts write what is missing, or stop with words of their own.
    if settings.unread || image.distribution == Distribution::Bitnami {
        return None;
    }
    match case.value.product {
        Product::Redis | Product::Valkey => ports::refusal(settings),
        Product::Sentinel => sentinel::refusal(settings, image.version, place),
        Product::Keydb | Product::Dragonfly => None,
    }
}

/// The absolute path of the ACL file, when there is one.
pub(super) fn acl_path(settings: &Settings, files: &Files<'_>) -> Option<String> {
    acl_argument(settings).map(|path| files.absolute(path.as_str()))
}

fn acl_argument(settings: &Settings) -> Option<&Text> {
    last(settings, "aclfile")?.arguments.first().filter(|path| !path.is_empty())
}

fn last<'a>(settings: &'a Settings, name: &str) -> Option<&'a Directive> {
    settings.directives.iter().rev().find(|one| one.name.value == name)
}

fn default_user(password: Option<&Directive>, case: &Case<Settled>, place: Span, symbols: &Symbols) -> User {
    let mut user = acl::built_in(place);
    let Some((directive, value)) = password.and_then(|one| Some((one, one.arguments.first()?))) else { return user };
    if value.is_empty() {
        user.span = Some(directive.name.span);
        return user;
    }
    user.nopass = false;
    user.passwords = vec![Password::Plain(value.clone())];
    user.span = Some(directive.name.span);
    let takes = Step { span: directive.name.span, label: "requirepass is set here".to_owned() };
    user.trace = std::iter::once(takes).chain(case.trace.iter().cloned()).collect();
    // A value that nothing is known of may as well be empty.
    if symbols.has_opaque(value) {
        user.trace.truncate(1);
    }
    user
}

fn from_acl_file(path: &Text, files: &Files<'_>, place: Span) -> Auth {
    let refuses = |error: String, span| Auth::DoesNotStart {
        error: format!("Aborting Redis startup because of ACL errors: {error}"),
        span,
    };
    let shown = path.as_str();
    let conf = match files.find(shown) {
        Found::Conf(conf) => conf,
        Found::Inline(_) | Found::Unread => return Auth::Unknown,
        Found::Missing => {
            return refuses(
                format!("Error loading ACLs, opening file '{shown}': No such file or directory"),
                path.span(),
            );
        }
    };
    // Blank lines are allowed, comments are not.
    let other = conf.lines.iter().find(|line| line.name.value != "user").map(|line| line.span);
    if let Some(span) = conf.comment.into_iter().chain(other).min_by_key(|span| span.range().start) {
        return refuses(format!("{shown} should start with user keyword followed by the username"), span);
    }
    let lines: Vec<(Span, &[Text])> =
        conf.lines.iter().map(|line| (line.name.span, line.arguments.as_slice())).collect();
    match users(&lines, false) {
        Err((error, span)) => refuses(error, span),
        Ok(mut users) => {
            if !users.iter().any(|user| user.name.as_str() == "default") {
                users.insert(0, acl::built_in(place));
            }
            Auth::Users(users)
        }
    }
}

/// The users of `user` lines; the same one twice is fatal, or replaces the first (`twice`: Redis 6).
fn users(lines: &[(Span, &[Text])], twice: bool) -> Result<Vec<User>, (String, Span)> {
    let mut users: Vec<User> = Vec::new();
    for (span, arguments) in lines {
        let user = acl::user(arguments, *span)?;
        if twice {
            users.retain(|other| other.name != user.name);
        } else if users.iter().any(|other| other.name == user.name) {
            let name = if Symbols::is_known(&user.name) { user.name.as_str() } else { "…" };
            let error = format!(
                "Error in user declaration '{name}': Duplicate user found. A user can only be defined once in config files"
            );
            return Err((error, *span));
        }
        users.push(user);
    }
    Ok(users)
}
