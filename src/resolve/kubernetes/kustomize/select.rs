//! Which objects a patch or a replacement is meant for.

use regex::Regex;

use super::Object;
use crate::facts::kubernetes::Value;

/// A selector of objects by kind, name and labels; an empty part selects all.
pub(super) struct Selector {
    parts: Vec<(Part, Regex)>,
    labels: Vec<Requirement>,
    /// Something in it is not understood: what it selects is not known.
    pub unknown: bool,
}

#[derive(Clone, Copy)]
enum Part {
    Group,
    Version,
    Kind,
    Name,
    Namespace,
}

/// `key=value`, `key!=value`, `key`, `!key`.
struct Requirement {
    key: String,
    /// `None`: any.
    value: Option<String>,
    wanted: bool,
}

impl Selector {
    /// The selector of a patch, whose parts are regular expressions that the whole of a name has to match.
    pub(super) fn of_patch(target: &Value) -> Self {
        Self::new(target, |pattern| Regex::new(&format!("^(?:{pattern})$")))
    }

    /// The selector of a replacement, whose parts are plain names.
    pub(super) fn of_replacement(target: &Value) -> Self {
        Self::new(target, |name| Regex::new(&format!("^{}$", regex::escape(name))))
    }

    fn new(target: &Value, compile: impl Fn(&str) -> Result<Regex, regex::Error>) -> Self {
        let mut selector = Self { parts: Vec::new(), labels: Vec::new(), unknown: target.opaque };
        for (key, part) in [
            ("group", Part::Group),
            ("version", Part::Version),
            ("kind", Part::Kind),
            ("name", Part::Name),
            ("namespace", Part::Namespace),
        ] {
            let Some(pattern) = target.str_at(&[key]).filter(|pattern| !pattern.is_empty()) else { continue };
            match compile(pattern) {
                Ok(pattern) => selector.parts.push((part, pattern)),
                Err(_) => selector.unknown = true,
            }
        }
        match target.str_at(&["labelSelector"]).map(requirements) {
            Some(Some(labels)) => selector.labels = labels,
            Some(None) => selector.unknown = true,
            None => {}
        }
        selector.unknown |= target.get("annotationSelector").is_some();
        selector
    }

    /// Whether the object is meant, by its present names or by former ones.
    pub(super) fn selects(&self, object: &Object) -> bool {
        let version = object.value.str_at(&["apiVersion"]).unwrap_or_default();
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        let at = |path: &[&str]| object.value.str_at(path).unwrap_or_default();
        let fits = |(part, pattern): &(Part, Regex)| match part {
            Part::Group => pattern.is_match(group),
            Part::Version => pattern.is_match(version),
            Part::Kind => pattern.is_match(object.kind()),
            Part::Namespace => pattern.is_match(at(&["metadata", "namespace"])),
            Part::Name => {
                let former = || object.former.iter().any(|former| pattern.is_match(former));
                pattern.is_match(at(&["metadata", "name"])) || former()
            }
        };
        let labelled = |one: &Requirement| {
            let own = object.value.str_at(&["metadata", "labels", &one.key]);
            let is = own.is_some_and(|own| one.value.as_deref().is_none_or(|value| value == own));
            is == one.wanted
        };
        !self.unknown && self.parts.iter().all(fits) && self.labels.iter().all(labelled)
    }
}

/// The parts of a label selector; `None`: one of them is of another form.
fn requirements(selector: &str) -> Option<Vec<Requirement>> {
    let one = |part: &str| {
        let part = part.trim();
        let (key, value, wanted) = if let Some((key, value)) = part.split_once("!=") {
            (key, Some(value), false)
        } else if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
            (key, Some(value), true)
        } else if let Some(key) = part.strip_prefix('!') {
            (key, None, false)
        } else {
            (part, None, true)
        };
        let plain = !key.is_empty() && !part.contains(['(', ')', '<', '>']) && !key.trim().contains(' ');
        let value = value.map(|value| value.trim().to_owned());
        plain.then(|| Requirement { key: key.trim().to_owned(), value, wanted })
    };
    selector.split(',').map(one).collect()
}
