//! Bitnami's start scripts (facts.md §4; bitnami/containers `libredis.sh`): what they check, and what they write into the
//! configuration.
//!
//! The variables of a container go in, directives come out, or the script's own words where it stops.

use super::image_script::directive;
use super::lookup;
use crate::model::Directive;
use crate::resolve::conditions::{always, combine};
use crate::resolve::images::Image;
use crate::resolve::project::{Case, Container, Variables};
use crate::source::Span;
use crate::symbol::Symbols;
use crate::syntax::redis_conf;
use crate::text::Text;

/// What the script starts from.
#[derive(Clone, Default)]
pub(super) struct Base {
    pub directives: Vec<Directive>,
    pub fatal: Option<(String, Span)>,
    pub unread: bool,
}

/// The variables whose alternatives count, as one of them makes the rest.
#[derive(Clone)]
struct Given {
    password: Option<Text>,
    /// Of the server that a replica follows.
    master: Option<Text>,
    /// `ALLOW_EMPTY_PASSWORD`.
    open: bool,
}

/// What a container's variables make; `mounted`: a configuration of the user's own takes the place of what is written.
pub(super) fn bases(image: &Image, container: &Container, mounted: bool, symbols: &Symbols) -> Vec<Case<Base>> {
    let script = Script { prefix: image.traits.prefix, environment: &container.environment, place: container.span };
    let unread = || always(Base { unread: !mounted, ..Base::default() });
    let Some(name) = image.traits.password_variables.first() else { return unread() };
    let Some(all) = script.given(name, symbols) else { return unread() };
    all.into_iter()
        .map(|case| {
            let fatal = script.refusal(name, &case.value);
            let directives = if mounted { Vec::new() } else { script.settings() };
            let mut base = Base { directives, fatal, unread: false };
            if !mounted {
                script.secrets(name, &case.value, &mut base);
            }
            Case { when: case.when, value: base, trace: case.trace }
        })
        .collect()
}

struct Script<'a> {
    /// Of the names of its variables.
    prefix: &'a str,
    environment: &'a Variables,
    place: Span,
}

impl Script<'_> {
    /// `None`: values are not known, or there are too many of them.
    fn given(&self, name: &str, symbols: &Symbols) -> Option<Vec<Case<Given>>> {
        let set = |text: &Option<Text>| text.clone().filter(|text| !text.is_empty());
        let password = self.secret(name, symbols)?;
        let master = self.secret(&self.master("PASSWORD"), symbols)?;
        let open = self.secret("ALLOW_EMPTY_PASSWORD", symbols)?;
        let both = combine(&password, &master, |password, master| (set(password), set(master)))?;
        combine(&both, &open, |(password, master), open| Given {
            password: password.clone(),
            master: master.clone(),
            open: open.as_ref().is_some_and(is_yes),
        })
    }

    /// A variable, or the file that its `_FILE` sibling names, which wins.
    fn secret(&self, name: &str, symbols: &Symbols) -> Option<Vec<Case<Option<Text>>>> {
        let file = lookup(&format!("{name}_FILE"), self.environment)?;
        let plain = lookup(name, self.environment)?;
        combine(&file, &plain, |file, plain| match file {
            Some(path) if !path.is_empty() => Some(symbols.variable_text("file", path.as_str(), path.span())),
            _ => plain.clone(),
        })
    }

    /// The name of a variable about the master, whom Valkey calls primary.
    fn master(&self, name: &str) -> String {
        let role = if self.prefix == "VALKEY_" { "PRIMARY" } else { "MASTER" };
        format!("{}{role}_{name}", self.prefix)
    }

    /// The certain value of a variable.
    fn single(&self, name: &str) -> Option<(Text, Span)> {
        self.named(&format!("{}{name}", self.prefix))
    }

    fn named(&self, name: &str) -> Option<(Text, Span)> {
        let variable = self.environment.map.get(name)?;
        let text = variable.value.single()?.value.clone().filter(|text| !text.is_empty())?;
        Some((text, variable.name_span))
    }

    /// Whether a variable certainly has no value.
    fn is_empty(&self, name: &str) -> bool {
        let cases = lookup(&format!("{}{name}", self.prefix), self.environment);
        cases.is_some_and(|cases| cases.iter().all(|case| case.value.as_ref().is_none_or(Text::is_empty)))
    }

    fn follows(&self) -> bool {
        self.single("REPLICATION_MODE").is_some_and(|(mode, _)| matches!(mode.as_str(), "slave" | "replica"))
    }

    /// Where TLS is switched on.
    fn tls(&self) -> Option<Span> {
        self.single("TLS_ENABLED").filter(|(enabled, _)| is_yes(enabled)).map(|(_, span)| span)
    }

    /// Why the script stops before it writes anything.
    fn refusal(&self, name: &str, given: &Given) -> Option<(String, Span)> {
        let empty = |name: &str| {
            let error = format!(
                "The {name} environment variable is empty or not set. Set the environment variable \
                 ALLOW_EMPTY_PASSWORD=yes to allow the container to be started with blank passwords. This is \
                 recommended only for development."
            );
            let span = self.environment.map.get(name).map_or(self.place, |variable| variable.name_span);
            Some((error, span))
        };
        if !given.open && given.password.is_none() {
            return empty(name);
        }
        if !given.open && given.master.is_none() && self.follows() {
            return empty(&self.master("PASSWORD"));
        }
        let on = self.tls()?;
        let error = match () {
            () if self.is_empty("TLS_CERT_FILE") => "You must provide a X.509 certificate in order to use TLS",
            () if self.is_empty("TLS_KEY_FILE") => "You must provide a private key in order to use TLS",
            () if self.is_empty("TLS_CA_FILE") && self.is_empty("TLS_CA_DIR") => {
                "You must provide either a CA X.509 certificate or a CA certificates directory in order to use TLS"
            }
            () => return None,
        };
        Some((error.to_owned(), on))
    }

    /// Ports, TLS, users and commands.
    fn settings(&self) -> Vec<Directive> {
        let mut all = Vec::new();
        if let Some((text, span)) = self.single("PORT_NUMBER") {
            all.push(directive("port", text, span));
        }
        if let Some(span) = self.tls() {
            let plain = self.single("PORT_NUMBER").map_or("6379".to_owned(), |(text, _)| text.as_str().to_owned());
            let (port, span) = self.single("TLS_PORT_NUMBER").unwrap_or((Text::mapped("6379", span), span));
            if port.as_str() == plain {
                all.push(directive("port", Text::mapped("0", span), span));
            }
            all.push(directive("tls-port", port, span));
            all.extend(self.single("TLS_AUTH_CLIENTS").map(|(text, span)| directive("tls-auth-clients", text, span)));
        }
        if let Some((commands, span)) = self.single("DISABLE_COMMANDS").filter(|(text, _)| Symbols::is_known(text)) {
            for command in commands.as_str().split([',', ' ']).filter(|command| !command.is_empty()) {
                let mut renamed = directive("rename-command", Text::mapped(command, span), span);
                renamed.arguments.push(Text::empty(span));
                all.push(renamed);
            }
        }
        all.extend(self.single("ACLFILE").map(|(path, span)| directive("aclfile", path, span)));
        all
    }

    /// The server's own password, and what makes a replica of it.
    fn secrets(&self, name: &str, given: &Given, base: &mut Base) {
        let mut write = |directive_name: &str, variable: &str, text: &Text| {
            let span = self.environment.map.get(variable).map_or(text.span(), |variable| variable.name_span);
            match as_read(text) {
                Ok(text) => base.directives.push(directive(directive_name, text, span)),
                Err(error) => drop(base.fatal.get_or_insert((error.to_owned(), span))),
            }
        };
        if let Some(text) = &given.password {
            write("requirepass", name, text);
        }
        // A Sentinel says who the master is.
        let host = self.named(&self.master("HOST")).filter(|_| self.follows() && self.is_empty("SENTINEL_HOST"));
        let Some((host, span)) = host else { return };
        if let Some(text) = &given.master {
            write("masterauth", &self.master("PASSWORD"), text);
        }
        let port = self.named(&self.master("PORT_NUMBER")).map_or_else(|| Text::mapped("6379", span), |(port, _)| port);
        let mut follows = directive("replicaof", host, span);
        follows.arguments.push(port);
        base.directives.push(follows);
    }
}

/// A value that is written behind its directive as it is, without quotes.
fn as_read(text: &Text) -> Result<Text, &'static str> {
    if !Symbols::is_known(text) {
        return Ok(text.clone());
    }
    match redis_conf::split_arguments(text) {
        None => Err("Unbalanced quotes in configuration line"),
        Some(words) => <[Text; 1]>::try_from(words).map(|[word]| word).map_err(|_| "wrong number of arguments"),
    }
}

fn is_yes(text: &Text) -> bool {
    matches!(text.as_str().to_ascii_lowercase().as_str(), "yes" | "true" | "1")
}
