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
    /// `env` of the workflow.
    pub env: Vec<(Spanned<String>, Text)>,
    /// Its jobs, in order.
    pub jobs: Vec<Job>,
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
    /// Its variables.
    pub env: Vec<(Spanned<String>, Text)>,
    /// Port entries, such as `6379:6379`.
    pub ports: Vec<Text>,
    /// `command`, as one string.
    pub command: Option<Text>,
    /// `entrypoint`, as one string.
    pub entrypoint: Option<Text>,
    /// `options`: flags of `docker create`.
    pub options: Option<Text>,
}

/// One step.
#[derive(Debug)]
pub struct Step {
    /// The action, such as `actions/checkout@v4`.
    pub uses: Option<Text>,
    /// The action's inputs.
    pub with: Vec<(Spanned<String>, Text)>,
    /// A script.
    pub run: Option<Text>,
    /// `env` of the step.
    pub env: Vec<(Spanned<String>, Text)>,
    /// The whole step.
    pub span: Span,
}
