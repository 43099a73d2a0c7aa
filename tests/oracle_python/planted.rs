//! Bugs planted into our side, one for each rule of precedence: the comparison must catch every one of them.
//!
//! Each shows us a case as it looks to somebody who does not know the rule; the real answer stays what it is.

use std::collections::BTreeSet;

use crate::generate::Case;

/// A rule that is got wrong.
pub struct Plant {
    pub name: &'static str,
    pub apply: fn(&mut Case),
}

pub const ALL: &[Plant] = &[
    Plant { name: "defaults beat variables", apply: |case| case.environment.clear() },
    Plant {
        name: "empty variables count as unset",
        apply: |case| case.environment.retain(|_, value| !value.is_empty()),
    },
    Plant { name: "env files beat the environment", apply: env_files_beat_the_environment },
    Plant { name: "env files are not read", apply: |case| case.files.retain(|path, _| path != ".env") },
    Plant { name: "override=True is ignored", apply: |case| say(case, "override=True", "") },
    Plant { name: "references in env files stay", apply: |case| say(case, "${", "$ {") },
    Plant { name: "env_prefix is ignored", apply: |case| say(case, "env_prefix", "title") },
    Plant { name: "aliases are ignored", apply: |case| say(case, "alias=", "title=") },
    Plant { name: "names beside an alias are ignored", apply: |case| say(case, "populate_by_name", "title") },
    Plant { name: "Field(env=) counts in pydantic 2", apply: |case| say(case, "env=\"A_URL\"", "alias=\"A_URL\"") },
    Plant { name: "Field(env=) is ignored in pydantic 1", apply: |case| say(case, ", env=", ", title=") },
    Plant { name: "env_ignore_empty is ignored", apply: |case| say(case, "env_ignore_empty=True", "") },
    Plant { name: "case_sensitive is ignored", apply: |case| say(case, "case_sensitive=True", "") },
    Plant { name: "nested variables are ignored", apply: |case| say(case, "env_nested_delimiter", "title") },
    Plant { name: "validators are ignored", apply: |case| say(case, "validator(", "other(") },
    Plant { name: "default factories are ignored", apply: |case| say(case, "factory=", "title=") },
    Plant { name: "`or` is no fallback", apply: |case| say(case, ") or ", ") and ") },
    Plant {
        name: "an exception is not handled",
        apply: |case| say(case, "except KeyError:", "except KeyError if None else OSError:\n    pass\nif False:"),
    },
    Plant { name: "quote_plus is quote", apply: |case| say(case, "quote_plus", "quote") },
    Plant { name: "star imports bring nothing", apply: |case| say(case, "import *", "import nothing") },
    Plant { name: "a base class beats its subclass", apply: |case| swap(case, "Dev(Settings)", "Prod(Settings)") },
    Plant { name: "the prefix of a with block is ignored", apply: |case| say(case, ".prefixed(", ".other(") },
    Plant {
        name: "Celery's variables are ignored",
        apply: |case| case.environment.retain(|name, _| !name.starts_with("CELERY_")),
    },
    Plant { name: "Celery's constructor beats app.conf", apply: |case| say(case, "app.conf", "app.other") },
    Plant { name: "Celery is configured by nothing", apply: |case| say(case, "config_from_object", "other") },
    Plant { name: "any settings module runs", apply: |case| say(case, "DJANGO_SETTINGS_MODULE", "OTHER") },
    Plant { name: "any configuration class runs", apply: |case| say(case, "DJANGO_CONFIGURATION", "OTHER") },
    Plant { name: "Flask loads no object", apply: |case| say(case, "from_object", "other") },
    Plant { name: "casts are ignored", apply: |case| say(case, "cast=int", "title=int") },
];

fn say(case: &mut Case, rule: &str, instead: &str) {
    case.files.values_mut().for_each(|text| *text = text.replace(rule, instead));
}

fn swap(case: &mut Case, one: &str, other: &str) {
    let exchange = |text: &mut String| *text = text.replace(one, "\0").replace(other, one).replace('\0', other);
    case.files.values_mut().for_each(exchange);
}

fn env_files_beat_the_environment(case: &mut Case) {
    let set: BTreeSet<String> = (case.files.get(".env").into_iter().flat_map(|text| text.lines()))
        .filter_map(|line| Some(line.split_once('=')?.0.trim().to_owned()))
        .collect();
    case.environment.retain(|name, _| !set.contains(name));
}
