//! What the image of a container sets by `ENV`: its processes find it wherever nothing else sets the name.
//!
//! Comes in: projects as their files describe them. Goes out: the same with the variables of the images that the
//! repository builds.

use std::collections::btree_map::Entry;

use crate::facts::Facts;
use crate::resolve::project::{Container, Project, Variable};
use crate::resolve::server_auth::build;
use crate::symbol::{Resolved, Symbols};
use crate::text::Text;
use crate::tree::Index;

/// Adds them to the environments of all containers.
pub fn add(projects: &mut [Project], facts: &Facts, index: &Index, symbols: &Symbols) {
    for container in projects.iter_mut().flat_map(|project| &mut project.containers) {
        let built = container.build.as_ref().and_then(|build| build::read(build, facts, index, symbols));
        for (name, value) in built.map(|built| built.variables).unwrap_or_default() {
            set(container, name, &value);
        }
    }
}

fn set(container: &mut Container, name: String, value: &Text) {
    let environment = &mut container.environment;
    match environment.map.entry(name) {
        Entry::Occupied(mut known) => {
            let unset = known.get_mut().value.alternatives.iter_mut().filter(|one| one.value.is_none());
            unset.for_each(|one| one.value = Some(value.clone()));
        }
        // What could not be read may set it to something else.
        Entry::Vacant(_) if environment.incomplete.is_some() => {}
        Entry::Vacant(free) => {
            let span = value.anchor();
            let value = Resolved::known(value.clone(), Vec::new());
            free.insert(Variable { name_span: span, taken_in: span, value });
        }
    }
}
