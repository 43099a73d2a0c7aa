//! Every form of the same report, on texts that try to get at the reader.

mod formats;

use clap::ValueEnum as _;

use super::*;
use crate::check::check;
use crate::finding::{Confidence, Label};
use crate::rule::{Category, Context, Rule};
use crate::source::FileId;
use crate::{Options, fingerprint, secrets};

const COMPOSE: &str = "services:\n  cache:\n    image: redis:7\n    command: redis-server --requirepass hunter2\n    ports: [\"6379:6379\"]\n";
const SETTINGS: &str = "REDIS_URL = \"redis://:sw\u{F6}rdfish@cache:6379/0\"\n";

fn span_of(sources: &Sources, path: &str, what: &str) -> Span {
    let file = sources.find(path).unwrap();
    let at = sources.get(file).text().find(what).unwrap();
    Span::new(file, at..at + what.len())
}

fn finding(rule: &'static str, primary: Label) -> Finding {
    Finding {
        rule,
        severity: Severity::Error,
        confidence: Confidence::High,
        environments: vec!["docker-compose.yml".to_owned()],
        message: "the server answers WRONGPASS".to_owned(),
        primary,
        related: Vec::new(),
        trace: Vec::new(),
        help: Some("use the server's password".to_owned()),
        setting: Some("REDIS_URL".to_owned()),
        group: None,
        fixes: Vec::new(),
    }
}

/// A report over two files with one finding that reaches from one to the other.
fn two_files(show_secrets: bool) -> Report {
    let mut sources = Sources::default();
    sources.add("app/settings.py", SETTINGS.as_bytes(), None);
    sources.add("docker-compose.yml", COMPOSE.as_bytes(), None);
    let primary = Label::new(span_of(&sources, "app/settings.py", "sw\u{F6}rdfish"), "this password is sent");
    let mut one = finding("wrong-password", primary);
    one.related.push(Label::new(span_of(&sources, "docker-compose.yml", "hunter2"), "the server wants this one"));
    one.trace.push(Label::new(span_of(&sources, "app/settings.py", "REDIS_URL"), "set here"));
    report(sources, vec![one], show_secrets)
}

fn report(mut sources: Sources, findings: Vec<Finding>, show_secrets: bool) -> Report {
    let model = Model::default();
    let fingerprints = fingerprint::all(&findings, &sources, &secrets::spans(&model), &BTreeSet::new());
    if !show_secrets {
        secrets::mark(&mut sources, &model, &findings);
    }
    let checked = Checked { findings, fingerprints, hidden: 2, ..Checked::default() };
    Report::new(sources, Symbols::default(), model, checked, Vec::new())
}

#[test]
fn text_shows_both_ends_masked() {
    insta::assert_snapshot!(text::render(&two_files(false), text::Style::default()), @r#"
error[wrong-password]

  × the server answers WRONGPASS
   ╭─[app/settings.py:1:23]
 1 │ REDIS_URL = "redis://:*********@cache:6379/0"
   ·                       ────┬────
   ·                           ╰── this password is sent
   ╰────
   ╭─[docker-compose.yml:4:41]
 4 │     command: redis-server --requirepass *******
   ·                                         ───┬───
   ·                                            ╰── the server wants this one
   ╰────
  help: use the server's password
  note: set here at app/settings.py:1:1
  note: in docker-compose.yml; high confidence
"#);
}

#[test]
fn colours_are_only_there_when_asked_for() {
    let report = two_files(false);
    assert!(!text::render(&report, text::Style::default()).contains('\u{1B}'));
    assert!(text::render(&report, text::Style { color: true, ..text::Style::default() }).contains('\u{1B}'));
}

#[test]
fn no_form_shows_a_secret_unless_asked() {
    let forms = |report: &Report| {
        [
            text::render(report, text::Style::default()),
            concise::render(report),
            json::render(report, "."),
            inspect::text(report),
            inspect::json(report),
        ]
    };
    for form in forms(&two_files(false)) {
        assert!(!form.contains("hunter2") && !form.contains("rdfish"), "{form}");
    }
    assert!(forms(&two_files(true))[0].contains("hunter2"));
}

#[test]
fn concise_is_a_line_a_finding() {
    assert_eq!(
        concise::render(&two_files(false)),
        "app/settings.py:1:23: error[wrong-password]: the server answers WRONGPASS\n"
    );
}

#[test]
fn json_keeps_its_contract() {
    insta::assert_snapshot!(json::render(&two_files(false), "."), @r#"
{
  "findings": [
    {
      "category": "auth",
      "confidence": "high",
      "environments": [
        "docker-compose.yml"
      ],
      "fingerprint": "9042b2825e999438",
      "fixes": [],
      "help": "use the server's password",
      "label": "this password is sent",
      "location": {
        "end": {
          "column": 32,
          "line": 1,
          "offset": 32
        },
        "path": "app/settings.py",
        "start": {
          "column": 23,
          "line": 1,
          "offset": 22
        }
      },
      "message": "the server answers WRONGPASS",
      "related": [
        {
          "label": "the server wants this one",
          "location": {
            "end": {
              "column": 48,
              "line": 4,
              "offset": 85
            },
            "path": "docker-compose.yml",
            "start": {
              "column": 41,
              "line": 4,
              "offset": 78
            }
          }
        }
      ],
      "rule": "wrong-password",
      "severity": "error",
      "trace": [
        {
          "label": "set here",
          "location": {
            "end": {
              "column": 10,
              "line": 1,
              "offset": 9
            },
            "path": "app/settings.py",
            "start": {
              "column": 1,
              "line": 1,
              "offset": 0
            }
          }
        }
      ]
    }
  ],
  "notices": [],
  "root": ".",
  "schema": "redislint/1",
  "summary": {
    "baselined": 0,
    "clients": 0,
    "elsewhere": 0,
    "environments": 0,
    "errors": 1,
    "files": 2,
    "hidden": 2,
    "links": 0,
    "notes": 0,
    "servers": 0,
    "suppressed": 0,
    "unchanged": 0,
    "warnings": 0
  },
  "version": "0.1.0"
}
"#);
}

#[test]
fn control_characters_stay_harmless() {
    let mut sources = Sources::default();
    let path = "a\u{1B}[31m\u{7F}.yml";
    sources.add(path, "port: \u{1B}]0;x\u{7}6379:6379 \u{202E}\u{7F}\r\n".as_bytes(), None);
    let mut one = finding("published-port", Label::new(span_of(&sources, path, "6379:6379"), "published \u{1B}here"));
    one.message = "open\u{1B}[2J\u{7F}\u{9B}\u{2066}".to_owned();
    let report = report(sources, vec![one], false);
    for &format in Format::value_variants() {
        let shown = format.render(&report, &Look::default());
        let obeyed = |char: char| (char.is_control() && char != '\n') || ('\u{202A}'..='\u{2069}').contains(&char);
        assert!(!shown.contains(obeyed), "{format:?}: {shown:?}");
        if format == Format::Json {
            let read: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
            assert_eq!(read["findings"][0]["location"]["path"], path, "{shown}");
        }
    }
}

#[test]
fn long_lines_are_cut_around_the_label() {
    let mut sources = Sources::default();
    let line = format!("{}6379:6379{}\n", "é".repeat(40_000), "x".repeat(40_000));
    sources.add("a.yml", line.as_bytes(), None);
    let label = Label::new(span_of(&sources, "a.yml", "6379:6379"), "published");
    let out = text::render(&report(sources, vec![finding("published-port", label)], false), text::Style::default());
    assert!(out.contains("6379:6379") && out.contains("a.yml:1:40001"), "{out}");
    assert!(out.len() < 4_000, "{} bytes", out.len());
}

#[test]
fn awkward_places_can_be_drawn() {
    for text in ["", "\n", "\n\n", "a", "\u{FEFF}a\r\nb", "a\tb\n", "日本語\n", "a\rb"] {
        for start in 0..=text.len() {
            for end in start..=text.len() {
                let mut sources = Sources::default();
                let file = sources.add("a", text.as_bytes(), None);
                let mut one = finding("published-port", Label::new(Span::new(file, start..end), "here"));
                one.related.push(Label::new(Span::new(file, end..text.len()), "and here"));
                let out = text::render(&report(sources, vec![one], false), text::Style::default());
                assert!(out.contains("here") && !out.contains("Failed to read"), "{text:?} {start}..{end}: {out}");
            }
        }
    }
}

#[test]
fn a_thousand_findings_take_no_time() {
    let mut sources = Sources::default();
    let text = "ports: [\"6379:6379\"]\n".repeat(20_000);
    let file = sources.add("a.yml", text.as_bytes(), None);
    let other = sources.add("b.yml", text.as_bytes(), None);
    let findings = (0..1_000)
        .map(|nth| {
            let at = nth * 21 * 20;
            let mut one = finding("published-port", Label::new(Span::new(file, at + 9..at + 18), "published"));
            one.related.push(Label::new(Span::new(other, at + 9..at + 18), "and here"));
            one
        })
        .collect();
    let begin = std::time::Instant::now();
    let _ = text::render(&report(sources, findings, false), text::Style::default());
    // The stock source of miette takes half a minute.
    assert!(begin.elapsed().as_secs() < 10, "{:?}", begin.elapsed());
}

#[test]
fn fingerprints_outlive_moved_lines_but_not_a_new_password() {
    let print = |text: &str, what: &str| {
        let mut sources = Sources::default();
        sources.add("a.env", text.as_bytes(), None);
        let spans: Vec<Span> =
            text.match_indices(what).map(|(at, _)| Span::new(FileId(0), at..at + what.len())).collect();
        let all: Vec<Finding> = spans.iter().map(|span| finding("wrong-password", Label::new(*span, ""))).collect();
        let again = fingerprint::all(&[all.clone(), all].concat(), &sources, &spans, &BTreeSet::new());
        let (first, second) = again.split_at(spans.len());
        assert_eq!(first, second, "one place has one name, however many environments see it");
        first.to_vec()
    };
    let first = print("PW=hunter2\n", "hunter2");
    assert_eq!(first, print("# moved\n\nPW=hunter2\n", "hunter2"));
    assert_ne!(first, print("PW=hunter3\n", "hunter3"));
    let two = print("PW=hunter2 hunter2\n", "hunter2");
    assert_eq!(two[0], first[0]);
    assert_ne!(two[0], two[1], "two faults alike keep names of their own");
}

const NOISY: Rule = Rule {
    name: "noisy",
    category: Category::Server,
    severity: Severity::Error,
    pedantic: false,
    doc: "# noisy\n\nFinds everything.\n",
    check: |context, found| {
        for (file, source) in context.sources.iter() {
            for (at, _) in source.text().match_indices('x') {
                let mut one = finding("noisy", Label::new(Span::new(file, at..at + 1), "x"));
                one.group = Some("x".to_owned()).filter(|_| source.path().starts_with("group"));
                one.confidence = if source.path() == "low" { Confidence::Low } else { Confidence::High };
                found.push(one);
            }
        }
    },
};

const FUSSY: Rule = Rule { name: "fussy", pedantic: true, ..NOISY };

fn checked(files: &[(&str, &str, Option<bool>)], options: &Options) -> Vec<(String, Severity, usize)> {
    let mut sources = Sources::default();
    for (path, text, tracked) in files {
        sources.add(*path, text.as_bytes(), *tracked);
    }
    let (model, symbols) = (Model::default(), Symbols::default());
    let context = Context {
        model: &model,
        symbols: &symbols,
        sources: &sources,
        config: &options.config,
        pedantic: options.pedantic,
    };
    let checked = check(&[&NOISY, &FUSSY], &context, options);
    let place = |file: FileId| sources.get(file).path().to_owned();
    checked.findings.iter().map(|one| (place(one.primary.span.file), one.severity, one.related.len())).collect()
}

#[test]
fn one_fault_is_one_finding() {
    let found = checked(&[("group/b", "x x", None), ("group/a", "x", None), ("c", "x x", None)], &Options::default());
    let error = Severity::Error;
    assert_eq!(found, [("c".to_owned(), error, 0), ("c".to_owned(), error, 0), ("group/a".to_owned(), error, 2)]);
}

#[test]
fn only_what_is_asked_for_is_shown() {
    let files =
        [("a/x", "x", None), ("ab", "x", None), ("group/b", "x", None), ("group/c", "x", None), ("low", "x", None)];
    let shown = |options: &Options| -> Vec<String> { checked(&files, options).into_iter().map(|one| one.0).collect() };
    assert_eq!(shown(&Options::default()), ["a/x", "ab", "group/b"]);
    assert_eq!(shown(&Options { paths: vec!["a".to_owned()], ..Options::default() }), ["a/x"]);
    assert_eq!(shown(&Options { paths: vec!["group/c".to_owned()], ..Options::default() }), ["group/b"]);
    let low = Options { min_confidence: Confidence::Low, ..Options::default() };
    assert_eq!(shown(&low), ["a/x", "ab", "group/b", "low"]);
    assert_eq!(shown(&Options { pedantic: true, ..Options::default() }).len(), 3, "one rule, one place, one fault");
}

#[test]
fn what_nobody_else_has_is_a_note() {
    let found = checked(&[("mine", "x", Some(false)), ("ours", "x", Some(true))], &Options::default());
    assert_eq!(found, [("mine".to_owned(), Severity::Note, 0), ("ours".to_owned(), Severity::Error, 0)]);
    let found = checked(&[("group/mine", "x", Some(false)), ("group/ours", "x", Some(true))], &Options::default());
    assert_eq!(found, [("group/mine".to_owned(), Severity::Error, 1)]);
}

/// A picture with one server, and clients that reach it, depend on their version, or get lost.
fn picture() -> Report {
    use crate::library::VersionRange;
    use crate::model::{AuthFault, Outcome, Reach};
    use crate::rules::testing::{auth, client, end, environment, refused, server, text};
    use crate::symbol::Condition;

    let mut sources = Sources::default();
    sources.add("compose.yaml", &[b' '; 200], None);
    let symbols = Symbols::default();
    let password = symbols.variable_text("shell", "REDIS_PASSWORD", Span::new(FileId(0), 40..50));
    let when = vec![Condition::Unset(symbols.variable("shell", "REDIS_PASSWORD"))];
    let open = auth(when, None);
    let server = server(vec![auth(Vec::new(), Some(password)), open]);
    let lost = Reach::UnknownName { suggestion: None };
    let mut clients = vec![client(Some(text("hunter2", 60)), Reach::Servers(vec![0])), client(None, lost)];
    clients[1].id = "worker".to_owned();
    let mut old = end(refused("WRONGPASS invalid", AuthFault::WrongPassword));
    old.versions = VersionRange { from: None, to: Some((7, u32::MAX)) };
    let mut new = end(Outcome::Works);
    new.versions = VersionRange { from: Some((8, 0)), to: None };
    let mut environment = environment(vec![server], clients, vec![old, new]);
    environment.evidence = "compose discovers compose.yaml".to_owned();
    let model = Model { environments: vec![environment], ..Model::default() };
    secrets::mark(&mut sources, &model, &[]);
    Report::new(sources, symbols, model, Checked::default(), Vec::new())
}

#[test]
fn the_picture_keeps_its_contract() {
    let value: serde_json::Value = serde_json::from_str(&inspect::json(&picture())).unwrap();
    assert_eq!(value["schema"], "redislint-inspect/1");
    let environment = &value["environments"][0];
    assert_eq!(environment["kind"], "compose");
    assert!(environment["services"].is_null());
    assert_eq!(environment["servers"][0]["auth"], "password");
    assert_eq!(environment["servers"][0]["cases"][1]["auth"], "open");
    assert_eq!(environment["servers"][0]["exposed"], false);
    let client = &environment["clients"][0];
    assert_eq!((&client["service"], &client["scheme"]), (&"web".into(), &"redis".into()));
    assert_eq!((&client["password"], &client["library"]), (&"*******".into(), &"redis-py".into()));
    let link = &environment["links"][0];
    assert_eq!((&link["outcome"], &link["server"]), (&"depends".into(), &"redis".into()));
    assert_eq!((&link["cases"][0]["stage"], &link["cases"][0]["versions"]), (&"auth".into(), &"version <= 7.x".into()));
    assert_eq!(link["cases"][1]["outcome"], "works");
    let lost = &environment["links"][1];
    assert_eq!((&lost["outcome"], &lost["stage"], &lost["server"]), (&"fails".into(), &"resolve".into(), &().into()));
}

#[test]
fn the_picture_is_readable() {
    insta::assert_snapshot!(inspect::text(&picture()), @r#"
compose.yaml (compose)
  files: compose.yaml
  evidence: compose discovers compose.yaml
  server redis port 6379: password (compose.yaml:1:101)
    otherwise: password
    when REDIS_PASSWORD (shell) is unset: open
  client REDIS_URL in web (redis-py, compose.yaml:1:1)
    redis://:*******@redis:6379/0
    → redis when version <= 7.x: fails at auth: WRONGPASS invalid
    → redis when version >= 8.0: works
  client REDIS_URL in web (redis-py, compose.yaml:1:1)
    redis://redis:6379/0
    → fails at resolve: Name or service not known
"#);
}
