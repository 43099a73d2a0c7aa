//! Secrets whose values lie outside the repository: what is known is which keys they have, and which are the same.
//!
//! External Secrets (<https://external-secrets.io/latest/api/externalsecret/>), Sealed Secrets
//! (<https://github.com/bitnami-labs/sealed-secrets>), and values that only name where a program fetches the real one.

use super::data::Data;
use crate::facts::kubernetes::Value;
use crate::source::Spanned;
use crate::symbol::Symbols;
use crate::text::Text;

/// How a value begins that a program replaces by what it fetches: Bank-Vaults, the Argo CD Vault plugin, vals, 1Password,
/// Berglas, secrets-init.
const FETCHED: [&str; 9] = [
    "vault:",
    ">>vault:",
    "<path:",
    "ref+",
    "op://",
    "berglas://",
    "sm://",
    "gcp:secretmanager:",
    "arn:aws:secretsmanager:",
];

/// The symbol of a value that names where the real one is fetched; the same name is the same value.
#[must_use]
pub fn fetched(text: &Text, symbols: &Symbols) -> Option<Text> {
    let name = text.as_str().trim();
    FETCHED
        .iter()
        .any(|prefix| name.starts_with(prefix))
        .then(|| symbols.variable_text("fetched", name, text.span()).with_anchor(text.anchor()))
}

/// The Secret that a controller makes of an object.
#[must_use]
pub fn read(object: &Value, symbols: &Symbols) -> Option<Data> {
    match object.str_at(&["kind"])? {
        "ExternalSecret" => external(object, symbols),
        "SealedSecret" => sealed(object, symbols),
        _ => None,
    }
}

fn external(object: &Value, symbols: &Symbols) -> Option<Data> {
    let spec = object.get("spec")?;
    let target = spec.get("target");
    let name = spec.text_at(&["target", "name"]).or_else(|| object.text_at(&["metadata", "name"]))?;
    let store = spec.str_at(&["secretStoreRef", "name"]).unwrap_or_default();
    // Stores of one name in two namespaces are two.
    let shared = spec.str_at(&["secretStoreRef", "kind"]) == Some("ClusterSecretStore");
    let place = if shared { "" } else { namespace(object) };
    let mut entries = Vec::new();
    for entry in spec.get("data").map(Value::items).unwrap_or_default() {
        let (Some(key), Some(remote)) = (entry.text_at(&["secretKey"]), entry.get("remoteRef")) else { continue };
        let part = |name: &str| remote.str_at(&[name]).unwrap_or_default();
        let scope = format!("store {place}/{store} {} {}", part("key"), part("decodingStrategy"));
        let name = format!("{}{}", part("property"), part("version"));
        let value = symbols.variable_text(&scope, if name.is_empty() { key.as_str() } else { &name }, key.span());
        entries.push((Spanned::new(key.as_str().to_owned(), key.span()), value));
    }
    let more = spec.get("dataFrom").is_some()
        || target.is_some_and(|target| {
            target.get("template").is_some() || matches!(target.str_at(&["creationPolicy"]), Some("Merge" | "None"))
        });
    Some(secret(object, name, entries, more))
}

fn sealed(object: &Value, symbols: &Symbols) -> Option<Data> {
    let name = object.text_at(&["metadata", "name"])?;
    let scope = format!("secret {}/{}", namespace(object), name.as_str());
    let sealed = object.at(&["spec", "encryptedData"]).map(Value::fields).unwrap_or_default();
    let entries =
        sealed.iter().map(|field| (field.key.clone(), symbols.variable_text(&scope, &field.key.value, field.key.span)));
    let more =
        object.at(&["spec", "template", "data"]).is_some() || object.at(&["spec"]).is_none_or(|spec| spec.opaque);
    Some(secret(object, name, entries.collect(), more))
}

fn secret(object: &Value, name: &Text, entries: Vec<(Spanned<String>, Text)>, more: bool) -> Data {
    Data {
        kind: "Secret",
        namespace: namespace(object).to_owned(),
        name: Spanned::new(name.as_str().to_owned(), name.span()),
        open: more || object.opaque || entries.is_empty(),
        entries,
    }
}

fn namespace(object: &Value) -> &str {
    object.str_at(&["metadata", "namespace"]).unwrap_or_default()
}
