//! Forms of the report as a workflow meets them: several at once, chosen by the place where redislint runs, and with
//! paths that fit the repository.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
mod support;

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

/// An open server on all interfaces.
const OPEN: &str = "services:\n  redis:\n    image: redis:7.4\n    ports:\n      - 6379:6379\n";

fn repository(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// Runs redislint in a folder: exit code, standard output, standard error.
fn run(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> (i32, String, String) {
    let mut command = support::redislint();
    let output = command.current_dir(folder).envs(variables.iter().copied()).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn several_forms_are_written_at_once() {
    let folder = repository(&[("compose.yaml", OPEN)]);
    let arguments = [
        "--output",
        "sarif=a=b.sarif",
        "--output",
        "gitlab=gl.json",
        "--output",
        "junit=j.xml",
        "--output",
        "markdown=m.md",
        "--output",
        "github=g.txt",
        "--output",
        "text=t.txt",
        "--output",
        "json=r.json",
        "--output",
        "concise=c.txt",
    ];
    let (code, text, _) = run(folder.path(), &[], &arguments);
    assert_eq!(code, 1);
    assert!(text.starts_with("error[published-port]\n"), "{text}");
    for arguments in arguments.chunks(2) {
        let (format, file) = arguments[1].split_once('=').unwrap();
        let written = fs::read_to_string(folder.path().join(file)).unwrap();
        let (_, printed, _) = run(folder.path(), &[], &["--format", format, "--quiet"]);
        assert_eq!(written, printed, "{format}");
        assert!(written.contains("published-port"), "{format}: {written}");
    }
}

#[test]
fn an_output_that_can_not_be_is_wrong_usage() {
    let folder = repository(&[("compose.yaml", OPEN)]);
    for output in ["sarif", "sarif=", "xml=a", "=a", "sarif=no/such/folder/a"] {
        let (code, printed, said) = run(folder.path(), &[], &["--output", output]);
        assert_eq!((code, printed.as_str()), (2, ""), "{output}");
        assert!(!said.is_empty(), "{output}");
    }
}

#[test]
fn github_actions_gets_annotations_unless_told_otherwise() {
    let folder = repository(&[("compose.yaml", OPEN)]);
    let actions = ("GITHUB_ACTIONS", "true");
    let first = |variables: &[(&str, &str)], arguments: &[&str]| {
        run(folder.path(), variables, arguments).1.split(' ').next().unwrap().to_owned()
    };
    assert_eq!(first(&[actions], &[]), "::error");
    assert_eq!(first(&[("GITHUB_ACTIONS", "false")], &[]), "error[published-port]\n\n");
    assert_eq!(first(&[actions, ("REDISLINT_FORMAT", "concise")], &[]), "compose.yaml:5:9:");
    assert_eq!(first(&[actions, ("REDISLINT_FORMAT", "")], &[]), "::error");
    assert_eq!(first(&[actions, ("REDISLINT_FORMAT", "xml")], &["--format", "concise"]), "compose.yaml:5:9:");
    let (code, _, said) = run(folder.path(), &[("REDISLINT_FORMAT", "xml")], &[]);
    assert!(code == 2 && said.contains("REDISLINT_FORMAT"), "{said}");
}

#[test]
fn the_summary_of_the_job_is_added_to() {
    let folder = repository(&[("compose.yaml", OPEN)]);
    let summary = folder.path().join("summary.md");
    fs::write(&summary, "before\n").unwrap();
    let variables = [("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap())];
    run(folder.path(), &variables, &["--format", "text"]);
    assert_eq!(fs::read_to_string(&summary).unwrap(), "before\n");
    run(folder.path(), &variables, &[]);
    let table = run(folder.path(), &[], &["--format", "markdown"]).1;
    assert_eq!(fs::read_to_string(&summary).unwrap(), format!("before\n{table}"));
}

#[test]
fn the_summary_stays_below_what_github_takes() {
    let mut compose = String::from("services:\n");
    for nth in 0..4_000 {
        compose.extend([format!("  s{nth}:\n    image: redis:7.4\n    ports: ['{}:6379']\n", 10_000 + nth)]);
    }
    let folder = repository(&[("compose.yaml", &compose)]);
    let summary = folder.path().join("summary.md");
    run(folder.path(), &[("GITHUB_STEP_SUMMARY", summary.to_str().unwrap())], &["--format", "github"]);
    let size = fs::metadata(&summary).unwrap().len();
    assert!((700_000..1 << 20).contains(&size), "{size}");
}

#[test]
fn a_scanned_file_commands_no_runner() {
    let folder = repository(&[("::warning file=x::y/compose.yaml", OPEN), ("##[error]z/compose.yaml", OPEN)]);
    for arguments in [&["--format", "concise"] as &[&str], &[], &["--format", "text"], &["inspect"]] {
        let (_, printed, said) = run(folder.path(), &[("GITHUB_ACTIONS", "true")], arguments);
        for line in printed.lines().chain(said.lines()) {
            let ours = arguments.is_empty() && line.starts_with("::error file=");
            assert!(ours || !line.trim_start().starts_with("::") && !line.contains("##["), "{line}");
        }
    }
    assert!(run(folder.path(), &[], &["--format", "concise"]).1.contains("##[error]z/compose.yaml:"));
}

#[test]
fn programs_get_paths_from_the_top_of_the_repository() {
    let folder = repository(&[(".git/HEAD", ""), ("deploy/shop/compose.yaml", OPEN), ("deploy/redislint.toml", "")]);
    let shop = folder.path().join("deploy/shop");
    let form = |format| run(&shop, &[], &["--format", format]).1;
    assert!(form("github").contains("file=deploy/shop/compose.yaml,"), "{}", form("github"));
    assert!(form("markdown").contains("`deploy/shop/compose.yaml:5:9`"), "{}", form("markdown"));
    assert!(form("junit").contains("file=\"deploy/shop/compose.yaml\""), "{}", form("junit"));
    let issues: Value = serde_json::from_str(&form("gitlab")).unwrap();
    assert_eq!(issues[0]["location"]["path"], "deploy/shop/compose.yaml");
    let log: Value = serde_json::from_str(&form("sarif")).unwrap();
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "deploy/shop/compose.yaml");
    // People see the paths as they would type them below the root that is analysed.
    assert!(form("concise").starts_with("shop/compose.yaml:5:9: "), "{}", form("concise"));
}

/// Of every place in every fixture, lines and columns say the same as bytes, and the schema has nothing against it.
#[test]
fn sarif_of_every_fixture_fits_the_schema_and_the_files() {
    let mut schema: Value = serde_json::from_str(include_str!("schemas/sarif-2.1.0.json")).unwrap();
    // The one pattern of the schema that is no regular expression, for a property that we do not write.
    for object in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][object]["properties"]["language"];
        assert!(language.as_object_mut().unwrap().remove("pattern").is_some());
    }
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let mut places = 0;
    for variant in support::variants() {
        let text = support::stdout(&["--root", &variant.root, "--format", "sarif", "--pedantic"]);
        let log: Value = serde_json::from_str(&text).unwrap();
        let errors: Vec<String> = validator.iter_errors(&log).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", variant.name);
        walk(&log, &mut |place| {
            places += 1;
            let uri = place["artifactLocation"]["uri"].as_str().unwrap();
            let bytes = fs::read(support::project().join(uri)).unwrap();
            let region = &place["region"];
            let number = |key: &str| usize::try_from(region[key].as_u64().unwrap()).unwrap();
            let (start, length) = (number("byteOffset"), number("byteLength"));
            let at = |line, column| offset(&bytes, number(line), number(column));
            assert_eq!(at("startLine", "startColumn"), start, "{}: {place}", variant.name);
            assert_eq!(at("endLine", "endColumn"), start + length, "{}: {place}", variant.name);
        });
    }
    assert!(places > 100, "{places} places");
}

fn walk(value: &Value, visit: &mut impl FnMut(&Value)) {
    if value["region"].is_object() {
        visit(value);
    }
    let inside: Vec<&Value> = match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => Vec::new(),
    };
    for value in inside {
        walk(value, visit);
    }
}

/// The offset of a line and a column, counted as SARIF says: lines end with CR, LF or both, columns are code points.
fn offset(bytes: &[u8], line: usize, column: usize) -> usize {
    let mut start = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    for _ in 1..line {
        let end = bytes[start..].iter().position(|byte| b"\r\n".contains(byte)).unwrap();
        start += end + if bytes[start + end..].starts_with(b"\r\n") { 2 } else { 1 };
    }
    let rest = String::from_utf8_lossy(&bytes[start..]).into_owned();
    start + rest.chars().take(column - 1).map(char::len_utf8).sum::<usize>()
}
