//! The table of keys → a JSON schema, for editors.

use serde_json::{Map, Value, json};

use super::keys::{self, Key, Kind};

/// The JSON schema (2020-12) of `redislint.toml`; `rules` are the names of all rules.
#[must_use]
pub fn render(rules: &[&str]) -> String {
    let mut schema = table(keys::ROOT);
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        fields.insert("title".to_owned(), json!("redislint.toml, or [tool.redislint] in pyproject.toml"));
        fields.insert("$defs".to_owned(), json!({ "rule": { "enum": rules } }));
    }
    format!("{schema:#}\n")
}

fn table(keys: &[Key]) -> Value {
    let mut properties = Map::new();
    for key in keys {
        let mut schema = of(key.kind);
        if let Some(fields) = schema.as_object_mut() {
            fields.insert("description".to_owned(), json!(key.about));
        }
        properties.insert(key.name.to_owned(), schema);
    }
    let required: Vec<&str> = keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    json!({ "type": "object", "additionalProperties": false, "properties": properties, "required": required })
}

fn of(kind: Kind) -> Value {
    match kind {
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Text | Kind::Glob => json!({ "type": "string", "minLength": 1 }),
        Kind::Rule => json!({ "$ref": "#/$defs/rule" }),
        Kind::Choice(choices) => json!({ "enum": choices }),
        Kind::List(kind) => json!({ "type": "array", "items": of(*kind) }),
        Kind::Table(keys) => table(keys),
        Kind::PerRule(kind) => json!({
            "type": "object",
            "propertyNames": { "$ref": "#/$defs/rule" },
            "additionalProperties": of(*kind),
        }),
    }
}
