//! Configuration files and arguments → directives in the order they are applied, and the first one that is fatal.
//!
//! Follows facts.md §3: includes at their place, arguments last, comments only at the start of a line. Says what is
//! set, not what it means for a client.

use super::argv::Input;
use super::directives;
use super::files::{Files, Found, WILDCARDS};
use crate::facts::ConfFile;
use crate::model::{Directive, Product, VersionRange};
use crate::source::{Span, Spanned};
use crate::symbol::{Symbols, is_symbol};
use crate::syntax::redis_conf;
use crate::text::Text;

/// Everything a server was told.
#[derive(Default)]
pub(super) struct Settings {
    pub directives: Vec<Directive>,
    /// Redis's own text and the place, where it refuses to start.
    pub fatal: Option<(String, Span)>,
    /// A file could not be read, so that anything may be set.
    pub unread: bool,
    /// Absolute paths of the files that were loaded.
    pub loaded: Vec<String>,
}

/// One line before it is judged.
pub(super) struct Line {
    pub name: Spanned<String>,
    pub arguments: Vec<Text>,
    span: Span,
    unbalanced: bool,
    /// See `redis_conf::Line::glued`.
    glued: bool,
}

/// Includes deeper than this are a circle, on which Redis itself would never end.
const MAX_INCLUDES: usize = 16;

/// What decides how lines are judged.
#[derive(Clone, Copy)]
pub(super) struct Dialect {
    pub product: Product,
    pub version: VersionRange,
}

impl Dialect {
    /// Redis 7.0 changed how arguments are joined, taught `include` to expand patterns, and takes a user only once;
    /// `None`: it may be older or newer.
    pub fn is_from_7(self) -> Option<bool> {
        match self.product {
            Product::Keydb => Some(false),
            Product::Redis => self.version.is_from((7, 0)),
            _ => Some(true),
        }
    }
}

/// Applies the arguments of a Redis-like server: `[conf] --name value…`.
pub(super) fn arguments(
    argv: &[Text],
    generated: Option<&Text>,
    input: &Input,
    files: &Files<'_>,
    dialect: Dialect,
    settings: &mut Settings,
) {
    let mut rest = argv;
    if let Some((first, others)) = argv.split_first()
        && !first.as_str().starts_with('-')
    {
        rest = others;
        // A script that names the path elsewhere as well writes the file before the server starts.
        let written = generated.is_some_and(|script| script.as_str().matches(first.as_str()).count() > 1);
        if written || !Symbols::is_known(first) {
            settings.unread = true;
        } else if !first.is_empty() {
            load(first, files, dialect, settings, 0);
        }
    }
    let reads = |word: Option<&Text>| word.is_some_and(|word| word.as_str() == "-");
    if reads(rest.first()) || reads(rest.last()) {
        read(input, files, dialect, settings);
    }
    settings.unread |= brings_more(rest);
    for line in option_lines(rest, dialect) {
        apply(line, true, files, dialect, settings, 0);
    }
}

/// Applies what a server reads from its standard input.
fn read(input: &Input, files: &Files<'_>, dialect: Dialect, settings: &mut Settings) {
    match input {
        Input::Nothing => {}
        Input::Unknown => settings.unread = true,
        Input::File(path) => load(path, files, dialect, settings, 0),
        Input::Text(text) => {
            for line in from_text(text) {
                apply(line, false, files, dialect, settings, 0);
            }
        }
    }
}

/// Whether a word behind an option that has its value comes from outside: it may hold any options (`$EXTRA_ARGS`).
fn brings_more(argv: &[Text]) -> bool {
    let mut has_value = true;
    argv.iter().any(|word| {
        let is_option = word.as_str().starts_with("--");
        let is_more = has_value && !is_option && word.as_str().starts_with(is_symbol);
        has_value = !is_option || word.as_str().contains(' ');
        is_more
    })
}

/// Joins arguments to the lines that Redis appends to its configuration.
fn option_lines(argv: &[Text], dialect: Dialect) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    // Whether the option before has its value, so that `--x` begins a new one (since 7.0).
    let mut handled = true;
    for (at, word) in argv.iter().enumerate() {
        let value = word.as_str();
        if value == "-" && (at == 0 || at + 1 == argv.len()) {
            continue;
        }
        if value.starts_with("--") && (handled || dialect.is_from_7() == Some(false)) {
            let option = word.slice(2..value.len());
            let parts = redis_conf::split_arguments(&option);
            let unbalanced = parts.is_none();
            let mut parts = parts.unwrap_or_else(|| vec![option]).into_iter();
            let name = parts.next().unwrap_or_else(|| word.slice(2..2));
            let mut arguments: Vec<Text> = parts.collect();
            let bare = arguments.is_empty();
            // `--save` without a value stays what it was before 7.0.
            let next_is_option = argv.get(at + 1).is_none_or(|next| next.as_str().starts_with("--"));
            if bare && name.as_str().eq_ignore_ascii_case("save") && next_is_option {
                arguments.push(Text::empty(word.span()));
                handled = true;
            } else {
                handled = !bare || (name.as_str().eq_ignore_ascii_case("sentinel") && next_is_option);
            }
            lines.push(Line {
                name: Spanned::new(name.as_str().to_ascii_lowercase(), word.span()),
                arguments,
                span: word.span(),
                unbalanced,
                glued: false,
            });
            continue;
        }
        handled = true;
        match lines.last_mut() {
            Some(line) => {
                line.arguments.push(word.clone());
                line.span = line.span.to(word.span());
            }
            None => lines.push(Line {
                name: Spanned::new(value.to_ascii_lowercase(), word.span()),
                arguments: Vec::new(),
                span: word.span(),
                unbalanced: false,
                glued: false,
            }),
        }
    }
    // An option without a name leaves its arguments to stand alone.
    lines.retain(|line| !line.name.value.is_empty() || !line.arguments.is_empty());
    for line in lines.iter_mut().filter(|line| line.name.value.is_empty()) {
        line.name.value = line.arguments.remove(0).as_str().to_ascii_lowercase();
    }
    lines
}

/// Loads a configuration file of the container.
pub(super) fn load(path: &Text, files: &Files<'_>, dialect: Dialect, settings: &mut Settings, depth: usize) {
    let lines = match files.find(path.as_str()) {
        Found::Conf(conf) => from_file(conf),
        Found::Inline(text) => from_text(text),
        Found::Unread if files.own == Some(files.absolute(path.as_str()).as_str()) => return,
        Found::Unread => {
            settings.unread = true;
            return;
        }
        Found::Missing => {
            let shown = path.as_str();
            settings.fatal.get_or_insert((
                format!("Fatal error, can't open config file '{}': No such file or directory", files.absolute(shown)),
                path.span(),
            ));
            return;
        }
    };
    settings.loaded.push(files.absolute(path.as_str()));
    for line in lines {
        apply(line, false, files, dialect, settings, depth);
    }
}

/// Applies a file of the repository that no container holds.
pub(super) fn host_file(conf: &ConfFile, files: &Files<'_>, dialect: Dialect, settings: &mut Settings) {
    for line in from_file(conf) {
        apply(line, false, files, dialect, settings, 0);
    }
}

fn from_file(conf: &ConfFile) -> Vec<Line> {
    let lines = conf.lines.iter().map(|line| Line {
        name: Spanned::new(line.name.value.to_ascii_lowercase(), line.name.span),
        arguments: line.arguments.clone(),
        span: line.span,
        unbalanced: line.unbalanced,
        glued: line.glued,
    });
    lines.collect()
}

/// The lines of a file whose content stands in another one.
pub(super) fn from_text(text: &Text) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut at = 0;
    for raw in text.as_str().split_inclusive('\n') {
        let line = text.slice(at..at + raw.len()).trim_matches(|char: char| matches!(char, ' ' | '\t' | '\r' | '\n'));
        at += raw.len();
        if line.is_empty() || line.as_str().starts_with('#') {
            continue;
        }
        let parts = redis_conf::split_arguments(&line);
        let unbalanced = parts.is_none();
        let mut parts = parts.unwrap_or_else(|| vec![line.clone()]).into_iter();
        let Some(name) = parts.next() else { continue };
        lines.push(Line {
            name: Spanned::new(name.as_str().to_ascii_lowercase(), name.span()),
            arguments: parts.collect(),
            span: line.span(),
            unbalanced,
            glued: false,
        });
    }
    lines
}

fn apply(line: Line, from_arguments: bool, files: &Files<'_>, dialect: Dialect, settings: &mut Settings, depth: usize) {
    if line.glued && dialect.product == Product::Valkey {
        // Valkey 9 takes it for one argument, Valkey 7 and 8 were not measured.
        settings.unread = true;
        return;
    }
    if let Some(error) = refusal(&line, dialect) {
        settings.fatal.get_or_insert((error, line.span));
    }
    if line.name.value == "include"
        && let [path] = line.arguments.as_slice()
    {
        include(path, files, dialect, settings, depth);
        return;
    }
    settings.directives.push(Directive {
        name: line.name,
        arguments: line.arguments,
        from_arguments,
        overridden_by: None,
    });
}

fn include(path: &Text, files: &Files<'_>, dialect: Dialect, settings: &mut Settings, depth: usize) {
    if depth >= MAX_INCLUDES || !Symbols::is_known(path) {
        settings.unread = true;
        return;
    }
    let expands = dialect.is_from_7();
    if !path.as_str().contains(WILDCARDS) || expands == Some(false) {
        load(path, files, dialect, settings, depth + 1);
        return;
    }
    if expands.is_none() {
        settings.unread = true;
        return;
    }
    match files.glob(path.as_str()) {
        Some(found) => {
            for file in found {
                load(&Text::mapped(&file, path.span()), files, dialect, settings, depth + 1);
            }
        }
        None => settings.unread = true,
    }
}

/// Redis's own text where a line keeps the server from starting.
fn refusal(line: &Line, dialect: Dialect) -> Option<String> {
    let wrong_number = || Some("wrong number of arguments".to_owned());
    let bad_directive = || Some("Bad directive or wrong number of arguments".to_owned());
    if line.unbalanced {
        return Some("Unbalanced quotes in configuration line".to_owned());
    }
    let count = line.arguments.len();
    let known: Option<&str> = match line.arguments.as_slice() {
        [only] if Symbols::is_known(only) => Some(only.as_str()),
        _ => None,
    };
    match line.name.value.as_str() {
        "requirepass" | "masterauth" | "masteruser" | "aclfile" | "dir" | "tls-cert-file" | "tls-key-file"
        | "tls-ca-cert-file" | "maxmemory" | "logfile" | "dbfilename"
            if count != 1 =>
        {
            wrong_number()
        }
        "protected-mode"
        | "appendonly"
        | "daemonize"
        | "replica-read-only"
        | "cluster-enabled"
        | "activedefrag"
        | "stop-writes-on-bgsave-error"
        | "rdbcompression"
        | "rdbchecksum"
        | "lazyfree-lazy-eviction"
        | "aof-use-rdb-preamble"
        | "tls-replication"
        | "tls-cluster" => match (count, known) {
            (1, None) => None,
            (1, Some(value)) if value.eq_ignore_ascii_case("yes") || value.eq_ignore_ascii_case("no") => None,
            (1, _) => Some("argument must be 'yes' or 'no'".to_owned()),
            _ => wrong_number(),
        },
        "port" | "tls-port" => integer(count, known, 0, 65535),
        "databases" => integer(count, known, 1, 2_147_483_647),
        "timeout" | "tcp-keepalive" => integer(count, known, 0, 2_147_483_647),
        "maxclients" => integer(count, known, 1, 4_294_967_295),
        "rename-command" | "replicaof" | "slaveof" if count != 2 => bad_directive(),
        "save" if count % 2 == 1 && known != Some("") && dialect.is_from_7() == Some(true) => {
            Some("Invalid save parameters".to_owned())
        }
        "loglevel" => one_of(count, known, &["debug", "verbose", "notice", "warning", "nothing"]),
        "tls-auth-clients" => one_of(count, known, &["no", "yes", "optional"]),
        "appendfsync" => one_of(count, known, &["everysec", "always", "no"]),
        "maxmemory-policy" => one_of(count, known, POLICIES),
        "include" if count != 1 => bad_directive(),
        // `requirepass=pw`, `requirepass: pw`, and an option with a single dash.
        name if dialect.product != Product::Dragonfly
            && (name.contains(['=', ':']) || name.starts_with(['-', '\u{feff}'])) =>
        {
            bad_directive()
        }
        name if misspelt(name) || directives::is_unknown(name, dialect) => bad_directive(),
        _ => None,
    }
}

fn integer(count: usize, known: Option<&str>, from: i64, to: i64) -> Option<String> {
    if count != 1 {
        return Some("wrong number of arguments".to_owned());
    }
    match known?.parse::<i64>() {
        Ok(number) if (from..=to).contains(&number) => None,
        Ok(_) => Some(format!("argument must be between {from} and {to} inclusive")),
        Err(_) => Some("argument couldn't be parsed into an integer".to_owned()),
    }
}

/// What `maxmemory-policy` takes; the last two are of Redis 8.
const POLICIES: &[&str] = &[
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-random",
    "noeviction",
    "volatile-lrm",
    "allkeys-lrm",
];

fn one_of(count: usize, known: Option<&str>, all: &[&str]) -> Option<String> {
    if count != 1 {
        return Some("wrong number of arguments".to_owned());
    }
    let fits = all.iter().any(|one| one.eq_ignore_ascii_case(known.unwrap_or(one)));
    (!fits).then(|| format!("argument(s) must be one of the following: {}", all.join(", ")))
}

/// Near misses of the directives that matter here; later versions and modules add names, so that any other unknown
/// name is left alone.
fn misspelt(name: &str) -> bool {
    matches!(
        name,
        "requirepas"
            | "require-pass"
            | "requirepassword"
            | "require_pass"
            | "password"
            | "passwd"
            | "auth"
            | "protectedmode"
            | "protected_mode"
            | "acl-file"
            | "binds"
            | "ports"
            | "database"
    )
}
