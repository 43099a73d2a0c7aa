use super::*;

const RULES: [&str; 3] = ["published-port", "missing-password", "hardcoded-password"];

fn read(text: &str) -> Config {
    parse("redislint.toml", text, &RULES).unwrap().unwrap()
}

/// `written: message (suggestion)` of every mistake.
fn mistakes(text: &str) -> Vec<String> {
    let shown = |mistake: Mistake| {
        let suggestion = mistake.suggestion.map(|meant| format!(" ({meant})")).unwrap_or_default();
        format!("{}: {}{suggestion}", &text[mistake.span.range()], mistake.message)
    };
    parse("redislint.toml", text, &RULES).unwrap_err().into_iter().map(shown).collect()
}

#[test]
fn every_key_is_read_with_its_place() {
    let text = r#"
select = ["published-port"]
ignore = ["missing-password"]
allowed-endpoints = ["bastion.example.net:6379"]
placeholders = ["demo-*"]
compose-version = "2"
require-reason = true
hosts = [{ address = "10.1.2.3", environment = "live" }]

[severity]
published-port = "warning"

[[per-path]]
paths = ["examples/**"]
rules = ["hardcoded-password"]
reason = "shown to readers"

[[environment]]
name = "live"
files = ["compose.yml", "deploy/live.yml"]
env-files = ["live.env"]
profiles = ["cache"]
kind = "production"
"#;
    let config = read(text);
    let written = |span: crate::source::Span| &text[span.range()];
    assert_eq!(config.select.as_ref().unwrap()[0].value, "published-port");
    assert_eq!(written(config.ignore[0].span), "\"missing-password\"");
    assert_eq!(config.allowed_endpoints[0].value, "bastion.example.net:6379");
    assert_eq!(config.placeholders[0].value, "demo-*");
    assert_eq!((config.compose_version, config.require_reason), (ComposeVersion::V2, true));
    assert_eq!(written(config.hosts[0].address.span), "\"10.1.2.3\"");
    assert_eq!(config.severity["published-port"].value, Severity::Warning);
    assert_eq!(config.per_path[0].reason.as_deref(), Some("shown to readers"));
    let environment = &config.environments[0];
    assert_eq!(written(environment.files[1].span), "\"deploy/live.yml\"");
    assert_eq!(environment.kind.as_ref().unwrap().value, EnvironmentKind::Production);
    assert_eq!((environment.env_files.len(), environment.profiles.len()), (1, 1));
}

#[test]
fn nothing_set_is_the_default() {
    let config = read("");
    assert!(config.select.is_none() && config.ignore.is_empty() && !config.require_reason);
    assert_eq!(config.compose_version, ComposeVersion::V5);
}

#[test]
fn pyproject_speaks_only_in_its_own_table() {
    let config = |text| parse("pyproject.toml", text, &RULES);
    assert!(config("[project]\nname = 'x'\n").unwrap().is_none());
    assert!(config("[tool.redislint]\nrequire-reason = true\n").unwrap().unwrap().require_reason);
    assert_eq!(config("[tool.redislint]\nselct = []\n").unwrap_err().len(), 1);
    assert!(config("[project\n").unwrap().is_none(), "others report this");
}

#[test]
fn typos_are_named_exactly_with_a_suggestion() {
    assert_eq!(mistakes("selct = []\n"), ["selct: unknown key `selct` (select)"]);
    assert_eq!(
        mistakes("ignore = [\"published-port\", \"missing-pasword\"]\n"),
        ["\"missing-pasword\": unknown rule `missing-pasword` (missing-password)"]
    );
    assert_eq!(
        mistakes("[severity]\npublished_port = \"note\"\n"),
        ["published_port: unknown rule `published_port` (published-port)"]
    );
    assert_eq!(
        mistakes("[severity]\npublished-port = \"eror\"\n"),
        ["\"eror\": `severity` has to be one of \"error\", \"warning\", \"note\" (error)"]
    );
    assert_eq!(
        mistakes("[[environment]]\nname = 'x'\nfiles = []\nenvfiles = []\n"),
        ["envfiles: unknown key `envfiles` (env-files)"]
    );
    assert_eq!(mistakes("[[environment]]\nname = 'x'\n"), ["[[environment]]: `environment` needs `files`"]);
    assert_eq!(
        mistakes("require-reason = 'yes'\n"),
        ["'yes': `require-reason` has to be `true` or `false`, not string"]
    );
    assert_eq!(mistakes("compose-version = 2\n"), ["2: `compose-version` has to be a string, not integer"]);
    assert_eq!(mistakes("ignore = 'published-port'\n"), ["'published-port': `ignore` has to be a list, not string"]);
    assert_eq!(mistakes("zzz = 1\n"), ["zzz: unknown key `zzz`"]);
    assert_eq!(mistakes("placeholders = ['']\n"), ["'': `placeholders` must not be empty"]);
    let pattern = "[[per-path]]\npaths = ['a/[']\n";
    assert_eq!(mistakes(pattern), ["'a/[': `paths` holds a pattern that means nothing"]);
    assert_eq!(mistakes("a = 1\nb = 2\n").len(), 2, "all mistakes at once");
}

#[test]
fn broken_toml_is_a_mistake_at_its_place() {
    let found = parse("redislint.toml", "ignore = [\n", &RULES).unwrap_err();
    assert!(!found.is_empty());
    assert!(found[0].span.range().start >= 9, "{found:?}");
}

#[test]
fn an_allowed_endpoint_is_a_host_or_a_host_with_its_port() {
    let config = read("allowed-endpoints = ['bastion.example.net', '0.0.0.0:6380', '[2001:db8::1]:6379']\n");
    for (host, port) in [("Bastion.example.net", "1"), ("0.0.0.0", "6380"), ("2001:db8::1", "6379")] {
        assert!(config.allows_endpoint(host, port), "{host} {port}");
    }
    for (host, port) in [("0.0.0.0", "6379"), ("example.net", "6379"), ("2001:db8::1", "6380")] {
        assert!(!config.allows_endpoint(host, port), "{host} {port}");
    }
}
