//! A question of `redis-cli` and a server → what is printed, how it exits, and what it leaves behind (facts.md §2).
//!
//! `redis-cli` exits with 0 whatever the server replies, unless `-e` is given; up to 6.2 a login or database that is
//! refused ends it with 1. Scripts and pipes are not seen here.

use super::call::Talk;
use super::commands::Verb;
use crate::model::{Auth, ClientCase, FailStage, Family, Outcome, Product, Refusal, Server, User, VersionRange};
use crate::resolve::handshake;
use crate::resolve::network::is_loopback;
use crate::resolve::server_auth::permits;
use crate::symbol::Symbols;
use crate::text::Text;

/// The server that is asked, in one of its cases.
pub(super) struct Door<'a> {
    pub server: &'a Server,
    pub auth: &'a Auth,
    pub symbols: &'a Symbols,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    /// Printed to the standard output; `None`: unknown.
    pub output: Option<String>,
    /// Whether it exits with 0; `None`: unknown.
    pub success: Option<bool>,
    /// Why the server did not let it in.
    pub refused: Option<Refusal>,
    /// It wrote a key.
    pub writes: bool,
}

/// Stands in an output for a word that is not known, and is neither `PONG` nor `NOAUTH`.
pub(super) const OTHER: char = '\u{FFFD}';
/// Several such words: an error, a report.
const OTHERS: &str = "\u{FFFD} \u{FFFD}";

const MISSING: &str = "NOAUTH Authentication required.";

/// `-r` with a larger number is not followed.
const MAX_TIMES: usize = 16;

impl Answer {
    /// It ends before a server says anything.
    pub fn ends(success: bool) -> Self {
        Self { output: (!success).then(String::new), success: Some(success), ..Self::default() }
    }

    /// It prints what it is.
    pub fn version() -> Self {
        Self { output: Some(OTHERS.to_owned()), ..Self::ends(true) }
    }
}

/// The server's end of the connection once the greeting is over.
struct Greeted<'a> {
    /// As whom the client is logged in; `None`: not at all.
    user: Option<&'a User>,
    /// Something before the command was refused.
    stumbled: bool,
}

impl Door<'_> {
    /// Asks, with this password; a server that could not be told gives an unknown answer.
    pub fn ask(&self, talk: &Talk, password: Option<&Text>) -> Answer {
        if talk.command.is_empty() && !talk.reads_input {
            // It reads commands from its standard input, where a health check has none.
            return Answer { output: Some(String::new()), success: Some(true), ..Answer::default() };
        }
        self.answer(talk, password).unwrap_or_default()
    }

    fn answer(&self, talk: &Talk, password: Option<&Text>) -> Option<Answer> {
        let here =
            |host: &Text| is_loopback(host.as_str()) || self.server.names.iter().any(|name| name == host.as_str());
        let Auth::Users(users) = self.auth else { return None };
        talk.client.host.as_ref().filter(|host| here(host))?;
        talk.client.port?;
        let name = talk.user().filter(|_| password.is_some());
        match self.connect(&talk.client, name, password)? {
            Outcome::Undetermined => None,
            Outcome::Fails { stage: FailStage::Auth | FailStage::Select, .. }
            | Outcome::Works
            | Outcome::WorksUnauthenticated { .. } => {
                let greeted = self.greet(talk, users, name, password)?;
                Some(self.reply(talk, &greeted, password.is_some()))
            }
            Outcome::Fails { .. } | Outcome::Hangs { .. } => Some(Answer::ends(false)),
        }
    }

    /// How the connection ends with these credentials, for a tool that ends where it is refused.
    fn connect(&self, client: &ClientCase, name: Option<&Text>, password: Option<&Text>) -> Option<Outcome> {
        let client = ClientCase { username: name.cloned(), password: password.cloned(), ..client.clone() };
        let strict = VersionRange { from: None, to: Some((6, 2)) };
        let mut all = handshake::outcomes(&client, Family::RedisCli, strict, self.server, self.auth, self.symbols);
        all.pop().map(|(_, outcome)| outcome)
    }

    /// Whether `AUTH` is answered with an error; `None`: could not be told.
    fn refuses(&self, client: &ClientCase, name: Option<&Text>, password: &Text) -> Option<bool> {
        match self.connect(client, name, Some(password))? {
            Outcome::Undetermined => None,
            Outcome::Works | Outcome::WorksUnauthenticated { .. } => Some(false),
            // The database is asked for after the login.
            Outcome::Fails { stage, .. } => Some(stage != FailStage::Select),
            Outcome::Hangs { .. } => Some(true),
        }
    }

    fn greet<'a>(
        &self,
        talk: &Talk,
        users: &'a [User],
        name: Option<&Text>,
        password: Option<&Text>,
    ) -> Option<Greeted<'a>> {
        let refused = match password {
            Some(password) => self.refuses(&talk.client, name, password)?,
            None => false,
        };
        let user = match name.filter(|_| !refused) {
            Some(name) => users.iter().find(|user| user.name.as_str() == name.as_str()),
            None => default_user(users).filter(|user| user.on && (user.nopass || password.is_some() && !refused)),
        };
        let database = match (talk.client.db, user) {
            (Some(0) | None, _) => false,
            (Some(_), None) => true,
            (Some(db), Some(user)) => db >= self.server.databases? || !permits(user, self.server, "select")?,
        };
        Some(Greeted { user, stumbled: refused || database || talk.greets && user.is_none() })
    }

    fn reply(&self, talk: &Talk, greeted: &Greeted<'_>, sent: bool) -> Answer {
        let verb = Verb::find(talk.verb());
        let login = verb.is_some_and(|verb| verb.always);
        let refused = match (greeted.user, sent) {
            (Some(_), _) => None,
            // Its further words are no command.
            _ if login && talk.command.len() < 3 => None,
            (None, true) => Some(Refusal::Wrong),
            (None, false) => Some(Refusal::Missing),
        };
        if greeted.stumbled {
            match self.gives_up() {
                Some(true) => {
                    let refused = refused.or(sent.then_some(Refusal::Unexpected));
                    return Answer { refused, ..Answer::ends(false) };
                }
                Some(false) => {}
                None => return Answer { refused, ..Answer::default() },
            }
        }
        let Reply { text, error } = self.command(talk, greeted.user, verb);
        let (text, success) = match error {
            Some(true) if talk.exits_on_error => (Some(String::new()), Some(false)),
            None if talk.exits_on_error => (None, None),
            _ => (text, Some(true)),
        };
        let output = text.filter(|_| !talk.formats && talk.times <= MAX_TIMES);
        let output = output.map(|text| vec![text; talk.times].join("\n"));
        let writes = greeted.user.is_some() && error == Some(false) && talk.writes();
        Answer { output, success, refused, writes }
    }

    /// Whether the tool ends when its login is refused; `None`: not measured for this product.
    fn gives_up(&self) -> Option<bool> {
        match self.server.product {
            Product::Redis => self.server.version.is_from((7, 0)).map(|newer| !newer),
            Product::Valkey | Product::Sentinel => Some(false),
            _ => None,
        }
    }

    /// A server looks at the name and the number of words first, then at the login (Valkey begins with that), then at the
    /// permission.
    fn command(&self, talk: &Talk, user: Option<&User>, verb: Option<&Verb>) -> Reply {
        let renamed = self.server.directives.iter().any(|directive| {
            directive.name.value == "rename-command"
                && directive.arguments.first().is_some_and(|name| name.as_str().eq_ignore_ascii_case(talk.verb()))
        });
        let open = user.is_some() || verb.is_some_and(|verb| verb.always) && !renamed;
        if self.server.product == Product::Valkey && !open {
            return Reply::missing();
        }
        if renamed {
            return Reply::error();
        }
        let Some(verb) = verb else { return Reply::unknown() };
        if !verb.takes(talk.command.len()) {
            return Reply::error();
        }
        if verb.always {
            return self.login(talk, verb);
        }
        let Some(user) = user else { return Reply::missing() };
        match permits(user, self.server, verb.name) {
            Some(true) => {}
            Some(false) => return Reply::error(),
            None => return Reply::unknown(),
        }
        let string = |at: usize| {
            let word = talk.command.get(at).map(Text::as_str)?;
            Some(if talk.quotes { format!("\"{word}\"") } else { word.to_owned() })
        };
        match (verb.name, talk.command.len()) {
            ("ping", 1) => Reply::says(Some("PONG".to_owned())),
            ("ping" | "echo", 2) => Reply::says(string(1)),
            ("ping", _) => Reply::error(),
            // What lies in a key may be of another type than the command wants.
            ("get", _) => Reply::unknown(),
            ("set" | "setex" | "mset", _) => Reply::says(Some("OK".to_owned())),
            // Its statistics name every error that was ever returned, `NOAUTH` too.
            ("info", _) => Reply::says(None),
            ("role" | "time", _) => Reply::says(Some(OTHERS.to_owned())),
            // `(integer) 1`
            _ if talk.quotes => Reply::says(Some(OTHERS.to_owned())),
            _ => Reply::says(Some(OTHER.to_string())),
        }
    }

    /// `AUTH` as the command itself.
    fn login(&self, talk: &Talk, verb: &Verb) -> Reply {
        let refused = match (verb.name, talk.command.as_slice()) {
            ("auth", [_, password]) => self.refuses(&talk.client, None, password),
            ("auth", [_, name, password]) => self.refuses(&talk.client, Some(name), password),
            ("quit", _) => Some(false),
            _ => None,
        };
        let text = refused.map(|refused| if refused { OTHERS } else { "OK" }.to_owned());
        Reply { text, error: refused }
    }
}

fn default_user(users: &[User]) -> Option<&User> {
    users.iter().find(|user| user.name.as_str() == "default")
}

/// What the server replies to a command.
struct Reply {
    text: Option<String>,
    /// Whether it is an error; `None`: unknown.
    error: Option<bool>,
}

impl Reply {
    fn says(text: Option<String>) -> Self {
        Self { text, error: Some(false) }
    }

    fn error() -> Self {
        Self { text: Some(OTHERS.to_owned()), error: Some(true) }
    }

    fn missing() -> Self {
        Self { text: Some(MISSING.to_owned()), error: Some(true) }
    }

    fn unknown() -> Self {
        Self { text: None, error: None }
    }
}
