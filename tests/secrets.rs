//! No password of a scanned file appears in any output, in no form and not in part, unless `--show-secrets` asks for it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
mod support;

use std::fmt::Write as _;
use std::fs;

/// So many characters of a password in a row give too much of it away.
const PART: usize = 6;

const REPORTS: [&[&str]; 11] = [
    &["--format", "text"],
    &["--format", "text", "--color", "always"],
    &["--format", "json"],
    &["--format", "concise"],
    &["--format", "sarif"],
    &["--format", "github"],
    &["--format", "gitlab"],
    &["--format", "junit"],
    &["--format", "markdown"],
    &["inspect", "--format", "text"],
    &["inspect", "--format", "json"],
];

const CHANGES: [&[&str]; 3] = [
    &["--fix", "--unsafe-fixes", "--dry-run"],
    &["fix", "--auth", "remove", "--dry-run"],
    &["fix", "--auth", "require", "--dry-run"],
];

#[test]
fn no_report_holds_a_password() {
    hold_no_password(&REPORTS);
}

#[test]
fn no_change_that_is_shown_holds_a_password() {
    hold_no_password(&CHANGES);
}

fn hold_no_password(outputs: &[&[&str]]) {
    let passwords = passwords();
    for variant in support::variants() {
        for output in outputs {
            let mut arguments = output.to_vec();
            arguments.extend(["--root", &variant.root]);
            if output[0] == "--format" {
                arguments.extend(["--min-confidence", "low", "--pedantic"]);
            }
            let shown = support::redislint().args(&arguments).output().unwrap();
            // A way out that is refused is an error, and tells why.
            let most = if output[0] == "fix" { 2 } else { 1 };
            assert!(shown.status.code().is_some_and(|code| code <= most), "{arguments:?}: {shown:?}");
            let shown = String::from_utf8_lossy(&shown.stdout).into_owned() + &String::from_utf8_lossy(&shown.stderr);
            assert!(!shown.is_empty(), "{arguments:?} printed nothing");
            let shown = without_rules(&shown);
            for form in passwords.iter().flat_map(|password| forms(password)) {
                // The failure must not print what it is about; the form's beginning tells which one it is.
                let at = shown.find(&form).map(|at| shown[..at].lines().count());
                assert_eq!(at, None, "{arguments:?} shows `{}…` in the line of this number", &form[..2]);
            }
        }
    }
}

/// SARIF holds the documentation of the rules, whose examples use passwords of fixtures; it is the same for everyone.
fn without_rules(shown: &str) -> String {
    let Ok(mut log) = serde_json::from_str::<serde_json::Value>(shown) else { return shown.to_owned() };
    if let Some(rules) = log.pointer_mut("/runs/0/tool/driver/rules") {
        *rules = serde_json::Value::Null;
    }
    format!("{log:#}")
}

#[test]
fn show_secrets_shows_them() {
    let root = "fixtures/payments-http-500/server-with-password";
    let shown = support::stdout(&["inspect", "--format", "json", "--show-secrets", "--root", root]);
    assert!(shown.contains("Quill-Harbor-4179"), "{shown}");
}

/// The log of a job is read by more people than those who may know a password.
#[test]
fn a_job_shows_no_secrets_unless_forced() {
    let root = "fixtures/payments-http-500/server-with-password";
    let run = |variable: (&str, &str), flag: &str| {
        let mut command = support::redislint();
        let output = command.env(variable.0, variable.1).args(["inspect", "--root", root, flag]).output().unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), shown.contains("Quill-Harbor-4179"), shown.is_empty())
    };
    for variable in
        [("CI", "true"), ("CI", "1"), ("GITHUB_ACTIONS", "true"), ("TF_BUILD", "True"), ("JENKINS_URL", "http://ci")]
    {
        assert_eq!(run(variable, "--show-secrets"), (Some(2), false, true), "{variable:?}");
        assert_eq!(run(variable, "--show-secrets=always"), (Some(0), true, false), "{variable:?}");
    }
    for variable in [("CI", "false"), ("CI", ""), ("PATH_OF_NO_CI", "true")] {
        assert_eq!(run(variable, "--show-secrets"), (Some(0), true, false), "{variable:?}");
    }
}

#[test]
fn the_list_of_passwords_is_complete_and_true() {
    let passwords = passwords();
    let mut files = String::new();
    for entry in walkdir::WalkDir::new(support::project().join("fixtures")) {
        let entry = entry.unwrap();
        let is_repository_file = entry.depth() > 2 && entry.file_type().is_file();
        if is_repository_file {
            files += &String::from_utf8_lossy(&fs::read(entry.path()).unwrap());
        }
    }
    for password in &passwords {
        assert!(files.contains(password.as_str()), "no fixture holds `{password}`");
    }
    let known: Vec<String> = passwords
        .iter()
        .flat_map(|password| [password.clone(), percent_encoded(password), base64(password.as_bytes())])
        .collect();
    for variant in support::variants() {
        let table = fs::read_to_string(variant.beside("faults")).unwrap();
        for (block, at) in table.lines().zip(table.lines().skip(1)) {
            if block.ends_with(" hardcoded-password") {
                let text = at.rsplit(' ').next().unwrap();
                let is_known = known.iter().any(|password| password == text)
                    || passwords.iter().flat_map(|password| within_base64(password)).any(|form| text.contains(&form));
                assert!(is_known, "{}: add `{text}` to the list", variant.name);
            }
        }
    }
}

#[test]
fn forms_are_as_encoders_write_them() {
    assert_eq!(percent_encoded("S@lt/7"), "S%40lt%2F7");
    assert_eq!(base64(b"pw"), "cHc=");
    assert_eq!(base64(b"p@w"), "cEB3");
    assert_eq!(base64(b"p@ss"), "cEBzcw==");
    for before in ["", "r", "re", "redis://:"] {
        let whole = base64(format!("{before}p@ss-word@h").as_bytes());
        assert!(within_base64("p@ss-word").iter().any(|form| whole.contains(form)), "{whole}");
    }
}

fn passwords() -> Vec<String> {
    let list = fs::read_to_string(support::project().join("fixtures/passwords.txt")).unwrap();
    let passwords: Vec<_> = list.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    assert!(passwords.iter().all(|password| password.is_ascii() && password.len() >= PART));
    passwords
}

/// Every part of a password that gives it away, the ways in which tools write it, and those ways in other cases.
fn forms(password: &str) -> Vec<String> {
    let encoded = percent_encoded(password);
    let mut forms: Vec<String> = [password, &encoded]
        .iter()
        .flat_map(|form| (0..=form.len() - PART).map(|at| form[at..at + PART].to_owned()))
        .collect();
    forms.push(password.replace('/', "\\/")[..PART].to_owned());
    forms.push(base64(password.as_bytes()).trim_end_matches('=').to_owned());
    forms.push(base64(format!("{password}\n").as_bytes()));
    forms.push(base64(format!(":{password}").as_bytes()).trim_end_matches('=').to_owned());
    forms.extend(within_base64(password));
    forms
}

/// What base64 makes of a password alone, whatever number of bytes stands before it.
fn within_base64(password: &str) -> Vec<String> {
    let shifted = |shift: usize| {
        let bytes: Vec<u8> = std::iter::repeat_n(0, shift).chain(password.bytes()).collect();
        base64(&bytes)[(shift * 8).div_ceil(6)..bytes.len() * 8 / 6].to_owned()
    };
    (0..3).map(shifted).collect()
}

fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte.into());
        } else {
            write!(encoded, "%{byte:02X}").unwrap();
        }
        encoded
    })
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for chunk in bytes.chunks(3) {
        let group = (0..3).fold(0, |group, at| group << 8 | usize::from(chunk.get(at).copied().unwrap_or(0)));
        for at in 0..4 {
            let character = if at <= chunk.len() { ALPHABET[group >> (18 - 6 * at) & 63] } else { b'=' };
            encoded.push(character.into());
        }
    }
    encoded
}
