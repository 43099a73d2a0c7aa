//! Fixes: what they change is what they say, nothing breaks, and a second run has nothing to do.
//!
//! The fixtures are asked, and what `fix_auth` and `fix_story` do not ask of the two ways out of a mismatch.
//! `REDISLINT_CASES` names a folder with more repositories for the properties.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;

use redislint::edit::{self, Safety};
use redislint::finding::{Confidence, Severity};
use redislint::fix::auth::{self, Way};
use redislint::fix::engine::{self, Change};
use redislint::report::Report;
use redislint::tree::{Content, Tree};
use redislint::{Options, lint};
use serde_json::Value;
use support::repository::{texts_of, tree};

/// The repositories that the properties are asked of: the fixtures, and the cases where there are any.
fn repositories() -> Vec<(String, BTreeMap<String, Vec<u8>>)> {
    let fixtures = support::variants().into_iter().map(|variant| support::project().join(variant.root));
    let mut roots: Vec<PathBuf> = fixtures.collect();
    match std::env::var_os("REDISLINT_CASES") {
        None => eprintln!("REDISLINT_CASES is not set: only the fixtures are asked"),
        Some(folder) => {
            let found = walkdir::WalkDir::new(folder).min_depth(2).max_depth(2).sort_by_file_name();
            let found = found.into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_dir());
            roots.extend(found.map(walkdir::DirEntry::into_path));
        }
    }
    roots.into_iter().map(|root| (root.display().to_string(), texts_of(&root))).collect()
}

/// Every kind of fault at every kind of place, how often and how bad.
fn faults(report: &Report) -> BTreeMap<String, (usize, Severity)> {
    let mut found: BTreeMap<String, (usize, Severity)> = BTreeMap::new();
    for (fingerprint, severity) in &report.known {
        let known = found.entry(fingerprint.about().to_owned()).or_insert((0, *severity));
        *known = (known.0 + 1, known.1.max(*severity));
    }
    found
}

fn options() -> Options {
    Options { min_confidence: Confidence::Low, pedantic: true, ..Options::default() }
}

#[test]
fn fixes_bring_nothing_in_and_a_second_run_has_nothing_to_do() {
    let mut count = 0;
    for (name, texts) in repositories() {
        let before = lint(&tree(&texts), &options());
        let fixed = engine::fix(tree(&texts), &options(), &engine::at_least(Safety::Unsafe));
        count += fixed.applied.len();
        let mut edited = texts.clone();
        for (path, change) in &fixed.changes {
            assert_eq!(Some(&texts[path]), change.before.as_ref(), "{name}: {path}");
            edited.insert(path.clone(), change.after.clone());
        }
        // Judged from scratch, not by what the engine believes.
        let after = lint(&tree(&edited), &options());
        let known = faults(&before);
        for (about, (number, _)) in faults(&after) {
            assert!(known.get(&about).is_some_and(|(known, _)| number <= *known), "{name}: {about} is new");
        }
        assert!(after.findings.len() <= before.findings.len(), "{name}");
        let again = engine::fix(tree(&edited), &options(), &engine::at_least(Safety::Unsafe));
        assert!(again.changes.is_empty() && again.applied.is_empty(), "{name}: {:?}", again.applied);
    }
    assert!(count >= 5, "{count} fixes");
}

#[test]
fn both_ways_out_bring_nothing_in_and_a_second_run_has_nothing_to_do() {
    // A password from a variable stands in the server's arguments, which is a note of the pedantic ones.
    let options = || Options { pedantic: false, ..options() };
    let (mut taken, mut wrong) = ([0, 0], Vec::new());
    for (name, texts) in repositories() {
        let before = faults(&lint(&tree(&texts), &options()));
        for (nth, way) in [Way::Remove, Way::Require].into_iter().enumerate() {
            let Ok(done) = auth::take(tree(&texts), &options(), way, None, false) else { continue };
            taken[nth] += usize::from(!done.fixed.changes.is_empty());
            let mut edited = texts.clone();
            for (path, change) in &done.fixed.changes {
                assert_eq!(texts.get(path), change.before.as_ref(), "{name}: {path}");
                edited.insert(path.clone(), change.after.clone());
            }
            for (about, (number, worst)) in faults(&lint(&tree(&edited), &options())) {
                let known = before.get(&about).is_some_and(|(known, was)| number <= *known && worst <= *was);
                if !known {
                    wrong.push(format!("{name}: {way:?}: {about} is new"));
                }
            }
            if let Ok(again) = auth::take(tree(&edited), &options(), way, None, false) {
                for path in again.fixed.changes.keys() {
                    wrong.push(format!("{name}: {way:?}: a second run changes {path}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    eprintln!("{taken:?} repositories went the two ways");
    assert!(taken.iter().all(|number| *number >= 15), "{taken:?} repositories were changed");
}

#[test]
fn bytes_outside_the_edits_are_the_same() {
    let mut count = 0;
    for (name, texts) in repositories() {
        let report = lint(&tree(&texts), &options());
        for fix in report.findings.iter().flat_map(|finding| &finding.fixes) {
            for (file, edits) in edit::by_file(&fix.edits).unwrap() {
                let before = &texts[report.sources.get(file).path()];
                let after = edit::apply(before, &edits).unwrap();
                // Going along the edited bytes, the replacements are given back.
                let (mut original, mut done, mut at) = (Vec::new(), 0, 0);
                for edit in edits {
                    let range = edit.span.range();
                    let kept = range.start - done;
                    original.extend_from_slice(&after[at..at + kept]);
                    at += kept;
                    assert_eq!(&after[at..at + edit.replacement.len()], edit.replacement.as_bytes(), "{name}");
                    at += edit.replacement.len();
                    original.extend_from_slice(&before[range.clone()]);
                    done = range.end;
                }
                original.extend_from_slice(&after[at..]);
                assert_eq!(&original, before, "{name}");
                count += 1;
            }
        }
    }
    assert!(count >= 5, "{count} edited files");
}

#[test]
fn line_ends_and_marks_stay() {
    let compose = "services:\n  redis:\n    image: redis:7 # ours\n    command: redis-server --requirepass ${PW:?}\n    \
                   ports:\n      - &port \"6379:6379\"\n    healthcheck:\n      test: [CMD, redis-cli, ping]\n";
    let windows = format!("\u{FEFF}{}", compose.replace('\n', "\r\n"));
    let texts = BTreeMap::from([("compose.yaml".to_owned(), windows.into_bytes())]);
    let fixed = engine::fix(tree(&texts), &options(), &engine::at_least(Safety::Unsafe));
    let after = String::from_utf8(fixed.changes["compose.yaml"].after.clone()).unwrap();
    assert!(after.starts_with("\u{FEFF}services:\r\n"));
    assert_eq!(after.matches('\n').count(), after.matches("\r\n").count(), "{after:?}");
    assert!(after.contains("      - &port \"127.0.0.1:6379:6379\"\r\n"), "{after}");
    assert!(after.contains("image: redis:7 # ours\r\n    environment:\r\n      REDISCLI_AUTH: ${PW:?}\r\n"), "{after}");
    assert_eq!(after.matches('\n').count(), compose.matches('\n').count() + 2);
}

#[test]
fn texts_of_two_bytes_a_character_are_left_to_people() {
    let text = "services:\n  redis:\n    image: redis:7\n    ports: [\"6379:6379\"]\n";
    let bytes: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let texts = BTreeMap::from([("compose.yaml".to_owned(), bytes)]);
    let fixed = engine::fix(tree(&texts), &options(), &engine::at_least(Safety::Unsafe));
    assert_eq!(fixed.before.findings.len(), 1);
    assert!(fixed.changes.is_empty());
}

#[test]
fn a_fix_that_breaks_something_else_is_not_done() {
    // With the file in force the server would demand a password that the client does not send.
    let texts = [
        (
            "compose.yaml",
            "services:\n  web:\n    build: .\n    environment: [\"REDIS_URL=redis://redis:6379\"]\n  redis:\n    \
             image: redis:7\n    ports: [\"6379:6379\"]\n    volumes: [\"./redis.conf:/etc/redis.conf\"]\n",
        ),
        ("redis.conf", "requirepass correct-horse\n"),
        ("main.py", "import os\nimport redis\n\nclient = redis.from_url(os.environ[\"REDIS_URL\"])\n"),
    ];
    let texts = texts.into_iter().map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).collect();
    let fixed = engine::fix(tree(&texts), &options(), &engine::at_least(Safety::Unsafe));
    let rules = |list: &[engine::Done]| list.iter().map(|done| done.rule).collect::<Vec<_>>();
    let [(done, why)] = fixed.refused.as_slice() else { panic!("{:?}", fixed.refused) };
    assert_eq!(
        (done.rule, why.as_str()),
        ("config-not-loaded", "afterwards there would be `missing-password` in compose.yaml")
    );
    // The others of the batch are done all the same.
    assert_eq!(rules(&fixed.applied), ["published-port"]);
}

/// JSON names no fix that would repeat a password.
#[test]
fn reports_hold_no_fix_with_a_secret() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: redis-auth}\ndata:\n  redis-password: \
                  dHVsaXAtSGFyYm9yLTU1MjEK\n";
    let texts = BTreeMap::from([("k8s/redis.yaml".to_owned(), secret.as_bytes().to_vec())]);
    let report = lint(&tree(&texts), &options());
    let fixes: Vec<_> =
        report.findings.iter().filter(|one| one.rule == "trailing-newline").flat_map(|one| &one.fixes).collect();
    assert!(fixes.iter().any(|fix| fix.holds_secret));
    let shown: Value = serde_json::from_str(&redislint::report::json::render(&report, ".")).unwrap();
    let listed = shown["findings"].as_array().unwrap().iter().find(|one| one["rule"] == "trailing-newline").unwrap();
    assert_eq!(listed["fixes"], serde_json::json!([]));

    let compose = "services:\n  redis:\n    image: redis:7\n    ports: [\"6379:6379\"]\n";
    let texts = BTreeMap::from([("compose.yaml".to_owned(), compose.as_bytes().to_vec())]);
    let report = lint(&tree(&texts), &options());
    let shown: Value = serde_json::from_str(&redislint::report::json::render(&report, ".")).unwrap();
    let fix = &shown["findings"][0]["fixes"][0];
    assert_eq!((&fix["safety"], &fix["edits"][0]["replacement"]), (&"safe".into(), &"127.0.0.1:".into()));
    let at = &fix["edits"][0]["location"];
    assert_eq!(
        (&at["path"], &at["start"]["offset"], &at["end"]["offset"]),
        (&"compose.yaml".into(), &51.into(), &51.into())
    );
}

/// What one writes is what the next one reads: the engine's texts are those of the tree.
#[test]
fn a_new_file_is_written_once() {
    let folder = tempfile::tempdir().unwrap();
    let change = Change { before: None, after: b"A=1\n".to_vec() };
    let changes = BTreeMap::from([(".env.example".to_owned(), change)]);
    redislint::fix::write::write(folder.path(), &changes).unwrap();
    let written = Tree::open(folder.path()).unwrap();
    assert!(matches!(written.read(".env.example"), Content::Bytes(bytes) if bytes == b"A=1\n"));
    let error = redislint::fix::write::write(folder.path(), &changes).unwrap_err();
    assert_eq!(error, ".env.example changed in the meantime");
}
