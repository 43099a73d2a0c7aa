//! Our side: what redislint says a client connects with.

use redislint::library::{Family, VersionRange};
use redislint::model::ClientCase;
use redislint::resolve::evaluate::ConnectionSettings;
use redislint::resolve::handshake;
use redislint::source::{FileId, Span};
use redislint::symbol::{Resolved, Symbols};
use redislint::text::Text;
use serde_json::{Value, json};

use crate::settings::Settings;

/// A value as the evaluator hands it on: `None` of Python is a value known to be absent.
fn resolved(value: &Value) -> Resolved {
    let span = Span::new(FileId(0), 0..1);
    match value {
        Value::Null => Resolved::absent(),
        Value::String(text) => Resolved::known(Text::mapped(text, span), Vec::new()),
        other => Resolved::known(Text::mapped(&other.to_string(), span), Vec::new()),
    }
}

/// What we say of these settings, in the words of [`crate::real::spoken`].
pub fn holds(settings: &Settings, family: Family, version: VersionRange) -> Value {
    let argument = |name| settings.arguments.get(name).map(resolved);
    let asked = ConnectionSettings {
        url: settings.url.as_ref().map(|url| resolved(&json!(url))),
        host: argument("host"),
        port: argument("port"),
        db: argument("db"),
        username: argument("username"),
        password: argument("password"),
        ..ConnectionSettings::default()
    };
    let symbols = Symbols::default();
    let cases = handshake::connect(&asked, family, version, &symbols);
    let [case] = cases.as_slice() else { return json!({ "error": format!("{} cases", cases.len()) }) };
    known(case, &symbols)
}

fn known(case: &ClientCase, symbols: &Symbols) -> Value {
    if let Some(error) = &case.error {
        return json!({ "error": error.message });
    }
    let text = |text: &Option<Text>| match text {
        Some(text) if !Symbols::is_known(text) || symbols.has_opaque(text) => json!("unknown"),
        Some(text) if text.is_empty() => Value::Null,
        Some(text) => json!(text.as_str()),
        None => Value::Null,
    };
    json!({
        "host": text(&case.host),
        "port": case.port,
        "db": case.db,
        "username": text(&case.username),
        "password": text(&case.password),
        "tls": case.tls,
    })
}
