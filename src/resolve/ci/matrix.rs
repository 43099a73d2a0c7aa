//! The runs of a job as far as they differ in what is read of it, and what they are called.

use crate::facts::ci::{Command, Job, System};
use crate::secrets::is_secret_name;
use crate::text::Text;

/// More runs than this that differ in what we read are not told apart.
const MAX_RUNS: usize = 16;

/// The values of one run.
pub(super) type Run = Vec<(String, Text)>;

/// The runs that differ in services and variables; one, without values, where none do.
pub(super) fn runs(job: &Job, system: System) -> Vec<Run> {
    let read = read(job);
    let is_used = |name: &str| match system {
        System::GitHub => read.iter().any(|text| text.contains(&format!("matrix.{name}"))),
        // A variable like any other, which programs may read.
        System::GitLab => {
            let lower = name.to_ascii_lowercase();
            read.iter().any(|text| text.contains(name)) || ["redis", "valkey"].iter().any(|word| lower.contains(word))
        }
    };
    let mut runs: Vec<Run> = Vec::new();
    for run in &job.runs {
        let own: Run = run.iter().filter(|(name, _)| is_used(name)).cloned().collect();
        if !runs.iter().any(|other| is_same(other, &own)) {
            runs.push(own);
        }
    }
    if (1..=MAX_RUNS).contains(&runs.len()) { runs } else { vec![Vec::new()] }
}

/// `test (7.2, valkey)`, as GitHub calls the runs of a job; by number where a value may hold more than a version.
pub(super) fn title(job: &Job, run: &[(String, Text)], number: usize) -> String {
    let plain = |value: &str| value.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '.' | '-' | ' '));
    if run.iter().any(|(name, value)| is_secret_name(name) || !plain(value.as_str())) {
        return format!("{} (run {number})", job.id.value);
    }
    let values: Vec<&str> = run.iter().map(|(_, value)| value.as_str()).collect();
    format!("{} ({})", job.id.value, values.join(", "))
}

/// What may hold a value of the matrix.
fn read(job: &Job) -> Vec<&str> {
    let services = job.services.iter().flat_map(|service| {
        let single = [&service.image, &service.options].into_iter().flatten();
        let commands = [&service.command, &service.entrypoint].into_iter().flatten().flat_map(words);
        single.chain(commands).chain(&service.ports).chain(service.env.iter().map(|(_, value)| value))
    });
    let steps = job.steps.iter().flat_map(|step| step.env.iter().chain(&step.with));
    let variables = job.container_env.iter().chain(&job.env).chain(steps).map(|(_, value)| value);
    services.chain(variables).chain(&job.container).map(Text::as_str).collect()
}

fn words(command: &Command) -> &[Text] {
    match command {
        Command::Line(line) => std::slice::from_ref(line),
        Command::Words(words) => words,
    }
}

fn is_same(one: &Run, other: &Run) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|(one, other)| one.0 == other.0 && one.1.as_str() == other.1.as_str())
}
