//! One of the two ways out of a mismatch, for a server and all its clients at once: no password, or one for all.
//!
//! In: the model and the texts. Out: edits that are judged as a whole, the environments that are refused and why, and the
//! places that only a person can change. `edits` holds what both ways do to single places.

mod documents;
mod edits;
mod leftovers;
mod remove;
mod require;
mod verify;

use std::collections::BTreeMap;

use super::Scene;
use super::engine::{Bench, Change, Done, Fixed, place};
use super::standing::{Shift, Standing};
use crate::edit::{Edit, Fix, Safety};
use crate::model::{Auth, Environment, Password, Server};
use crate::rules::common;
use crate::rules::exposure::{self, Reach};
use crate::source::{Sources, Span};
use crate::symbol::Symbols;
use crate::text::Text;
use crate::tree::Tree;
use crate::{Options, lint};

/// Which way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Credentials leave the clients and the server.
    Remove,
    /// The server demands a password, and it and all clients take it from one variable.
    Require,
}

/// What taking a way comes to.
pub struct Taken {
    /// The changes, and what is found before and after.
    pub fixed: Fixed,
    /// Environments that were left alone, and why.
    pub refused: Vec<(String, String)>,
    /// `path:line` and what to change there by hand.
    pub by_hand: Vec<(String, String)>,
    /// Commands that make what the changes refer to.
    pub prepare: Vec<String>,
    /// Commands that show whether it works.
    pub verify: Vec<String>,
}

/// What a way does, before it is tried.
#[derive(Default)]
struct Plan {
    edits: Vec<Edit>,
    by_hand: Vec<(Span, String)>,
    /// Lines for files that may not be there yet.
    lines: BTreeMap<String, String>,
    /// The same with a password that was asked for: it is written down on purpose, and not judged.
    generated: BTreeMap<String, String>,
    /// Commands to be run before the changes are applied.
    prepare: Vec<String>,
}

impl Plan {
    /// Takes an edit in unless it repeats or crosses another one. Lines inserted at one place stand below each other.
    fn add(&mut self, edit: Edit) {
        let adds_lines = |edit: &Edit| edit.span.is_empty() && edit.replacement.ends_with('\n');
        match self.edits.iter_mut().find(|known| known.overlaps(&edit)) {
            None => self.edits.push(edit),
            Some(known) if known.span == edit.span && adds_lines(known) && adds_lines(&edit) => {
                if !known.replacement.contains(&edit.replacement) {
                    known.replacement.push_str(&edit.replacement);
                }
            }
            Some(_) => {}
        }
    }

    /// Takes an edit in, or the place where there is none.
    fn add_or(&mut self, edit: Option<Edit>, span: Span, what: &str) {
        match edit {
            Some(edit) => self.add(edit),
            None => self.leave(span, what),
        }
    }

    fn prepare(&mut self, command: String) {
        if !self.prepare.contains(&command) {
            self.prepare.push(command);
        }
    }

    fn leave(&mut self, span: Span, what: &str) {
        let known = |one: &(Span, String)| one.0 == span;
        if !self.by_hand.iter().any(known) {
            self.by_hand.push((span, what.to_owned()));
        }
    }
}

/// Takes a way out in one environment, or in all. `generate`: a password of one's own goes into the untracked `.env`.
///
/// # Errors
/// Where no environment has that name, or the changes would break something; nothing is to be written then.
pub fn take(
    tree: Tree,
    options: &Options,
    way: Way,
    environment: Option<&str>,
    generate: bool,
) -> Result<Taken, String> {
    let mut before = lint(&tree, options);
    let chosen: Vec<usize> = chosen(&before.model.environments, environment)?;
    let mut refused = Vec::new();
    let mut accepted = Vec::new();
    for at in chosen {
        let one = &before.model.environments[at];
        let why = match way {
            Way::Remove => outsiders(one),
            Way::Require => require::unfit(one),
        };
        match why {
            Some(why) => refused.push((one.name.clone(), why)),
            None => accepted.push(at),
        }
    }
    let documents = documents::read(&tree, &mut before.sources);
    let scene = Scene { model: &before.model, sources: &before.sources, symbols: &before.symbols };
    let environments: Vec<&Environment> = accepted.iter().map(|at| &before.model.environments[*at]).collect();
    let plan = match way {
        Way::Remove => remove::plan(&scene, &environments, &documents),
        Way::Require => {
            let mut plan = require::plan(&scene, &environments, &documents);
            require::env_files(&scene, &environments, &tree, generate, &mut plan)?;
            plan
        }
    };
    let verify = environments.iter().flat_map(|environment| verify::commands(environment)).collect();
    let by_hand = |sources: &Sources| -> Vec<(String, String)> {
        plan.by_hand.iter().map(|(span, what)| (place(sources, *span), what.clone())).collect()
    };

    let mut bench = Bench::new(tree, options);
    let edits: Vec<&Edit> = plan.edits.iter().collect();
    let mut texts = bench.edited(&before.sources, &edits).ok_or("the changes do not fit together")?;
    for (path, lines) in &plan.lines {
        bench.append(&mut texts, path, lines);
    }
    let mut after = bench.judge(&texts);
    let standing = match way {
        Way::Remove => Standing::of,
        Way::Require => Standing::without_host,
    };
    let shift = Shift::of(&before.sources, edits);
    if let Some(worse) = standing(&before).worse(&standing(&after), &shift) {
        let mut why = format!("nothing is changed: afterwards there would be {worse}");
        for (place, what) in by_hand(&before.sources) {
            why.extend(["\n  ", &place, ": ", &what]);
        }
        return Err(why);
    }
    for (path, lines) in &plan.generated {
        bench.append(&mut texts, path, lines);
        after = bench.judge(&texts);
    }
    let applied = done(&texts, way);
    bench.commit(texts);
    let by_hand = by_hand(&before.sources);
    Ok(Taken {
        fixed: Fixed::new(bench, applied, Vec::new(), before, after),
        refused,
        by_hand,
        prepare: plan.prepare,
        verify,
    })
}

/// Both ways out of a finding in these environments, as far as no place is left to a person.
#[must_use]
pub fn ways(scene: &Scene<'_>, environments: &[String]) -> Vec<Fix> {
    let all = &scene.model.environments;
    let meant: Vec<&Environment> = all.iter().filter(|one| environments.contains(&one.name)).collect();
    let mut found = Vec::new();
    if meant.iter().all(|environment| outsiders(environment).is_none()) {
        found.push((
            "remove",
            "take the password out of the server and all its clients",
            remove::plan(scene, &meant, &[]),
        ));
    }
    if meant.iter().all(|environment| require::unfit(environment).is_none()) {
        let what = "give the server and all its clients one password from a variable";
        found.push(("require", what, require::plan(scene, &meant, &[])));
    }
    found.retain(|(_, _, plan)| !plan.edits.is_empty() && plan.by_hand.is_empty());
    let fix = |(way, what, plan): (&str, &str, Plan)| Fix {
        choice: true,
        ..Fix::new(Safety::Unsafe, format!("{what} (`redislint fix --auth {way}`)"), plan.edits)
    };
    found.into_iter().map(fix).collect()
}

fn chosen(environments: &[Environment], name: Option<&str>) -> Result<Vec<usize>, String> {
    let Some(name) = name else { return Ok((0..environments.len()).collect()) };
    let found = environments.iter().position(|environment| environment.name == name);
    found.map(|at| vec![at]).ok_or_else(|| {
        let names: Vec<String> = environments.iter().map(|environment| format!("`{}`", environment.name)).collect();
        format!("no environment is called `{name}`; there are {}", names.join(", "))
    })
}

/// Who could use a server of the environment once it has no password.
fn outsiders(environment: &Environment) -> Option<String> {
    for server in environment.servers.iter().filter(|server| !exposure::listens_on_loopback_only(server)) {
        let name = common::server_name(server);
        if server.host_network {
            return Some(format!("`{name}` shares the host's network: whoever reaches the machine could use it"));
        }
        for entry in exposure::published(server) {
            let whom = match exposure::reach(entry) {
                Reach::Loopback => continue,
                Reach::Everyone => "on all interfaces",
                Reach::Address(_) => "on an address of the network",
                Reach::Unknown => "on an address that is not in the repository",
            };
            return Some(format!(
                "`{name}` is published {whom}: whoever gets there could use it; publish it on the loopback interface \
                 first (`redislint --fix`)"
            ));
        }
    }
    let public = environment.cluster.public.first()?;
    Some(format!("`{}` can be reached from outside the cluster ({})", public.container, public.how))
}

fn done(texts: &BTreeMap<String, Change>, way: Way) -> Vec<Done> {
    let description = match way {
        Way::Remove => "no password is asked for or sent",
        Way::Require => "the password comes from one variable",
    };
    let done = |path: &String| Done { rule: "auth", place: path.clone(), description: description.to_owned() };
    texts
        .iter()
        .filter(|(_, change)| change.before.as_ref() != Some(&change.after))
        .map(|(path, _)| done(path))
        .collect()
}

/// Where a variable is set that gives a container this value.
fn variable_place(environment: &Environment, service: &str, value: Span) -> Option<Span> {
    let service = environment.services.iter().find(|one| one.name == service)?;
    let gives = |text: &Option<Text>| text.as_ref().is_some_and(|text| text.span() == value);
    let (name, _) = service.environment.iter().find(|(_, text)| gives(text))?;
    Some(service.traces.get(&format!("environment.{name}"))?.first()?.span)
}

/// A password as written, where it is.
fn known(text: &Text) -> Option<String> {
    Symbols::is_known(text).then(|| text.as_str().to_owned())
}

/// The passwords of a server that are written down.
fn known_passwords(server: &Server) -> Vec<String> {
    let users = server.auth.iter().filter_map(|case| match &case.auth {
        Auth::Users(users) => Some(users),
        _ => None,
    });
    let passwords = users.flatten().flat_map(|user| &user.passwords);
    passwords.filter_map(|password| if let Password::Plain(text) = password { known(text) } else { None }).collect()
}
