//! A CI workflow as written: jobs with their service containers, variables and steps, expressions not yet filled in.

use crate::source::{FileId, Span, Spanned};
use crate::text::Text;

/// One workflow file.
#[derive(Clone, Debug)]
pub struct Workflow {
    /// Its text.
    pub file: FileId,
    /// Its path relative to the root.
    pub path: String,
    /// Whose file it is.
    pub system: System,
    /// `env` of the workflow, `variables` of the pipeline.
    pub env: Vec<(Spanned<String>, Text)>,
    /// Its jobs, in order; GitLab's are put together of drafts, which may stand in several files.
    pub jobs: Vec<Job>,
    /// GitLab: the jobs as written, the hidden ones too, and `default`.
    pub drafts: Vec<Draft>,
    /// GitLab: the paths of this repository that it includes, in order.
    pub includes: Vec<String>,
}

impl Workflow {
    /// A workflow of which nothing is read yet.
    #[must_use]
    pub fn new(file: FileId, path: &str, system: System) -> Self {
        let path = path.to_owned();
        Self { file, path, system, env: Vec::new(), jobs: Vec::new(), drafts: Vec::new(), includes: Vec::new() }
    }
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
#[derive(Clone, Debug)]
pub struct Job {
    /// Its id.
    pub id: Spanned<String>,
    /// The image of `container:`; `None`: steps run on the runner itself.
    pub container: Option<Text>,
    /// What `container:` itself sets; the variables of the job stand over it.
    pub container_env: Vec<(Spanned<String>, Text)>,
    /// Service containers.
    pub services: Vec<Service>,
    /// `env` of the job.
    pub env: Vec<(Spanned<String>, Text)>,
    /// What the matrix gives to each run, by what stands behind `matrix.` or by the variable; empty: no matrix, or one
    /// that is not known.
    pub runs: Vec<Vec<(String, Text)>>,
    /// Its steps, in order.
    pub steps: Vec<Step>,
}

/// A job of GitLab as written: what it extends and the defaults are not laid under it.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Its id; one that starts with a dot is there to be extended.
    pub id: Spanned<String>,
    /// What it extends, in order.
    pub extends: Vec<String>,
    /// A part that counts can't be read: it and what extends it are left out.
    pub opaque: bool,
    /// Whether it takes what `default` says.
    pub inherits: bool,
    /// `image`.
    pub image: Option<Text>,
    /// `services`.
    pub services: Option<Vec<Service>>,
    /// `before_script`.
    pub before: Option<Vec<Text>>,
    /// `script`.
    pub script: Option<Vec<Text>>,
    /// `variables`.
    pub env: Vec<(Spanned<String>, Text)>,
    /// What `parallel: matrix:` gives to each run.
    pub runs: Vec<Vec<(String, Text)>>,
}

impl Draft {
    /// Laid over another one: what it says itself wins, variables are added up.
    #[must_use]
    pub fn over(&self, under: &Self) -> Self {
        let or = |own: &Option<Vec<Text>>, other: &Option<Vec<Text>>| own.clone().or_else(|| other.clone());
        Self {
            id: self.id.clone(),
            extends: if self.extends.is_empty() { under.extends.clone() } else { self.extends.clone() },
            opaque: self.opaque || under.opaque && self.services.is_none(),
            inherits: self.inherits && under.inherits,
            image: self.image.clone().or_else(|| under.image.clone()),
            services: self.services.clone().or_else(|| under.services.clone()),
            before: or(&self.before, &under.before),
            script: or(&self.script, &under.script),
            env: under.env.iter().chain(&self.env).cloned().collect(),
            runs: if self.runs.is_empty() { under.runs.clone() } else { self.runs.clone() },
        }
    }
}

/// A service container of a job.
#[derive(Clone, Debug)]
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
#[derive(Clone, Debug)]
pub enum Command {
    /// As one string, to be split into words.
    Line(Text),
    /// As a list.
    Words(Vec<Text>),
}

/// One step.
#[derive(Clone, Debug)]
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
