//! `options:` of a service container: flags of `docker create` that say something about a Redis.
//!
//! <https://docs.github.com/actions/reference/workflow-syntax-for-github-actions#jobsjob_idservicesservice_idoptions>

use super::{JOB_NETWORK, published};
use crate::resolve::project::{Case, Container, Variable};
use crate::symbol::{Resolved, Step};
use crate::syntax::docker_run::DockerRun;
use crate::syntax::words;
use crate::text::Text;

/// Adds what the flags say.
pub(super) fn add(container: &mut Container, options: &Text) {
    let Ok(words) = words::split_command(options) else { return };
    let flags = DockerRun::read(&words);
    if let Some(test) = flags.last("health-cmd") {
        let words = vec![Text::mapped("CMD-SHELL", test.span()), test.clone()];
        container.healthcheck = Some(vec![only(words)]);
        container.healthcheck_span = Some(test.span());
    }
    if let Some(program) = flags.last("entrypoint") {
        container.entrypoint = Some(vec![only(vec![program.clone()])]);
        container.entrypoint_span = Some(program.span());
    }
    if let Some(names) = container.networks.as_mut().and_then(|networks| networks.get_mut(JOB_NETWORK)) {
        let named = ["network-alias", "name"].into_iter().flat_map(|flag| flags.all(flag));
        names.extend(named.map(|name| name.as_str().to_owned()));
    }
    container.published.extend(flags.all("publish").filter_map(published));
    for pair in flags.all("env") {
        let Some(equals) = pair.as_str().find('=') else { continue };
        let (name, name_span) = (pair.as_str()[..equals].to_owned(), pair.span_of(0..equals));
        let step = Step { span: name_span, label: format!("{name} is set here") };
        let value = Resolved::known(pair.slice(equals + 1..pair.len()), vec![step]);
        container.environment.map.insert(name, Variable { name_span, taken_in: name_span, value });
    }
}

fn only(words: Vec<Text>) -> Case<Vec<Text>> {
    Case { when: Vec::new(), value: words, trace: Vec::new() }
}
