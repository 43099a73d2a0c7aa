//! The arguments of `redis-cli` → what it is asked to do, by the rules of its own option parser.
//!
//! Knows neither servers nor shells; a value that a shell fills in and nobody knows is an opaque text.

use super::commands::Verb;
use crate::model::{ClientCase, Reach, VersionRange};
use crate::source::Span;
use crate::symbol::Symbols;
use crate::text::Text;

/// One run of `redis-cli`.
pub(super) enum Call {
    /// It ends with this status without asking a server: a wrong option, `--help`.
    Ends(bool),
    /// It prints its version.
    Version,
    /// It asks a server.
    Asks(Box<Talk>),
    /// A mode that is not modelled (`--stat`, `--eval`, `--cluster`).
    Mode,
}

/// A question to a server.
pub(super) struct Talk {
    /// Where it connects and with which credentials.
    pub client: ClientCase,
    /// The user of `--user`, which counts only beside a password.
    user: Option<Text>,
    /// The password came with an option or URL, and goes before that of the environment.
    given: bool,
    /// `-e`.
    pub exits_on_error: bool,
    /// Replies are written as CSV or JSON.
    pub formats: bool,
    /// Strings are put in quotes (`--no-raw`), which is not so where a pipe reads them.
    pub quotes: bool,
    /// `-r`.
    pub times: usize,
    /// `-3` or `--json`, which say `HELLO 3` first.
    pub greets: bool,
    /// `-x`: the last argument is read from the standard input.
    pub reads_input: bool,
    /// The command; empty: what the standard input says.
    pub command: Vec<Text>,
}

/// Options that take one argument and change nothing that is looked at here.
const WITH_ARGUMENT: &[&str] = &["-i", "-d", "-D", "--cacert", "--cert", "--key", "--sni", "--cacertdir"];
/// Options that stand alone and change nothing that is looked at here.
const ALONE: &[&str] = &["--no-auth-warning", "--quoted-input", "--verbose", "--insecure", "--askpass", "-c", "-2"];
/// Other modes than sending a command.
const MODES: &[&str] = &[
    "--stat",
    "--latency",
    "--latency-history",
    "--latency-dist",
    "--scan",
    "--bigkeys",
    "--memkeys",
    "--hotkeys",
    "--pipe",
    "--rdb",
    "--functions-rdb",
    "--replica",
    "--slave",
    "--eval",
    "--cluster",
    "--intrinsic-latency",
    "--lru-test",
    "--mono",
    "--ldb",
    "--ldb-sync-mode",
    "--show-pushes",
    "--pattern",
    "-X",
    "--quoted-json",
    "-4",
    "-6",
    "--memkeys-samples",
    "--pipe-timeout",
    "--quoted-pattern",
    "--keystats",
    "--cursor",
    "--top",
    "--count",
    "--tls-ciphers",
    "--tls-ciphersuites",
];

/// Whether a word names the program.
pub(super) fn is_program(word: &str) -> bool {
    matches!(word.rsplit('/').next(), Some("redis-cli" | "valkey-cli" | "keydb-cli"))
}

/// The page of options ends well since 7.0.
fn helps(version: VersionRange) -> Call {
    version.is_from((7, 0)).map_or(Call::Mode, Call::Ends)
}

/// Reads the words behind the program's name. `url` reads the argument of `-u`; `version`: of the tool, where known.
pub(super) fn read(
    words: &[Text],
    version: VersionRange,
    anchor: Span,
    symbols: &Symbols,
    url: impl Fn(&Text) -> Option<ClientCase>,
) -> Call {
    let mut talk = Talk::new(anchor);
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let last = rest.len() == 0;
        // `-t 1` came with 7.4; before, it is no option.
        match word.as_str() {
            "-h" if last => return helps(version),
            "-v" | "--version" => return Call::Version,
            "--help" => return helps(version),
            "-e" => talk.exits_on_error = true,
            "-3" => talk.greets = true,
            "-x" => talk.reads_input = true,
            "--csv" => talk.formats = true,
            "--json" => (talk.formats, talk.greets) = (true, true),
            "--raw" => talk.quotes = false,
            "--no-raw" => talk.quotes = true,
            "--tls" => talk.client.tls = true,
            option if ALONE.contains(&option) => {}
            option if MODES.contains(&option) => return Call::Mode,
            option if option.starts_with('-') => {
                let Some(value) = rest.next() else { return Call::Ends(false) };
                match option {
                    "-h" => talk.client.host = Some(value.clone()),
                    "-p" => talk.client.port = value.as_str().parse().ok(),
                    "-s" => (talk.client.host, talk.client.port) = (None, None),
                    "-n" => talk.client.db = value.as_str().parse().ok(),
                    "-r" => talk.times = value.as_str().parse().unwrap_or(1),
                    "-a" | "--pass" => talk.gives(value),
                    "--user" => talk.user = Some(value.clone()),
                    "-u" => {
                        let known = ["redis://", "rediss://"].iter().any(|scheme| value.as_str().starts_with(scheme));
                        if !known && Symbols::is_known(value) {
                            return Call::Ends(false);
                        }
                        let Some(case) = url(value) else { return Call::Mode };
                        talk.takes(case);
                    }
                    // It came with 7.4; before, it is no option.
                    "-t" if version.is_from((7, 4)) == Some(true) => {}
                    "-t" if version.is_from((7, 4)).is_none() => return Call::Mode,
                    _ if WITH_ARGUMENT.contains(&option) => {}
                    _ => return Call::Ends(false),
                }
            }
            _ if symbols.has_opaque(word) => return Call::Mode,
            _ => {
                talk.command = std::iter::once(word).chain(rest).cloned().collect();
                break;
            }
        }
    }
    Call::Asks(Box::new(talk))
}

impl Talk {
    fn new(anchor: Span) -> Self {
        let client = ClientCase {
            when: Vec::new(),
            url: None,
            host: Some(Text::mapped("127.0.0.1", anchor)),
            port: Some(6379),
            port_span: None,
            db: Some(0),
            tls: false,
            username: None,
            password: None,
            error: None,
            trace: Vec::new(),
            reach: Reach::Undetermined,
        };
        Self {
            client,
            user: None,
            given: false,
            exits_on_error: false,
            formats: false,
            quotes: false,
            times: 1,
            greets: false,
            reads_input: false,
            command: Vec::new(),
        }
    }

    fn gives(&mut self, password: &Text) {
        self.client.password = Some(password.clone());
        self.given = true;
    }

    /// What `-u` says goes over what options said before it.
    fn takes(&mut self, case: ClientCase) {
        self.given |= case.password.is_some();
        self.user = case.username.clone().or(self.user.take());
        let password = case.password.clone().or(self.client.password.take());
        let tls = case.tls || self.client.tls;
        self.client = ClientCase { password, tls, username: None, ..case };
    }

    /// The password it sends: of an option or URL, else of the environment.
    pub fn password<'a>(&'a self, inherited: Option<&'a Text>) -> Option<&'a Text> {
        if self.given { self.client.password.as_ref() } else { inherited }
    }

    /// The user, who is sent with a password only.
    pub fn user(&self) -> Option<&Text> {
        self.user.as_ref()
    }

    /// Whether its command writes a key.
    pub fn writes(&self) -> bool {
        Verb::find(self.verb()).is_some_and(|verb| verb.writes && verb.takes(self.command.len()))
    }

    /// The name of its command, as it is written.
    pub fn verb(&self) -> &str {
        self.command.first().map_or("", Text::as_str)
    }
}
