//! A CI workflow as written: jobs with their service containers, variables and steps, expressions not yet filled in.

use crate::source::{FileId, Span, Spanned};
use crate::text::Text;

/// One workflow file.
#[derive(Debug)]
pub struct Workflow {
    /// Its text.
    pub file: FileId,
    /// Its path relative to the root.
    pub path: String,
    /// Whose file it is.
    pub system: System,
    /// `env` of the workflow, `variables` of the pipeline.
    pub env: Vec<(Spanned<String>, Text)>,
    /// Its jobs, in order.
    pub jobs: Vec<Job>,
}

/// A CI system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// GitHub Actions.
    GitHub,
    /// GitLab CI/CD.
    GitLab,
}

/// One job.
#[derive(Debug)]
pub struct Job {
    /// Its id.
    pub id: Spanned<String>,
    /// The image of `container:`; `None`: steps run on the runner itself.
    pub container: Option<Text>,
    /// Service containers.
    pub services: Vec<Service>,
    /// `env` of the job.
    pub env: Vec<(Spanned<String>, Text)>,
    /// What the matrix gives to each run, by what stands behind `matrix.`; empty: no matrix, or one that is not known.
    pub runs: Vec<Vec<(String, Text)>>,
    /// Its steps, in order.
    pub steps: Vec<Step>,
}

/// A service container of a job.
#[derive(Debug)]
pub struct Service {
    /// Its id, which is its host name for a job container.
    pub id: Spanned<String>,
    /// The image.
    pub image: Option<Text>,
    /// Further host names.
    pub aliases: Vec<String>,
    /// Its variables.
    pub env: Vec<(Spanned<String>, Text)>,
    /// Port entries, such as `6379:6379`.
    pub ports: Vec<Text>,
    /// `command`.
    pub command: Option<Command>,
    /// `entrypoint`.
    pub entrypoint: Option<Command>,
    /// `options`: flags of `docker create`.
    pub options: Option<Text>,
}

/// How a service is started.
#[derive(Debug)]
pub enum Command {
    /// As one string, to be split into words.
    Line(Text),
    /// As a list.
    Words(Vec<Text>),
}

/// One step.
#[derive(Debug)]
pub struct Step {
    /// The action, such as `actions/checkout@v4`.
    pub uses: Option<Text>,
    /// The action's inputs.
    pub with: Vec<(Spanned<String>, Text)>,
    /// Scripts, in order.
    pub run: Vec<Text>,
    /// `env` of the step.
    pub env: Vec<(Spanned<String>, Text)>,
    /// The whole step.
    pub span: Span,
}
