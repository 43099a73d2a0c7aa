//! A disk that fails: reads that end in an error, files that vanish, become something else or take their time, outputs
//! that can't be written. A run ends as ever; what it could not read it names.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use redislint::tree::Tree;
use redislint::{Options, lint};

const FILES: [(&str, &str); 4] = [
    (
        "compose.yml",
        "services:\n  redis:\n    image: redis:7\n    ports: [\"6379:6379\"]\n    command: redis-server /c/redis.conf\n    \
         volumes: [\"./redis.conf:/c/redis.conf\"]\n  app:\n    build: .\n    env_file: app.env\n",
    ),
    ("redis.conf", "requirepass s3cr3t-0f-tests\n"),
    ("app.env", "REDIS_URL=redis://:an0ther-s3cret@redis:6379/0\n"),
    ("app.py", "import os, redis\nr = redis.from_url(os.environ[\"REDIS_URL\"])\n"),
];

fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in FILES {
        fs::write(folder.path().join(path), text).unwrap();
    }
    // Whoever runs redislint in these tests may look into it.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn redislint() -> Command {
    Command::new(assert_cmd::cargo::cargo_bin!("redislint"))
}

/// The exit code and all that is printed; it must not break off.
fn run(command: &mut Command) -> (i32, String) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let code = output.status.code().unwrap_or_else(|| panic!("{}: {said}", output.status));
    assert!(code <= 2 && !said.contains("broke off"), "{code}: {said}");
    (code, said)
}

/// Between the walk and the reading anything may happen.
#[test]
fn a_file_that_is_another_when_it_is_read_is_a_notice() {
    type Change = (&'static str, fn(&Path), &'static str);
    let changes: [Change; 5] = [
        ("vanishes", |path| fs::remove_file(path).unwrap(), "unreadable"),
        (
            "becomes a folder",
            |path| {
                fs::remove_file(path).unwrap();
                fs::create_dir(path).unwrap();
            },
            "unreadable",
        ),
        (
            "becomes a link",
            |path| {
                fs::remove_file(path).unwrap();
                symlink("/etc/passwd", path).unwrap();
            },
            "symlink",
        ),
        (
            "becomes a pipe",
            |path| {
                fs::remove_file(path).unwrap();
                assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
            },
            "unreadable",
        ),
        (
            "grows",
            |path| fs::File::options().write(true).open(path).unwrap().set_len(1 << 40).unwrap(),
            "file-too-large",
        ),
    ];
    for (what, change, code) in changes {
        for (path, _) in FILES {
            let folder = repository();
            let tree = Tree::open(folder.path()).unwrap();
            change(&folder.path().join(path));
            let report = lint(&tree, &Options::default());
            let told = report.notices.iter().any(|notice| notice.code == code && notice.path.as_deref() == Some(path));
            assert!(told, "{path} {what}: {:?}", report.notices);
        }
    }
}

#[test]
fn what_may_not_be_read_is_a_notice() {
    let folder = repository();
    fs::set_permissions(folder.path().join("app.env"), fs::Permissions::from_mode(0o0)).unwrap();
    fs::create_dir(folder.path().join("closed")).unwrap();
    fs::set_permissions(folder.path().join("closed"), fs::Permissions::from_mode(0o0)).unwrap();
    let mut command = redislint();
    // Nothing is denied to root; then a user without rights runs a program that it can reach.
    let copy = folder.path().join("program");
    if fs::File::open(folder.path().join("app.env")).is_ok() {
        fs::copy(assert_cmd::cargo::cargo_bin!("redislint"), &copy).unwrap();
        command = Command::new(&copy);
        command.uid(65_534).gid(65_534);
    }
    let (_, said) = run(command.args(["--format", "json", "--root"]).arg(folder.path()).current_dir("/"));
    let report: serde_json::Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
    let notices = report["notices"].as_array().unwrap();
    for path in ["app.env", "closed"] {
        let told = notices.iter().any(|notice| notice["code"] == "unreadable" && notice.to_string().contains(path));
        assert!(told, "{path}: {said}");
    }
    fs::set_permissions(folder.path().join("closed"), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn an_output_that_can_not_be_written_is_told() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let folder = repository();
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    for format in ["text", "json", "sarif"] {
        let output =
            redislint().args(["--format", format, "--root"]).arg(folder.path()).stdout(full()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{format}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("can't write"), "{format}: {output:?}");
        let (code, said) =
            run(redislint().arg("--output").arg(format!("{format}=/dev/full")).arg("--root").arg(folder.path()));
        assert!(code == 2 && said.contains("can't write /dev/full"), "{format}: {code} {said}");
    }
    let (code, said) = run(redislint().args(["--write-baseline", "/dev/full", "--root"]).arg(folder.path()));
    assert!(code == 2 && said.contains("can't write /dev/full"), "{code} {said}");
}

/// Every open and every read of a run, one after the other.
#[cfg(target_os = "linux")]
#[test]
fn every_call_may_fail() {
    let library = library();
    let folder = repository();
    let run = |kind: &str, at: usize| {
        let mut command = redislint();
        command.args(["--format", "json", "--root"]).arg(folder.path()).current_dir(folder.path());
        let root = fs::canonicalize(folder.path()).unwrap().join("");
        command
            .env("LD_PRELOAD", &library.1)
            .env("FAULT", kind)
            .env("FAULT_AT", at.to_string())
            .env("FAULT_ROOT", root);
        run(&mut command)
    };
    let (code, whole) = run("none", 0);
    assert!(code == 1 && !whole.contains("unreadable"), "{code}: {whole}");
    for (kind, is_told) in
        [("vanish", true), ("deny", true), ("crowd", true), ("fail", true), ("stall", false), ("short", false)]
    {
        let mut disturbed = 0;
        // More calls than a run of four files makes; a delay is a second each.
        for at in 1..=if kind == "stall" { 4 } else { 16 } {
            let (code, said) = run(kind, at);
            if said != whole {
                assert!(is_told && code <= 1 && said.contains("\"unreadable\""), "{kind} {at}: {code} {said}");
                disturbed += 1;
            }
        }
        assert_eq!(disturbed >= FILES.len(), is_told, "{kind}: {disturbed}");
    }
}

/// The library that disturbs, built with the compiler that links Rust's programs too.
#[cfg(target_os = "linux")]
fn library() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("faults.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile/faults.c");
    let built =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).arg("-ldl").status().unwrap();
    assert!(built.success());
    (folder, library)
}
