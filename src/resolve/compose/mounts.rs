//! `volumes`, `tmpfs`, `volumes_from`, `configs` and `secrets` of a service, read in the scope of its file.

use crate::facts::compose as written;
use crate::facts::compose::Volume;
use crate::resolve::project::Mount;
use crate::source::Spanned;
use crate::text::Text;

use super::layer::{Grant, unique};
use super::read::Reader;
use super::variables::SHELL;
use super::volumes;

impl Reader<'_> {
    /// `volumes`.
    pub(super) fn mounts(&mut self, entries: &[Volume]) -> Vec<Mount> {
        let mut mounts = Vec::new();
        for entry in entries {
            match entry {
                Volume::Short(text) => {
                    let Some(value) = self.first(text) else { continue };
                    let value = self.without_pwd(value);
                    match volumes::parse_short(&value, text.span(), self.directory, self.index) {
                        Some(mount) => mounts.push(mount),
                        None => self.refuse("invalid-volume", text.span(), "invalid volume specification"),
                    }
                }
                Volume::Long { span, kind, source, target } => {
                    let Some(target) = target.as_ref().and_then(|target| self.first(target)) else { continue };
                    let source = source.as_ref().and_then(|source| self.first(source));
                    let source = source.map(|source| self.without_pwd(source));
                    let bind =
                        kind.as_ref().and_then(|kind| self.first(kind)).is_some_and(|kind| kind.as_str() == "bind");
                    let source = source.as_ref().map_or("", Text::as_str);
                    let mount = if bind { volumes::file } else { volumes::mount };
                    mounts.push(mount(source, target.as_str(), *span, self.directory, self.index));
                }
            }
        }
        unique(Vec::new(), mounts, |a, b| a.target == b.target)
    }

    /// `tmpfs`.
    pub(super) fn tmpfs(&mut self, entries: &[Text]) -> Vec<Mount> {
        let mount = |entry: &Text| {
            let target = entry.as_str().split(':').next().unwrap_or_default();
            volumes::mount("", target, entry.span(), self.directory, self.index)
        };
        self.firsts(entries).iter().map(mount).collect()
    }

    /// The service of `SERVICE[:MODE]`; `None`: a container outside.
    pub(super) fn volumes_from(&mut self, entry: &Text) -> Option<Spanned<String>> {
        let mut entry = self.spanned(entry)?;
        if entry.value.starts_with("container:") {
            return None;
        }
        let end = entry.value.find(':').unwrap_or(entry.value.len());
        entry.value.truncate(end);
        Some(entry)
    }

    /// `$PWD/x` is `./x`: compose is started from the project's folder.
    fn without_pwd(&self, path: Text) -> Text {
        let here = self.scope.symbols().variable(SHELL, "PWD");
        match path.as_str().strip_prefix(here) {
            Some(rest) => {
                let start = path.len() - rest.len();
                let mut text = Text::mapped(".", path.span_of(0..start));
                text.push_text(&path.slice(start..path.len()));
                text
            }
            None => path,
        }
    }

    /// `configs` or `secrets`, which lie in `folder` where no path says otherwise.
    pub(super) fn grants(&mut self, entries: &[written::Grant], folder: &str) -> Vec<Grant> {
        let mut grants = Vec::new();
        for entry in entries {
            let Some(source) = self.first(&entry.source) else { continue };
            let target = entry.target.as_ref().and_then(|target| self.first(target));
            let target = target.as_ref().map_or(source.as_str(), Text::as_str);
            let target = if target.starts_with('/') { target.to_owned() } else { format!("{folder}{target}") };
            grants.push(Grant { span: entry.span, source: source.as_str().to_owned(), target });
        }
        unique(Vec::new(), grants, |a, b| a.target == b.target)
    }
}
