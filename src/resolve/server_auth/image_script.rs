//! Start scripts of images that configure the server from variables: redis-stack, Dragonfly, and what follows Bitnami's (facts.md §4).

use super::argv::Input;
use super::bitnami::{self, Base};
use super::config::{self, Dialect, Settings};
use super::files::Files;
use super::lookup;
use crate::model::{Directive, Distribution};
use crate::resolve::conditions::{always, combine};
use crate::resolve::images::Image;
use crate::resolve::project::{Case, Container, Variables};
use crate::source::{Span, Spanned};
use crate::symbol::{MAX_ALTERNATIVES, Symbols};
use crate::text::Text;

/// What the image's own script makes of its variables, its files and further arguments.
pub(super) fn configured(
    extra: &[Text],
    image: &Image,
    container: &Container,
    files: &Files<'_>,
    symbols: &Symbols,
) -> Vec<Case<Settings>> {
    let flags = match image.traits.extra_arguments {
        Some(name) => words_of(name, &container.environment, symbols),
        None => always(Some(Vec::new())),
    };
    let bases = match image.distribution {
        Distribution::Bitnami => {
            let mounted = image.traits.own_conf.is_some_and(|path| files.holds(path));
            bitnami::bases(image, container, mounted, symbols)
        }
        _ => always(Base::default()),
    };
    let joined = combine(&bases, &flags, |base, flags| (base.clone(), flags.clone()));
    let Some(joined) = joined else {
        return always(Settings { unread: true, ..Settings::default() });
    };
    joined
        .into_iter()
        .take(MAX_ALTERNATIVES)
        .map(|case| {
            let (base, flags) = case.value;
            let mut settings = Settings { directives: base.directives, unread: base.unread, ..Settings::default() };
            if let Some(fatal) = base.fatal {
                settings.fatal = Some(fatal);
            }
            let dialect = Dialect { product: image.product, version: image.version };
            for path in image.traits.own_conf.into_iter().flat_map(|own| own_files(own, image.distribution)) {
                if files.holds(&path) {
                    config::load(&Text::mapped(&path, container.span), files, dialect, &mut settings, 0);
                }
            }
            match flags {
                Some(flags) => {
                    // The script puts its own options before these, so that no word can be a configuration file.
                    let argv = [flags.as_slice(), extra].concat();
                    config::arguments(&argv, None, &Input::Nothing, files, dialect, &mut settings);
                }
                None => settings.unread = true,
            }
            Case { when: case.when, value: settings, trace: case.trace }
        })
        .collect()
}

/// The files that the script loads where they are mounted: its configuration, and what Bitnami includes at its end.
fn own_files(own: &str, distribution: Distribution) -> Vec<String> {
    let overrides = own.rsplit_once('/').filter(|_| distribution == Distribution::Bitnami);
    std::iter::once(own.to_owned()).chain(overrides.map(|(folder, _)| format!("{folder}/overrides.conf"))).collect()
}

pub(super) fn directive(name: &str, value: Text, span: Span) -> Directive {
    Directive {
        name: Spanned::new(name.to_owned(), span),
        arguments: vec![value],
        from_arguments: true,
        overridden_by: None,
    }
}

/// The words of a variable that is appended unquoted; `None` inside a case: could not be told.
pub(super) fn words_of(name: &str, environment: &Variables, symbols: &Symbols) -> Vec<Case<Option<Vec<Text>>>> {
    let Some(found) = lookup(name, environment) else { return always(None) };
    found
        .into_iter()
        .map(|case| {
            let value = match &case.value {
                None => Some(Vec::new()),
                Some(text) if symbols.has_opaque(text) => None,
                Some(text) => Some(split_blanks(text)),
            };
            Case { when: case.when, value, trace: case.trace }
        })
        .collect()
}

fn split_blanks(text: &Text) -> Vec<Text> {
    let value = text.as_str();
    let base = value.as_ptr() as usize;
    value
        .split_ascii_whitespace()
        .map(|word| {
            let at = word.as_ptr() as usize - base;
            text.slice(at..at + word.len())
        })
        .collect()
}

/// Dragonfly takes `--name=value` and `--name value`, and `DFLY_name` from the environment.
pub(super) fn dragonfly(argv: &[Text], environment: &Variables, settings: &mut Settings) {
    for name in ["requirepass", "port", "dbnum", "bind"] {
        let variable = environment.map.get(&format!("DFLY_{name}"));
        let value = variable.and_then(|variable| variable.value.alternatives.first()?.value.clone());
        if let (Some(variable), Some(value)) = (variable, value) {
            settings.directives.push(directive(redis_name(name), value, variable.name_span));
        }
    }
    let mut words = argv.iter().peekable();
    while let Some(word) = words.next() {
        let value = word.as_str();
        let Some(option) = value.strip_prefix("--").or_else(|| value.strip_prefix('-')) else { continue };
        let dashes = value.len() - option.len();
        let (name, given) = match option.find('=') {
            Some(at) => (&option[..at], Some(word.slice(dashes + at + 1..value.len()))),
            None => (option, words.next_if(|next| !next.as_str().starts_with('-')).cloned()),
        };
        if let Some(given) = given {
            settings.directives.push(directive(redis_name(&name.to_ascii_lowercase()), given, word.span()));
        }
    }
}

/// Dragonfly's name of a setting in Redis's words.
fn redis_name(name: &str) -> &str {
    match name {
        "dbnum" => "databases",
        "tls_port" => "tls-port",
        other => other,
    }
}
