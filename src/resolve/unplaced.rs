//! Clients whose environment is not known: code that no container runs, URLs in env files that nothing here reads.
//!
//! Whom they reach can't be told, but what their URLs say can be read. They make up one environment without a name.

use std::collections::BTreeMap;

use crate::facts::EnvFile;
use crate::finding::Confidence;
use crate::model::{Client, Environment, EnvironmentKind, Family, Place, Reach, Stage};
use crate::resolve::Inputs;
use crate::resolve::clients::{self, Ids};
use crate::resolve::evaluate::{self, ConnectionSettings, FoundClient};
use crate::resolve::literals::is_redis_url;
use crate::resolve::network::is_loopback;
use crate::resolve::placement::{below, is_test};
use crate::resolve::project::{Lookup, Variable};
use crate::source::{Span, Spanned};
use crate::symbol::{Resolved, Step, Symbols};
use crate::syntax::dotenv::{self, Dialect};
use crate::text::Text;

/// The clients that none of the environments has; `None`: there are none.
#[must_use]
pub fn collect(inputs: &Inputs<'_>, environments: &[Environment]) -> Option<Environment> {
    let placed: Vec<&Client> = environments.iter().flat_map(|environment| &environment.clients).collect();
    let is_placed = |span: Span| {
        placed.iter().any(|client| {
            let texts = client.cases.iter().flat_map(|case| [&case.url, &case.host, &case.password]).flatten();
            client.span == span || texts.flat_map(Text::spans).any(|part| span.contains(part) && !part.is_empty())
        })
    };
    let mut ids = Ids::default();
    let mut all = Vec::new();
    for found in in_code(inputs).into_iter().chain(in_env_files(inputs)) {
        let texts = [&found.settings.url, &found.settings.host, &found.settings.password].into_iter().flatten();
        let values = texts.flat_map(|value| &value.alternatives).filter_map(|one| one.value.as_ref());
        if is_placed(found.span) || values.flat_map(Text::spans).any(|span| !span.is_empty() && is_placed(span)) {
            continue;
        }
        let id = ids.next(&Place::Host, found.setting.as_deref());
        let mut client = clients::client(inputs, found, Place::Host, id);
        for case in &mut client.cases {
            let Some(host) = case.host.as_ref().filter(|host| Symbols::is_known(host)) else { continue };
            if host.as_str().contains('.') && !is_loopback(host.as_str()) {
                case.reach = Reach::External;
            }
        }
        all.push(client);
    }
    (!all.is_empty()).then(|| Environment {
        name: String::new(),
        kind: EnvironmentKind::Host,
        stage: Stage::Unlabelled,
        files: Vec::new(),
        evidence: "nothing in the repository says where these run".to_owned(),
        evidence_at: None,
        confidence: Confidence::Medium,
        given: crate::model::Given::default(),
        services: Vec::new(),
        servers: Vec::new(),
        clients: all,
        links: Vec::new(),
        cluster: crate::model::ClusterView::default(),
        references: Vec::new(),
        missing: Vec::new(),
        lost_words: Vec::new(),
    })
}

/// What the `.env` beside the code and the defaults say, and where these make no client, what a variable might.
fn in_code(inputs: &Inputs<'_>) -> Vec<FoundClient> {
    let real = |file: &&EnvFile| !file.example && !is_test(&file.path);
    let beside: Vec<(&str, &EnvFile)> = inputs.facts.env_files.iter().filter(real).filter_map(folder_of).collect();
    // The nearest one above a module.
    let folder = |path: &str| {
        let above = beside.iter().map(|(folder, _)| *folder).filter(|folder| below(path, folder));
        above.max_by_key(|folder| folder.len())
    };
    let mut found = with_variables(inputs, &|path| folder(path).is_none(), &|_| Lookup::Absent, &[]);
    for (own, file) in &beside {
        let here = |path: &str| folder(path) == Some(*own);
        // What the code loads by itself it reads in its own way.
        let dotenv = [(*file).clone()];
        let mut clients = with_variables(inputs, &here, &|_| Lookup::Absent, &dotenv);
        clients.retain(|client| client.settings.reads_any(&[file.file]));
        // Shells, editors and process managers hand the rest to what is started there.
        let variables = assigned(inputs, file);
        let lookup = |name: &str| variables.get(name).cloned().map_or(Lookup::Absent, Lookup::Found);
        let mut handed = with_variables(inputs, &here, &lookup, &[]);
        handed.retain(|client| !clients.iter().any(|loaded| loaded.span == client.span));
        found.extend(clients.into_iter().chain(handed));
    }
    let nowhere = Span::new(crate::source::FileId(0), 0..0);
    for client in with_variables(inputs, &|_| true, &|_| Lookup::Unknown(nowhere), &[]) {
        let same =
            |known: &FoundClient| known.span == client.span || known.trace.iter().any(|step| step.span == client.span);
        if !found.iter().any(same) {
            found.push(client);
        }
    }
    found
}

/// The folder of a file that is named `.env`.
fn folder_of(file: &EnvFile) -> Option<(&str, &EnvFile)> {
    let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
    (name == ".env").then_some((folder, file))
}

/// What an env file sets, as a shell that sources it gets it.
fn assigned(inputs: &Inputs<'_>, file: &EnvFile) -> BTreeMap<String, Variable> {
    let (entries, _) = dotenv::parse(file.file, inputs.sources.get(file.file).text(), Dialect::Compose);
    let entries = entries.into_iter().filter_map(|entry| Some((entry.key, entry.value?)));
    let variable = |(key, value): (Spanned<String>, dotenv::Value)| {
        let step = Step { span: key.span, label: format!("{} is set here", key.value) };
        let refers = value.expands && value.text.as_str().contains('$');
        let text = if refers { inputs.symbols.opaque_text(value.text.span()) } else { value.text };
        let value = Resolved::known(text, vec![step]);
        (key.value, Variable { name_span: key.span, taken_in: key.span, value })
    };
    entries.map(variable).collect()
}

fn with_variables(
    inputs: &Inputs<'_>,
    here: &dyn Fn(&str) -> bool,
    lookup: &dyn Fn(&str) -> Lookup,
    dotenv: &[EnvFile],
) -> Vec<FoundClient> {
    let runs = |path: &str| !is_test(path) && here(path);
    let place = evaluate::CodePlace {
        runs: &runs,
        loads: &|_| true,
        one_django: false,
        names: &[],
        lookup,
        dotenv,
        sources: inputs.sources,
        scope: "unplaced",
    };
    evaluate::clients(inputs.facts, &place, inputs.symbols).here
}

fn in_env_files(inputs: &Inputs<'_>) -> Vec<FoundClient> {
    let mut found = Vec::new();
    for file in inputs.facts.env_files.iter().filter(|file| !file.example && !is_test(&file.path)) {
        let (entries, _) = dotenv::parse(file.file, inputs.sources.get(file.file).text(), Dialect::Compose);
        for entry in entries {
            let Some(value) = entry.value.filter(|value| !(value.expands && value.text.as_str().contains('$'))) else {
                continue;
            };
            if !is_redis_url(value.text.as_str()) {
                continue;
            }
            let step = Step { span: entry.key.span, label: format!("`{}` is set here", entry.key.value) };
            found.push(FoundClient {
                span: value.text.span(),
                setting: Some(entry.key.value),
                family: Family::Unknown,
                settings: ConnectionSettings {
                    url: Some(Resolved::known(value.text, vec![step])),
                    ..ConnectionSettings::default()
                },
                confidence: Confidence::Medium,
                trace: Vec::new(),
            });
        }
    }
    found
}
