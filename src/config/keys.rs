//! Every key of the configuration: its type and what it is for. The reader and the JSON schema both follow this table.

/// What a value has to be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// `true` or `false`.
    Flag,
    /// Any text that is not empty.
    Text,
    /// A pattern as in `.gitignore`.
    Glob,
    /// The name of a rule.
    Rule,
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// A list of such values.
    List(&'static Kind),
    /// A table with these keys.
    Table(&'static [Key]),
    /// A table from rule names to such values.
    PerRule(&'static Kind),
}

/// A key of a table.
#[derive(Debug)]
pub(super) struct Key {
    /// As it is written.
    pub name: &'static str,
    /// What its value has to be.
    pub kind: Kind,
    /// Whether its table needs it.
    pub required: bool,
    /// What it is for: a sentence without a full stop.
    pub about: &'static str,
}

const fn key(name: &'static str, kind: Kind, about: &'static str) -> Key {
    Key { name, kind, required: false, about }
}

const fn required(name: &'static str, kind: Kind, about: &'static str) -> Key {
    Key { name, kind, required: true, about }
}

const RULES: Kind = Kind::List(&Kind::Rule);
const TEXTS: Kind = Kind::List(&Kind::Text);

/// The keys of `redislint.toml` and of `[tool.redislint]`.
pub(super) static ROOT: &[Key] = &[
    key("select", RULES, "The only rules that speak; all of them where it is not set"),
    key("ignore", RULES, "Rules that do not speak"),
    key(
        "severity",
        Kind::PerRule(&Kind::Choice(&["error", "warning", "note"])),
        "The most that findings of a rule can be",
    ),
    key("per-path", Kind::List(&Kind::Table(PER_PATH)), "Rules that do not speak of some files"),
    key("environment", Kind::List(&Kind::Table(ENVIRONMENT)), "Which files run together"),
    key("hosts", Kind::List(&Kind::Table(HOST)), "Addresses that are servers of an environment"),
    key("allowed-endpoints", TEXTS, "Public addresses (`host` or `host:port`) that are meant to be reached"),
    key("placeholders", TEXTS, "Globs over values that are no passwords"),
    key("compose-version", Kind::Choice(&["2", "5"]), "The generation of docker compose that people use"),
    key("require-reason", Kind::Flag, "Whether an ignore without a reason does not count"),
];

static PER_PATH: &[Key] = &[
    required("paths", Kind::List(&Kind::Glob), "Globs as in .gitignore, relative to the root"),
    key("rules", RULES, "The rules; all of them where it is not set"),
    key("reason", Kind::Text, "Why"),
];

static ENVIRONMENT: &[Key] = &[
    required("name", Kind::Text, "Its name"),
    required("files", TEXTS, "Its compose files, relative to the root; later ones win"),
    key("env-files", TEXTS, "What `--env-file` names, relative to the root"),
    key("profiles", TEXTS, "The profiles that are switched on"),
    key("kind", Kind::Choice(&["development", "staging", "production"]), "How serious it is; otherwise its name tells"),
];

static HOST: &[Key] = &[
    required("address", Kind::Text, "A host name or address, with or without a port"),
    required("environment", Kind::Text, "The name of the environment whose server it is"),
];
