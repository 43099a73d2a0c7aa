//! How a connection ends: what the client sends first, and what the server answers (facts.md §1.1 to §1.4).
//!
//! A client case and a server's authentication go in, outcomes by version of the client's library come out; a range of
//! versions that crosses a border in behaviour is split there. Knows nothing of host names.

use super::sha256::hex_digest;
use crate::model::{
    Auth, AuthFault, ClientCase, FailStage, Family, Outcome, Password, Product, Server, User, VersionRange,
};
use crate::symbol::{Symbols, is_symbol};
use crate::syntax::url;
use crate::text::Text;

const UNEXPECTED: &str = "ERR AUTH <password> called without any password configured for the default user. Are you \
                          sure your configuration is correct?";
const WRONG: &str = "WRONGPASS invalid username-password pair or user is disabled.";
const MISSING: &str = "NOAUTH Authentication required.";
const MISSING_HELLO: &str = "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO \
                             AUTH <user> <pass> option can be used to authenticate the client and select the RESP \
                             protocol version at the same time";
const MISSING_HELLO_VALKEY: &str = "NOAUTH HELLO must be called with the client already authenticated, otherwise the \
                                    HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client \
                                    and select the RESP protocol version at the same time";
/// Errors of the server begin so, those of libraries do not.
const SERVERS_OWN: &str = "ERR ";
const OUT_OF_RANGE: &str = "ERR DB index is out of range";

/// How the connection ends, for each part of the version range in which the library behaves alike; never empty.
///
/// `client.port` is to be a port of the server's own network: where the client goes through a published port, the
/// caller puts the container's port in its place. Names and networks are not looked at.
#[must_use]
pub fn outcomes(
    client: &ClientCase,
    family: Family,
    version: VersionRange,
    server: &Server,
    auth: &Auth,
    symbols: &Symbols,
) -> Vec<(VersionRange, Outcome)> {
    if let Some(outcome) = before_authentication(client, family, server, auth) {
        return vec![(version, outcome)];
    }
    let Auth::Users(users) = auth else {
        return vec![(version, refused_database(client).unwrap_or(Outcome::Undetermined))];
    };
    let link = Link { client, server, users, symbols };
    if family == Family::Unknown || family == Family::RedisRs {
        return link.whatever_the_library().into_iter().map(|outcome| (version, outcome)).collect();
    }
    let mut all: Vec<(VersionRange, Outcome)> = Vec::new();
    for part in split(version, borders(family)) {
        let outcome = link.outcome(family, part);
        match all.last_mut() {
            Some((range, last)) if *last == outcome => range.to = part.to,
            _ => all.push((part, outcome)),
        }
    }
    all
}

/// What ends the connection, or makes its end untellable, before a password is sent.
fn before_authentication(client: &ClientCase, family: Family, server: &Server, auth: &Auth) -> Option<Outcome> {
    let fails = |stage, error: &str| Some(Outcome::Fails { stage, error: error.to_owned(), fault: None });
    if let Some(error) = client.error.as_ref().filter(|error| !error.message.starts_with(SERVERS_OWN)) {
        return fails(FailStage::Parse, &error.message);
    }
    if let Auth::DoesNotStart { error, .. } = auth {
        return fails(FailStage::Start, error);
    }
    let port = client.port?;
    let (plain, tls) = (server.port == Some(port), server.tls_port == Some(port));
    match (plain, tls, client.tls) {
        (true, _, true) if !tls => {
            Some(Outcome::Hangs { error: "TimeoutError: Timeout connecting to server".to_owned() })
        }
        (_, true, false) if !plain => fails(FailStage::Tls, reset_text(family)),
        (false, false, _) if server.port.is_some() || server.tls_port.is_some() || server.listens_on_no_port() => {
            fails(FailStage::Connect, &refused_text(client, family, port))
        }
        _ => None,
    }
}

/// What the server says to a database that the client took over as it was written; asked for after the login.
fn refused_database(client: &ClientCase) -> Option<Outcome> {
    let error = client.error.as_ref().filter(|error| error.message.starts_with(SERVERS_OWN))?;
    Some(Outcome::Fails { stage: FailStage::Select, error: error.message.clone(), fault: None })
}

fn reset_text(family: Family) -> &'static str {
    match family {
        Family::NodeRedis | Family::Ioredis => "Error: read ECONNRESET",
        Family::RedisCli => "Error: Connection reset by peer",
        _ => "ConnectionError: Connection reset by peer",
    }
}

fn refused_text(client: &ClientCase, family: Family, port: u16) -> String {
    let host = client.host.as_ref().filter(|host| Symbols::is_known(host)).map_or("…", |host| host.as_str());
    match family {
        Family::NodeRedis | Family::Ioredis => format!("Error: connect ECONNREFUSED {host}:{port}"),
        Family::RedisCli => format!("Could not connect to Redis at {host}:{port}: Connection refused"),
        _ => format!("ConnectionError: Error 111 connecting to {host}:{port}. Connection refused."),
    }
}

/// Majors at which a library's first bytes change.
fn borders(family: Family) -> &'static [u32] {
    match family {
        family if family.is_on_redis_py() => &[5, 8],
        Family::NodeRedis => &[4, 6],
        Family::Ioredis => &[5, 6],
        Family::RedisCli => &[7],
        _ => &[],
    }
}

/// The range cut at those majors that lie inside it.
fn split(version: VersionRange, majors: &[u32]) -> Vec<VersionRange> {
    let mut parts = Vec::new();
    let mut rest = version;
    for major in majors {
        let starts_below = rest.from.is_none_or(|from| from < (*major, 0));
        let ends_above = rest.to.is_none_or(|to| to >= (*major, 0));
        if starts_below && ends_above {
            parts.push(VersionRange { from: rest.from, to: Some((major - 1, u32::MAX)) });
            rest.from = Some((*major, 0));
        }
    }
    parts.push(rest);
    parts
}

/// What a client sends before its first command.
enum Greeting<'a> {
    /// Nothing.
    Silent,
    /// `HELLO 3`.
    Hello,
    /// `AUTH password`.
    Password(&'a Text),
    /// `AUTH user password`, or the same inside `HELLO 3` (second field).
    User(&'a str, Option<&'a Text>, bool),
}

/// What the server thinks of a name and a password.
enum Login {
    /// Accepted because the password is right.
    Right,
    /// Accepted because any password is.
    Any,
    /// Refused.
    Refused(AuthFault),
    /// Unknown values on one of the sides decide.
    Untellable,
}

struct Link<'a> {
    client: &'a ClientCase,
    server: &'a Server,
    users: &'a [User],
    symbols: &'a Symbols,
}

impl Link<'_> {
    fn outcome(&self, family: Family, version: VersionRange) -> Outcome {
        match self.answer(family, version) {
            // Whether the client has a certificate does not show in what it connects with.
            Outcome::Works if self.client.tls && self.server.wants_certificates() => Outcome::Undetermined,
            outcome => outcome,
        }
    }

    /// What comes of the login and of the choice of a database.
    fn answer(&self, family: Family, version: VersionRange) -> Outcome {
        let mut outcome = self.authentication(family, version);
        let open = self.users.iter().any(|user| user.name.as_str() == "default" && user.on && user.nopass);
        // What is refused does not end these: a Sentinel does not even look, redis-cli tells and goes on.
        let goes_on = family == Family::Sentinel || family == Family::RedisCli && version.from >= Some((7, 0));
        if let (true, true, Outcome::Fails { fault: Some(fault), .. }) = (goes_on, open, &outcome) {
            outcome = Outcome::WorksUnauthenticated { fault: *fault };
        }
        if let (Outcome::Works | Outcome::WorksUnauthenticated { .. } | Outcome::Undetermined, Some(refused)) =
            (&outcome, refused_database(self.client).filter(|_| !goes_on))
        {
            return refused;
        }
        match (&outcome, self.refused_choice()) {
            // ioredis stays in database 0 and only emits an error event.
            (_, Some(_)) if goes_on || family == Family::Ioredis => outcome,
            (Outcome::Works | Outcome::WorksUnauthenticated { .. }, Some(error)) => {
                Outcome::Fails { stage: FailStage::Select, error, fault: None }
            }
            _ => outcome,
        }
    }

    /// What the server says to the number of a database that it does not have.
    fn refused_choice(&self) -> Option<String> {
        match (self.client.db?, self.server.databases) {
            (1.., _) if self.server.product == Product::Sentinel => Some(self.unknown_command("SELECT")),
            (db, Some(databases)) if db >= databases => Some(OUT_OF_RANGE.to_owned()),
            _ => None,
        }
    }

    fn unknown_command(&self, name: &str) -> String {
        let old = self.server.product != Product::Valkey && self.server.version.is_from((7, 0)) == Some(false);
        if old { format!("ERR unknown command `{name}`") } else { format!("ERR unknown command '{name}'") }
    }

    /// The ends for a library that is not known: only where all of them agree, at least on what is wrong.
    fn whatever_the_library(&self) -> Vec<Outcome> {
        // Older ones are no longer met: node-redis 3 and ioredis 4 left the user name out.
        let families = [(Family::RedisPy, 3), (Family::NodeRedis, 4), (Family::Ioredis, 5)];
        let mut all: Vec<Outcome> = families
            .into_iter()
            .flat_map(|(family, oldest)| {
                let range = VersionRange { from: Some((oldest, 0)), to: None };
                split(range, borders(family)).into_iter().map(move |part| self.outcome(family, part))
            })
            .collect();
        // ioredis goes on in another database than the one it was told: the same mistake, met later.
        let beyond = |outcome: &Outcome| matches!(outcome, Outcome::Fails { stage: FailStage::Select, .. });
        if all.iter().any(beyond) && all.iter().all(|outcome| beyond(outcome) || *outcome == Outcome::Works) {
            all.retain(beyond);
        }
        let kind = |outcome: &Outcome| match outcome {
            Outcome::Fails { stage, fault, .. } => (std::mem::discriminant(outcome), Some(*stage), *fault),
            Outcome::WorksUnauthenticated { fault } => (std::mem::discriminant(outcome), None, Some(*fault)),
            _ => (std::mem::discriminant(outcome), None, None),
        };
        let mut kinds: Vec<Outcome> = Vec::new();
        for outcome in all {
            if !kinds.iter().any(|known| kind(known) == kind(&outcome)) {
                kinds.push(outcome);
            }
        }
        let fault = kinds.first().and_then(|first| kind(first).2);
        let agreed = kinds.len() == 1 || fault.is_some() && kinds.iter().all(|outcome| kind(outcome).2 == fault);
        if agreed { kinds } else { vec![Outcome::Undetermined] }
    }

    fn authentication(&self, family: Family, version: VersionRange) -> Outcome {
        let Some(default) = self.users.iter().find(|user| user.name.as_str() == "default") else {
            return Outcome::Undetermined;
        };
        if self.client.password.as_ref().is_some_and(|text| self.symbols.has_opaque(text))
            || self.client.username.as_ref().is_some_and(|text| self.symbols.has_opaque(text))
        {
            return Outcome::Undetermined;
        }
        match self.greeting(family, version) {
            Greeting::Silent => anonymous(default, MISSING, self.symbols),
            Greeting::Hello if self.server.product == Product::Valkey => {
                anonymous(default, MISSING_HELLO_VALKEY, self.symbols)
            }
            Greeting::Hello => anonymous(default, MISSING_HELLO, self.symbols),
            Greeting::Password(password) => self.password_only(family, version, default, password),
            Greeting::User(name, password, hello) => {
                if !hello && self.renamed_auth() {
                    return self.without_auth(default);
                }
                let login = self.login(name, password);
                Self::judge(&login, name, password)
            }
        }
    }

    /// `AUTH password`: an error where the default user needs none, which some libraries swallow.
    fn password_only(&self, family: Family, version: VersionRange, default: &User, password: &Text) -> Outcome {
        if self.renamed_auth() {
            return self.without_auth(default);
        }
        if default.nopass {
            let swallowed = match family {
                Family::Ioredis => true,
                Family::NodeRedis => super::grammar::before(version, 4),
                _ => false,
            };
            // `off nopass` answers the same, and then no command is allowed.
            return match (swallowed, default.on) {
                (true, true) => Outcome::WorksUnauthenticated { fault: AuthFault::UnexpectedPassword },
                _ => fails(UNEXPECTED, Some(AuthFault::UnexpectedPassword)),
            };
        }
        let login = self.login("default", Some(password));
        Self::judge(&login, "default", Some(password))
    }

    /// `rename-command AUTH`: the command is not there. Valkey asks for authentication before it says so.
    fn without_auth(&self, default: &User) -> Outcome {
        if self.server.product == Product::Valkey && !default.nopass {
            return fails(MISSING, Some(AuthFault::MissingPassword));
        }
        fails(&self.unknown_command("AUTH"), None)
    }

    fn greeting(&self, family: Family, version: VersionRange) -> Greeting<'_> {
        let given = |text: &'_ Option<Text>| text.as_ref().is_some_and(|text| !text.is_empty());
        let (user, password) = (&self.client.username, &self.client.password);
        let hello = self.protocol_3(family, version);
        match (user, password) {
            (Some(user), Some(password)) if family == Family::RedisCli => {
                Greeting::User(user.as_str(), Some(password), false)
            }
            (Some(user), Some(password)) if given(&self.client.username) && !password.is_empty() => {
                Greeting::User(user.as_str(), Some(password), hello)
            }
            // These send even an empty one (`redis://:@host`, to redis-cli `redis://@host`).
            (None, Some(password)) if family == Family::RedisCli => Greeting::Password(password),
            (None, Some(password)) if family == Family::NodeRedis && super::grammar::before(version, 4) => {
                Greeting::Password(password)
            }
            (_, Some(password)) if !password.is_empty() => {
                if hello {
                    Greeting::User("default", Some(password), true)
                } else {
                    Greeting::Password(password)
                }
            }
            (Some(user), _) if !user.is_empty() && Self::sends_lone_user(family, version) => {
                Greeting::User(user.as_str(), None, hello)
            }
            _ if hello => Greeting::Hello,
            _ => Greeting::Silent,
        }
    }

    /// A user name without password is sent with an empty password, or dropped.
    fn sends_lone_user(family: Family, version: VersionRange) -> bool {
        match family {
            Family::NodeRedis => super::grammar::before(version, 6),
            Family::Ioredis => !super::grammar::before(version, 5),
            Family::RedisCli => false,
            _ => true,
        }
    }

    /// Whether it opens with `HELLO 3`. `?protocol=` in the URL decides for redis-py from version 5.
    fn protocol_3(&self, family: Family, version: VersionRange) -> bool {
        let from = |major: u32| version.from.is_some_and(|from| from >= (major, 0));
        match family {
            Family::NodeRedis => from(6),
            // Any `protocol` in the URL makes ioredis 6 fall back to AUTH.
            Family::Ioredis => from(6) && self.asked_protocol().is_none(),
            Family::RedisCli | Family::Replica | Family::Sentinel => false,
            _ => match self.asked_protocol() {
                Some(protocol) if from(5) => protocol == 3,
                _ => from(8),
            },
        }
    }

    fn asked_protocol(&self) -> Option<u32> {
        let query = url::split(self.client.url.as_ref()?).query;
        let (_, value) = query.into_iter().find(|(name, _)| name.as_str() == "protocol")?;
        value.as_str().parse().ok()
    }

    fn renamed_auth(&self) -> bool {
        self.server.directives.iter().any(|directive| {
            directive.name.value == "rename-command"
                && directive.arguments.first().is_some_and(|name| name.as_str().eq_ignore_ascii_case("auth"))
        })
    }

    fn login(&self, name: &str, password: Option<&Text>) -> Login {
        let Some(user) = self.users.iter().find(|user| user.name.as_str() == name) else {
            let tellable = !name.contains(is_symbol) && self.users.iter().all(|user| Symbols::is_known(&user.name));
            return if tellable { Login::Refused(AuthFault::UnknownUser) } else { Login::Untellable };
        };
        if !user.on {
            return Login::Refused(AuthFault::UnknownUser);
        }
        if user.nopass {
            return Login::Any;
        }
        let mut untellable = false;
        for accepted in &user.passwords {
            match self.compare(password, accepted) {
                Some(true) => return Login::Right,
                Some(false) => {}
                None => untellable = true,
            }
        }
        let missing = password.is_none_or(Text::is_empty);
        match (untellable, missing) {
            (true, _) => Login::Untellable,
            (false, true) => Login::Refused(AuthFault::MissingPassword),
            (false, false) => Login::Refused(AuthFault::WrongPassword),
        }
    }

    /// Whether the client's password is this one; `None`: a value outside the repository decides.
    fn compare(&self, sent: Option<&Text>, accepted: &Password) -> Option<bool> {
        let sent_text = sent.map_or("", Text::as_str);
        match accepted {
            Password::Plain(text) if self.symbols.has_opaque(text) => None,
            // A symbol on the server's side stands for a value that is set: `""` is an alternative of its own.
            Password::Plain(text) if sent_text.is_empty() => Some(text.is_empty()),
            Password::Plain(text) => equal(sent_text, text.as_str()),
            Password::Sha256(digest) => {
                let known = Symbols::is_known(digest) && !sent_text.contains(is_symbol);
                known.then(|| hex_digest(sent_text.as_bytes()) == digest.as_str())
            }
        }
    }

    fn judge(login: &Login, name: &str, password: Option<&Text>) -> Outcome {
        match login {
            Login::Right => Outcome::Works,
            Login::Any if password.is_none_or(Text::is_empty) => Outcome::Works,
            Login::Any => Outcome::WorksUnauthenticated { fault: AuthFault::UnexpectedPassword },
            Login::Untellable => Outcome::Undetermined,
            // A user that does not exist, on a server without passwords: the password is what does not belong.
            Login::Refused(AuthFault::MissingPassword) if name != "default" => {
                fails(WRONG, Some(AuthFault::WrongPassword))
            }
            Login::Refused(fault) => fails(WRONG, Some(*fault)),
        }
    }
}

/// A client without credentials.
fn anonymous(default: &User, refusal: &str, symbols: &Symbols) -> Outcome {
    if default.on && default.nopass {
        return Outcome::Works;
    }
    let opaque = |password: &Password| matches!(password, Password::Plain(text) if symbols.has_opaque(text));
    if default.on && default.passwords.iter().any(opaque) {
        return Outcome::Undetermined;
    }
    fails(refusal, Some(AuthFault::MissingPassword))
}

fn fails(error: &str, fault: Option<AuthFault>) -> Outcome {
    Outcome::Fails { stage: FailStage::Auth, error: error.to_owned(), fault }
}

/// Whether two values are equal; `None` where a symbol could make them so. Their known beginnings and ends may prove
/// that they differ.
fn equal(one: &str, other: &str) -> Option<bool> {
    if one == other {
        return Some(true);
    }
    let known = |value: &str| !value.contains(is_symbol);
    if known(one) && known(other) {
        return Some(false);
    }
    let head = |value: &str| value.find(is_symbol).unwrap_or(value.len());
    let tail = |value: &str| value.rfind(is_symbol).map_or(0, |at| at + 4);
    let begin = head(one).min(head(other));
    if one.as_bytes()[..begin] != other.as_bytes()[..begin] {
        return Some(false);
    }
    let end = (one.len() - tail(one)).min(other.len() - tail(other));
    if one.as_bytes()[one.len() - end..] != other.as_bytes()[other.len() - end..] {
        return Some(false);
    }
    None
}
