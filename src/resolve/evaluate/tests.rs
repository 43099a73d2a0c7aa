mod clients;

use std::collections::BTreeMap;

use super::*;
use crate::extract::python::extract;
use crate::resolve::project::Variable;
use crate::source::{FileId, Span};
use crate::symbol::Condition;
use crate::text::Text;

/// Modules of a small repository.
struct Repository {
    dotenv: Vec<EnvFile>,
    sources: Sources,
    facts: Facts,
    symbols: Symbols,
}

impl Repository {
    fn new(files: &[(&str, &str)]) -> Self {
        let mut sources = Sources::default();
        let mut facts = Facts::default();
        let mut dotenv = Vec::new();
        let exists = |path: &str| files.iter().any(|(name, _)| *name == path);
        for (path, text) in files {
            let file = sources.add(*path, text.as_bytes(), None);
            if path.contains(".env") {
                dotenv.push(EnvFile { file, path: (*path).to_owned(), example: false });
                continue;
            }
            let (module, _, _) = extract(file, path, sources.get(file).text(), &exists);
            facts.modules.push(module);
        }
        Self { dotenv, sources, facts, symbols: Symbols::default() }
    }

    fn with(&self, environment: &[(&str, &str)], unknown: bool) -> Vec<FoundClient> {
        let span = Span::new(FileId(0), 0..0);
        let map: BTreeMap<_, _> = environment.iter().map(|(name, value)| (*name, Text::mapped(value, span))).collect();
        let place = CodePlace {
            loads: &|_| true,
            one_django: false,
            scope: "container web",
            runs: &|_| true,
            lookup: &|name| match map.get(name) {
                Some(text) => Lookup::Found(Variable {
                    name_span: span,
                    taken_in: span,
                    value: Resolved::known(text.clone(), Vec::new()),
                }),
                None if unknown => Lookup::Unknown(span),
                None => Lookup::Absent,
            },
            names: &environment.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>(),
            dotenv: &self.dotenv,
            sources: &self.sources,
        };
        clients(&self.facts, &place, &self.symbols).here
    }

    /// Each client as `setting family slot=value|value …`.
    fn shown(&self, environment: &[(&str, &str)], unknown: bool) -> Vec<String> {
        self.with(environment, unknown)
            .iter()
            .map(|client| {
                let mut line = format!("{} {}", client.setting.as_deref().unwrap_or("-"), client.family.name());
                let settings = &client.settings;
                for (name, value) in [
                    ("url", &settings.url),
                    ("host", &settings.host),
                    ("port", &settings.port),
                    ("db", &settings.db),
                    ("username", &settings.username),
                    ("password", &settings.password),
                ] {
                    let Some(value) = value else { continue };
                    let values: Vec<_> = value
                        .alternatives
                        .iter()
                        .map(|one| {
                            one.value.as_ref().map_or("None".to_owned(), |text| self.symbols.display(text.as_str()))
                        })
                        .collect();
                    line = format!("{line} {name}={}", values.join("|"));
                }
                line
            })
            .collect()
    }
}

/// The clients of one module with an empty environment.
fn clients_of(text: &str) -> Vec<String> {
    Repository::new(&[("app/settings.py", text)]).shown(&[], false)
}

fn in_environment(text: &str, environment: &[(&str, &str)]) -> Vec<String> {
    Repository::new(&[("app/settings.py", text)]).shown(environment, false)
}

#[test]
fn a_default_counts_only_where_nothing_sets_the_variable() {
    let text = "import os\nREDIS_URL = os.getenv('REDIS_URL', 'redis://localhost:6379/0')\n";
    assert_eq!(clients_of(text), ["REDIS_URL redis-py url=redis://localhost:6379/0"]);
    assert_eq!(in_environment(text, &[("REDIS_URL", "redis://r/1")]), ["REDIS_URL redis-py url=redis://r/1"]);
    let unknown = Repository::new(&[("a.py", text)]).shown(&[], true);
    assert_eq!(unknown, ["REDIS_URL redis-py url=redis://localhost:6379/0|${REDIS_URL}"]);
}

#[test]
fn an_or_replaces_an_empty_variable_and_getenv_does_not() {
    let text = "from os import environ\nimport redis\nr = redis.Redis(host=environ.get('H') or 'b', password=environ.get('P', 'x'))\n";
    assert_eq!(in_environment(text, &[("H", ""), ("P", "")]), ["H redis-py host=b password="]);
    let repository = Repository::new(&[("a.py", text)]);
    let clients = repository.with(&[], true);
    let host = clients[0].settings.host.as_ref().unwrap();
    assert!(matches!(host.alternatives[0].when[..], [Condition::Unset(_), Condition::Branch(_)]));
    assert_eq!(host.alternatives.len(), 2);
}

#[test]
fn split_constants_meet_in_one_client() {
    let text = "\
import os, redis
REDIS_HOST = os.getenv('REDIS_HOST', 'localhost')
REDIS_PORT = int(os.getenv('REDIS_PORT', 6379))
REDIS_PASSWORD = os.getenv('REDIS_PASSWORD')
def get():
    return redis.Redis(host=REDIS_HOST, port=REDIS_PORT, db=0, password=REDIS_PASSWORD)
def again():
    return redis.StrictRedis(host=REDIS_HOST, port=REDIS_PORT, password=REDIS_PASSWORD)
";
    assert_eq!(
        in_environment(text, &[("REDIS_PASSWORD", "pw")]),
        ["REDIS_HOST redis-py host=localhost port=6379 db=0 password=pw"]
    );
    assert_eq!(clients_of(text), ["REDIS_HOST redis-py host=localhost port=6379 db=0 password=None"]);
}

#[test]
fn constants_without_a_site_are_one_client() {
    let text = "REDIS_HOST = 'redis'\nREDIS_PORT = 6379\nREDIS_PASSWORD = 'pw'\nSMTP_HOST = 'mail'\n";
    assert_eq!(clients_of(text), ["REDIS_HOST redis-py host=redis port=6379 password=pw"]);
    let facts = Repository::new(&[("a.py", text)]).facts;
    let passwords = password_settings(&facts);
    assert_eq!(passwords.len(), 1);
    assert_eq!((passwords[0].0.as_str(), passwords[0].1.span().start), ("REDIS_PASSWORD", 57));
}

#[test]
fn texts_are_joined_in_every_way() {
    let text = "\
PW = 'p'
HOST = 'h'
A_REDIS_URL = f'redis://:{PW}@{HOST}:{6379}/0'
B_REDIS_URL = 'redis://:' + PW + '@' + HOST + ':' + str(6379) + '/1'
C_REDIS_URL = 'redis://:%s@%s/2' % (PW, HOST)
D_REDIS_URL = 'redis://:{}@{host}/3'.format(PW, host=HOST)
E_REDIS_URL = f'redis://:{None}@h'
";
    assert_eq!(
        clients_of(text),
        [
            "A_REDIS_URL redis-py url=redis://:p@h:6379/0",
            "B_REDIS_URL redis-py url=redis://:p@h:6379/1",
            "C_REDIS_URL redis-py url=redis://:p@h/2",
            "D_REDIS_URL redis-py url=redis://:p@h/3",
            "E_REDIS_URL redis-py url=redis://:None@h",
        ]
    );
}

#[test]
fn pydantic_reads_names_in_any_case_with_prefix_and_alias() {
    let text = "\
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
class Settings(BaseSettings):
    redis_url: str = 'redis://localhost:6379/0'
    cache: str = Field(default='redis://c/0', validation_alias='CACHE_REDIS')
    other_redis_url: str = Field('redis://o/0', env='IGNORED')
class Redis(BaseSettings):
    model_config = SettingsConfigDict(env_prefix='REDIS_')
    host: str = 'localhost'
    port: int = 6379
    password: str | None = None
";
    let environment =
        [("REDIS_URL", "redis://r/1"), ("CACHE_REDIS", "redis://x/2"), ("IGNORED", "redis://i"), ("REDIS_HOST", "")];
    assert_eq!(
        in_environment(text, &environment),
        [
            "redis_url redis-py url=redis://r/1",
            "cache redis-py url=redis://x/2",
            "other_redis_url redis-py url=redis://o/0",
            "REDIS_HOST redis-py host= port=6379 password=None",
        ]
    );
}

#[test]
fn a_property_builds_the_url_in_two_ways() {
    let text = "\
from functools import lru_cache
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    REDIS_HOST: str = 'redis'
    REDIS_PASSWORD: str = ''
    @property
    def REDIS_URL(self) -> str:
        if self.REDIS_PASSWORD:
            return f'redis://:{self.REDIS_PASSWORD}@{self.REDIS_HOST}:6379/0'
        return f'redis://{self.REDIS_HOST}:6379/0'
@lru_cache
def get_settings():
    return Settings()
";
    let main = "import redis\nfrom app.settings import get_settings\nr = redis.from_url(get_settings().REDIS_URL)\ns = get_settings()\nq = redis.Redis.from_url(s.REDIS_URL)\n";
    let repository = Repository::new(&[("app/main.py", main), ("app/settings.py", text)]);
    assert_eq!(repository.shown(&[], false), ["REDIS_URL redis-py url=redis://redis:6379/0"]);
    assert_eq!(
        repository.shown(&[("REDIS_PASSWORD", "pw")], false),
        ["REDIS_URL redis-py url=redis://:pw@redis:6379/0"]
    );
    let unknown = repository.shown(&[("REDIS_HOST", "r")], true);
    assert_eq!(unknown, ["REDIS_URL redis-py url=redis://r:6379/0|redis://:${REDIS_PASSWORD}@r:6379/0"]);
}

#[test]
fn settings_come_through_packages_stars_and_inheritance() {
    let repository = Repository::new(&[
        ("app/__init__.py", ""),
        ("app/base.py", "REDIS_URL = 'redis://base'\nclass Config:\n    HOST = 'a'\n    PW = 'b'\n"),
        (
            "app/prod.py",
            "from .base import *\nfrom .base import Config\nREDIS_URL = REDIS_URL + '/1'\nclass Prod(Config):\n    PW = 'c'\n",
        ),
        (
            "app/main.py",
            "import redis\nfrom app import prod\nfrom app.prod import Prod\na = redis.from_url(prod.REDIS_URL)\nb = redis.Redis(host=Prod.HOST, password=Prod.PW)\n",
        ),
    ]);
    let shown = repository.shown(&[], false);
    assert!(shown.contains(&"HOST redis-py host=a password=c".to_owned()), "{shown:?}");
    assert!(shown.contains(&"REDIS_URL redis-py url=redis://base/1".to_owned()), "{shown:?}");
    assert_eq!(shown.len(), 2);
}

#[test]
fn celery_takes_its_servers_from_code_settings_and_environment() {
    let text = "from celery import Celery\napp = Celery('x', broker='redis://b/0', backend='redis://c/1')\n";
    assert_eq!(clients_of(text), ["- kombu url=redis://b/0", "- celery url=redis://c/1"]);
    assert_eq!(
        in_environment(text, &[("CELERY_BROKER_URL", "redis://env/0")]),
        ["- kombu url=redis://env/0", "- celery url=redis://c/1"]
    );
    let text = "from celery import Celery\napp = Celery('x')\napp.conf.broker_url = 'redis://b'\napp.conf.update(result_backend='redis://c')\n";
    assert_eq!(clients_of(text), ["- celery url=redis://c", "broker_url kombu url=redis://b"]);
    assert_eq!(
        clients_of("CELERY_BROKER_URL = 'redis://b/0'\nCELERY_RESULT_BACKEND = 'django-db'\n"),
        ["CELERY_BROKER_URL kombu url=redis://b/0"]
    );
    assert!(clients_of("from celery import Celery\nCelery(broker='amqp://b')\n").is_empty());
}

#[test]
fn django_settings_are_read_entry_by_entry() {
    let text = "\
import os
CACHES = {'default': {'BACKEND': 'django_redis.cache.RedisCache', 'LOCATION': ['redis://a/1'],
  'OPTIONS': {'PASSWORD': 'pw'}},
  'core': {'BACKEND': 'django.core.cache.backends.redis.RedisCache', 'LOCATION': 'redis://b/2'},
  'local': {'BACKEND': 'django.core.cache.backends.locmem.LocMemCache', 'LOCATION': 'x'}}
CHANNEL_LAYERS = {'default': {'CONFIG': {'hosts': [('redis', 6379), os.environ.get('REDIS_URL', 'redis://d/0')]}}}
RQ_QUEUES = {'default': {'HOST': 'q', 'PORT': 6379, 'PASSWORD': 'pw'}}
";
    assert_eq!(
        clients_of(text),
        [
            "CACHES django-redis url=redis://a/1 password=pw",
            "CACHES django url=redis://b/2",
            "CHANNEL_LAYERS redis-py host=redis port=6379",
            "REDIS_URL redis-py url=redis://d/0",
            "RQ_QUEUES redis-py host=q port=6379 password=pw",
        ]
    );
}

#[test]
fn readers_of_variables_have_their_own_defaults() {
    let text = "\
from decouple import config
import environ
env = environ.Env()
A_REDIS_URL = config('A', default='redis://a')
B_REDIS_URL = env('B', default='redis://b')
C_REDIS_URL = env.str('C', 'redis://c')
";
    assert_eq!(
        in_environment(text, &[("C", "redis://x")]),
        [
            "A_REDIS_URL redis-py url=redis://a",
            "B_REDIS_URL redis-py url=redis://b",
            "C_REDIS_URL redis-py url=redis://x"
        ]
    );
}

#[test]
fn a_branch_that_cannot_be_told_gives_both_values() {
    let text =
        "import sys, redis\nif len(sys.argv) > 1:\n    HOST = 'a'\nelse:\n    HOST = 'b'\nr = redis.Redis(HOST)\n";
    assert_eq!(clients_of(text), ["HOST redis-py host=a|b"]);
    let text = "import redis\ndef connect(host):\n    return redis.Redis(host=host, password=make())\n";
    assert_eq!(clients_of(text), ["- redis-py host=… password=…"]);
}

#[test]
fn a_password_is_found_to_the_byte() {
    for (text, literal) in [
        ("import redis\r\nr = redis.from_url('redis://:hunter2@h')\r\n", "hunter2"),
        ("\u{FEFF}x = '😀'\nREDIS_URL = 'redis://' ':hunter2@h'\n", "hunter2"),
        ("REDIS_URL = f\"redis://{''}:hunter2@h\"\n", "hunter2"),
        ("REDIS_URL = 'redis://\\x68:\\x68unter2@h'\n", "\\x68unter2"),
        ("REDIS_URL = '''redis://h\r\n:hunter2@h'''\n", "hunter2"),
        ("REDIS_URL = f'redis://{{}}:hunter2@h'\n", "hunter2"),
    ] {
        let repository = Repository::new(&[("a.py", text)]);
        let clients = repository.with(&[], false);
        let url = clients[0].settings.url.as_ref().unwrap().alternatives[0].value.clone().unwrap();
        let at = url.as_str().find("hunter2").unwrap();
        let span = url.slice(at..at + 7).span();
        assert_eq!(repository.sources.slice(span), literal, "{text:?}");
    }
}

#[test]
fn cycles_and_deep_code_end() {
    let repository = Repository::new(&[
        ("a.py", "from b import REDIS_URL\nREDIS_URL = REDIS_URL\n"),
        (
            "b.py",
            "from a import REDIS_URL\nREDIS_URL = REDIS_URL\ndef f():\n    return f()\nREDIS_HOST = f()\nclass A(A):\n    pass\n",
        ),
    ]);
    repository.with(&[], false);
    let sum = format!("REDIS_URL = 'redis://' {}\n", "+ 'a' ".repeat(1500));
    assert_eq!(Repository::new(&[("a.py", &sum)]).with(&[], false).len(), 1);
    let nested = format!("x = {}1{}\nREDIS_URL = 'redis://h'\n", "[".repeat(150), "]".repeat(150));
    assert_eq!(clients_of(&nested), ["REDIS_URL redis-py url=redis://h"]);
}

#[test]
fn broken_statements_cost_only_themselves() {
    let text = "print 'x'\nREDIS_URL = 'redis://h'\n<<<<<<< HEAD\nX = (\n=======\n";
    assert_eq!(clients_of(text), ["REDIS_URL redis-py url=redis://h"]);
}

#[test]
fn env_files_stand_between_the_process_and_the_default() {
    let pydantic = "\
from pydantic_settings import BaseSettings, SettingsConfigDict
class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_file='.env')
    redis_url: str = 'redis://default'
";
    let repository = Repository::new(&[("app/.env", "REDIS_URL=redis://file # c\n"), ("app/core/config.py", pydantic)]);
    assert_eq!(repository.shown(&[], false), ["redis_url redis-py url=redis://file"]);
    assert_eq!(repository.shown(&[("REDIS_URL", "redis://p")], false), ["redis_url redis-py url=redis://p"]);
    let loads = "import os\nfrom dotenv import load_dotenv\nload_dotenv()\nREDIS_URL = os.getenv('REDIS_URL', 'redis://default')\n";
    let files = [(".env", "REDIS_URL='redis://file'\n"), ("a.py", loads)];
    assert_eq!(Repository::new(&files).shown(&[], false), ["REDIS_URL redis-py url=redis://file"]);
    let plain = "import os\nREDIS_URL = os.getenv('REDIS_URL', 'redis://default')\n";
    let files = [(".env", "REDIS_URL='redis://file'\n"), ("a.py", plain)];
    assert_eq!(Repository::new(&files).shown(&[], false), ["REDIS_URL redis-py url=redis://default"]);
    let elsewhere = [("other/.env", "REDIS_URL='redis://file'\n"), ("app/a.py", loads)];
    assert_eq!(Repository::new(&elsewhere).shown(&[], false), ["REDIS_URL redis-py url=redis://default"]);
}

#[test]
fn flask_caching_ignores_the_parts_where_the_url_is_set() {
    let text = "class Config:\n    CACHE_REDIS_URL = 'redis://a'\n    CACHE_REDIS_HOST = 'b'\n";
    assert_eq!(clients_of(text), ["CACHE_REDIS_URL redis-py url=redis://a"]);
}

#[test]
fn options_spread_into_a_call_are_read_or_unknown() {
    let text = "import redis\nOPTIONS = {'host': 'h', 'password': 'pw'}\nr = redis.Redis(**OPTIONS)\n";
    assert_eq!(clients_of(text), ["- redis-py host=h password=pw"]);
    let text = "import redis\ndef f(**options):\n    return redis.Redis(host='h', **options)\n";
    assert_eq!(clients_of(text), ["- redis-py host=h port=… db=… username=… password=…"]);
}

#[test]
fn a_call_counts_where_its_branch_may_be_taken() {
    let shown = |set: &[(&str, &str)], text: &str| Repository::new(&[("app/a.py", text)]).shown(set, false);
    let flag = "import os, redis\nON = os.getenv('ON', 'no') == 'yes'\n";
    let url = ["- redis-py url=redis://h"];
    for made in [
        "if ON:\n    c = redis.from_url('redis://h')\n",
        "def f():\n    if not ON:\n        return None\n    return redis.from_url('redis://h')\n",
        "def connect(url):\n    return redis.from_url(url)\nif ON:\n    c = connect('redis://h')\n",
        "class Client:\n    def __init__(self, url):\n        self.c = redis.from_url(url)\nif ON and True:\n    c = Client('redis://h')\n",
    ] {
        let text = format!("{flag}{made}");
        assert_eq!(shown(&[("ON", "yes")], &text), url, "{made}");
        assert_eq!(shown(&[], &text), [""; 0], "{made}");
    }
    // What can't be told, and what the program itself changes, may be.
    for made in [
        "def f(on):\n    if on:\n        return redis.from_url('redis://h')\n",
        "c = None\ndef f():\n    global c\n    if c:\n        return c\n    c = redis.from_url('redis://h')\n",
        "on = False\ndef f():\n    if on:\n        return redis.from_url('redis://h')\ndef g():\n    global on\n    on = True\n",
        "for at in range(3):\n    c = redis.from_url('redis://h')\n",
        "try:\n    c = redis.from_url('redis://h')\nexcept Exception:\n    pass\n",
    ] {
        assert_eq!(shown(&[], &format!("{flag}{made}")), url, "{made}");
    }
}
