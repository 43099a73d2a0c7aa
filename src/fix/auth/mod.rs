//! One of the two ways out of a mismatch, for a server and all its clients at once: no password, or one for all.
//!
//! In: the model and the texts. Out: edits that are judged as a whole, the environments that are refused and why, and the
//! places that only a person can change. `edits` holds what both ways do to single places.

mod clients;
mod documents;
mod edits;
mod leftovers;
mod python;
mod remove;
mod require;
mod unfinished;
mod verify;

use std::collections::BTreeMap;

use clients::{clients, is_server, strangers};

use super::Scene;
use super::engine::{Bench, Change, Done, Fixed, place};
use super::standing::{Shift, Standing};
use crate::edit::{Edit, Fix, Safety};
use crate::model::{Auth, Environment, Password, Server};
use crate::report::Report;
use crate::rules::common;
use crate::rules::exposure::{self, Reach};
use crate::source::Span;
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
    /// Takes an edit in; whether it will be done. Lines that come in where others go or come stand there together.
    fn add(&mut self, edit: Edit) -> bool {
        let adds_lines = |edit: &Edit| edit.span.is_empty() && edit.replacement.ends_with('\n');
        let Some(known) = self.edits.iter_mut().find(|known| known.overlaps(&edit)) else {
            self.edits.push(edit);
            return true;
        };
        if *known == edit || (known.span.contains(edit.span) && edit.replacement.is_empty()) {
            return true;
        }
        let (before, after) = if adds_lines(known) { (&*known, &edit) } else { (&edit, &*known) };
        if known.span.start != edit.span.start || !adds_lines(before) {
            return false;
        }
        if !after.replacement.contains(&before.replacement) && !before.replacement.contains(&after.replacement) {
            *known = Edit::replace(after.span, format!("{}{}", before.replacement, after.replacement));
        } else if after.replacement.is_empty() {
            *known = Edit::replace(after.span, before.replacement.clone());
        }
        true
    }

    /// Takes an edit in, or the place where there is none or it can't be done.
    fn add_or(&mut self, edit: Option<Edit>, span: Span, what: &str) {
        if !edit.is_some_and(|edit| self.add(edit)) {
            self.leave(span, what);
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
    let (accepted, mut refused) = sort_out(&before.model.environments, &chosen, way);
    let documents = documents::read(&tree, &mut before.sources);
    let mut bench = Bench::new(tree, options);
    let attempt = |bench: &mut Bench<'_>, accepted: &[usize]| {
        let scene = Scene { model: &before.model, sources: &before.sources, symbols: &before.symbols };
        let environments: Vec<&Environment> = accepted.iter().map(|at| &before.model.environments[*at]).collect();
        let mut plan = match way {
            Way::Remove => remove::plan(&scene, &environments, &documents),
            Way::Require => require::plan(&scene, &environments, &documents),
        };
        if way == Way::Require && (generate || !plan.edits.is_empty()) {
            require::env_files(&scene, &environments, &bench.tree, generate, &mut plan)?;
        }
        Attempt::new(bench, &before, way, plan)
    };
    let mut kept = accepted.clone();
    let mut tried = attempt(&mut bench, &accepted)?;
    if tried.worse.is_some() && accepted.len() > 1 {
        // What spoils one environment need not spoil the others.
        let mut best = None;
        kept.clear();
        for at in accepted {
            let more: Vec<usize> = kept.iter().copied().chain([at]).collect();
            let next = attempt(&mut bench, &more)?;
            match &next.worse {
                None => (kept, best) = (more, Some(next)),
                Some(worse) => refused.push((before.model.environments[at].name.clone(), afterwards(worse))),
            }
        }
        tried = best.unwrap_or(tried);
    }
    if let Some(worse) = &tried.worse {
        let mut why = format!("nothing is changed: {}", afterwards(worse));
        for (span, what) in &tried.plan.by_hand {
            why.extend(["\n  ", &place(&before.sources, *span), ": ", what]);
        }
        return Err(why);
    }
    let Attempt { plan, mut texts, mut after, shift, .. } = tried;
    for (path, lines) in &plan.generated {
        bench.append(&mut texts, path, lines);
        after = bench.judge(&texts);
    }
    let names: Vec<&str> = kept.iter().map(|at| before.model.environments[*at].name.as_str()).collect();
    let mut by_hand: Vec<(String, String)> = Vec::new();
    // What went away with the lines around it needs no hands.
    let gone = |span: &Span| plan.edits.iter().any(|edit| edit.span.contains(*span) && edit.replacement.is_empty());
    for (span, what) in plan.by_hand.iter().filter(|(span, _)| !gone(span)) {
        by_hand.push((shift.place(&before.sources, &after.sources, *span), what.clone()));
    }
    for (span, what) in unfinished::places(&after, &names, way) {
        let place = place(&after.sources, span);
        if !by_hand.iter().any(|(known, _)| *known == place) {
            by_hand.push((place, what));
        }
    }
    let environments = after.model.environments.iter().filter(|one| names.contains(&one.name.as_str()));
    let mut verify: Vec<String> = Vec::new();
    for command in environments.flat_map(|one| verify::commands(&after.sources, one)) {
        if !verify.contains(&command) {
            verify.push(command);
        }
    }
    let applied = done(&texts, way);
    bench.commit(texts);
    let fixed = Fixed::new(bench, applied, Vec::new(), before, after);
    Ok(Taken { fixed, refused, by_hand, prepare: plan.prepare, verify })
}

/// A plan that was tried in memory.
struct Attempt {
    plan: Plan,
    texts: BTreeMap<String, Change>,
    after: Report,
    shift: Shift,
    /// In what things would be worse.
    worse: Option<String>,
}

impl Attempt {
    fn new(bench: &mut Bench<'_>, before: &Report, way: Way, plan: Plan) -> Result<Self, String> {
        let edits: Vec<&Edit> = plan.edits.iter().collect();
        let mut texts = bench.edited(&before.sources, &edits).ok_or("the changes do not fit together")?;
        for (path, lines) in &plan.lines {
            bench.append(&mut texts, path, lines);
        }
        let after = bench.judge(&texts);
        let standing = match way {
            Way::Remove => Standing::of,
            Way::Require => Standing::without_host,
        };
        let shift = Shift::of(&before.sources, edits);
        let worse = standing(before).worse(&standing(&after), &shift);
        Ok(Self { plan, texts, after, shift, worse })
    }
}

fn afterwards(worse: &str) -> String {
    format!("afterwards there would be {worse}")
}

/// Environments that can go a way, and why others can't. What the host reaches of a refused one stays as it is.
fn sort_out(all: &[Environment], chosen: &[usize], way: Way) -> (Vec<usize>, Vec<(String, String)>) {
    let (mut accepted, mut refused) = (Vec::new(), Vec::new());
    let mut closed: Vec<Span> = Vec::new();
    for at in chosen {
        let one = &all[*at];
        let why = match way {
            Way::Remove => outsiders(one),
            Way::Require => require::unfit(one),
        };
        match why {
            None => accepted.push(*at),
            Some(why) => {
                closed.extend(one.servers.iter().map(|server| server.span));
                refused.push((one.name.clone(), why));
            }
        }
    }
    accepted.retain(|at| {
        let same = all[*at].servers.iter().find(|server| closed.contains(&server.span));
        if let Some(server) = same {
            let why = format!("`{}` belongs to an environment that was refused", common::server_name(server));
            refused.push((all[*at].name.clone(), why));
        }
        same.is_none()
    });
    (accepted, refused)
}

/// Both ways out of a finding in these environments. Where places are left to a person, the description says so.
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
    found.retain(|(_, _, plan)| !plan.edits.is_empty());
    let by_hand = |plan: &Plan| match plan.by_hand.len() {
        0 => String::new(),
        1 => ", which leaves one place to be changed by hand".to_owned(),
        more => format!(", which leaves {more} places to be changed by hand"),
    };
    let fix = |(way, what, plan): (&str, &str, Plan)| Fix {
        choice: true,
        ..Fix::new(Safety::Unsafe, format!("{what} (`redislint fix --auth {way}`{})", by_hand(&plan)), plan.edits)
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
