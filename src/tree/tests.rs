//! What is listed, what is read, and what is not.

use std::fs;
use std::path::Path;

use super::*;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn listed(root: &Path) -> Vec<String> {
    Tree::open(root).unwrap().index().files().map(str::to_owned).collect()
}

fn text(tree: &Tree, path: &str) -> Option<String> {
    match tree.read(path) {
        Content::Bytes(bytes) => Some(String::from_utf8(bytes).unwrap()),
        _ => None,
    }
}

#[test]
fn ignored_files_are_left_out_but_env_files_decide() {
    let folder = folder(&[
        (".gitignore", ".env*\nbuild/\n"),
        (".redislintignore", "vendor/\nweb/.env\n"),
        (".git/config", "[core]"),
        (".env", "A=1"),
        (".hidden/a.yml", ""),
        ("build/.env", "B=1"),
        ("build/compose.yml", ""),
        ("vendor/compose.yml", ""),
        ("api/.env.staging", "C=1"),
        ("api/main.py", ""),
        ("lib/.env", "D=1"),
        ("lib/a.txt", ""),
        ("web/.env", "E=1"),
        ("web/compose.yml", ""),
    ]);
    assert_eq!(
        listed(folder.path()),
        [
            ".env",
            ".gitignore",
            ".hidden/a.yml",
            ".redislintignore",
            "api/.env.staging",
            "api/main.py",
            "lib/a.txt",
            "web/compose.yml"
        ]
    );
}

#[test]
fn ignored_files_are_read_when_asked_for() {
    let folder = folder(&[(".gitignore", "secrets/\n"), ("secrets/redis.env", "A=1")]);
    let tree = Tree::open(folder.path()).unwrap();
    assert_eq!(text(&tree, "secrets/redis.env").as_deref(), Some("A=1"));
    assert_eq!(tree.index().presence("secrets/redis.env"), Presence::Ignored);
    assert_eq!(tree.index().presence("secrets"), Presence::Ignored);
    assert_eq!(tree.index().presence("other.env"), Presence::Absent);
}

#[test]
fn deeper_ignore_files_win() {
    let tree = Tree::from_texts([
        (".gitignore".to_owned(), b"*.env\n".to_vec()),
        ("a/.gitignore".to_owned(), b"!keep.env\n/local\n".to_vec()),
    ]);
    let presence = |path| tree.index().presence(path);
    assert_eq!(presence("b/keep.env"), Presence::Ignored);
    assert_eq!(presence("a/keep.env"), Presence::Absent);
    assert_eq!(presence("a/local/x"), Presence::Ignored);
    assert_eq!(presence("ab/local/x"), Presence::Absent);
}

#[cfg(unix)]
#[test]
fn nothing_outside_the_root_is_read() {
    let outside = folder(&[("secret", "S"), ("dir/secret", "S")]);
    let folder = folder(&[("a.txt", "A")]);
    let root = folder.path().join("root");
    fs::create_dir(&root).unwrap();
    std::os::unix::fs::symlink(outside.path().join("secret"), root.join("file")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("dir"), root.join("dir")).unwrap();
    let tree = Tree::open(&root).unwrap();
    assert_eq!(tree.index().files().count(), 0);
    for path in ["../a.txt", "file", "dir/secret", "x/../../a.txt", outside.path().join("secret").to_str().unwrap()] {
        assert!(text(&tree, path).is_none(), "{path}");
    }
}

#[cfg(unix)]
#[test]
fn pipes_are_never_opened() {
    let folder = folder(&[("a.txt", "A")]);
    assert!(std::process::Command::new("mkfifo").arg(folder.path().join(".env")).status().unwrap().success());
    let tree = Tree::open(folder.path()).unwrap();
    assert_eq!(tree.index().files().collect::<Vec<_>>(), ["a.txt"]);
    assert!(matches!(tree.read(".env"), Content::Refused(_)));
}

#[test]
fn large_files_are_refused() {
    let folder = folder(&[]);
    let file = fs::File::create(folder.path().join("big.py")).unwrap();
    file.set_len(MAX_FILE_SIZE + 1).unwrap();
    let tree = Tree::open(folder.path()).unwrap();
    let Content::Refused(notice) = tree.read("big.py") else { panic!("was read") };
    assert_eq!(notice.code, "file-too-large");
    let tree = Tree::from_texts([("big.py".to_owned(), vec![b' '; 1 + usize::try_from(MAX_FILE_SIZE).unwrap()])]);
    assert!(matches!(tree.read("big.py"), Content::Refused(_)));
}

#[test]
fn overlays_stand_in_for_files() {
    let folder = folder(&[("a.txt", "on disk"), ("b.txt", "on disk")]);
    let mut tree = Tree::open(folder.path()).unwrap();
    tree.overlay("./a.txt", b"edited".to_vec());
    tree.overlay("new/c.txt", b"new".to_vec());
    tree.overlay("../d.txt", b"outside".to_vec());
    assert_eq!(text(&tree, "a.txt").as_deref(), Some("edited"));
    assert_eq!(text(&tree, "b.txt").as_deref(), Some("on disk"));
    assert_eq!(tree.index().files().collect::<Vec<_>>(), ["a.txt", "b.txt", "new/c.txt"]);
}

#[test]
fn the_root_is_the_nearest_marked_folder() {
    let folder = folder(&[
        ("repo/.git/config", ""),
        ("repo/app/redislint.toml", ""),
        ("repo/app/src/a.py", ""),
        ("repo/b/c.py", ""),
    ]);
    let base = fs::canonicalize(folder.path()).unwrap();
    let locate = |paths: &[&str]| {
        let paths: Vec<_> = paths.iter().map(|path| base.join(path)).collect();
        let found = locate(&paths, None).unwrap();
        let root = found.root.strip_prefix(&base).unwrap();
        (root.to_str().unwrap().replace(std::path::MAIN_SEPARATOR, "/"), found.paths)
    };
    assert_eq!(locate(&["repo/app/src/a.py"]), ("repo/app".to_owned(), vec!["src/a.py".to_owned()]));
    assert_eq!(locate(&["repo/app"]), ("repo/app".to_owned(), Vec::new()));
    assert_eq!(locate(&["repo/app/src", "repo/b"]), ("repo".to_owned(), vec!["app/src".to_owned(), "b".to_owned()]));
    assert_eq!(locate(&["repo", "repo/b"]), ("repo".to_owned(), Vec::new()));
}

#[test]
fn a_given_root_must_hold_the_paths() {
    let folder = folder(&[("a/x", ""), ("b/y", "")]);
    let (a, b) = (folder.path().join("a"), folder.path().join("b/y"));
    assert!(matches!(locate(std::slice::from_ref(&b), Some(&a)), Err(TreeError::Outside(_))));
    assert!(matches!(locate(&[a.join("nope")], None), Err(TreeError::NotFound(_))));
    assert!(matches!(locate(&[], Some(&b)), Err(TreeError::NotAFolder(_))));
    assert_eq!(locate(&[a.join("x")], Some(&a)).unwrap().paths, ["x"]);
}

#[test]
fn many_files_are_answered_in_order() {
    let tree = Tree::from_texts((0..100).map(|n| (format!("{n}"), vec![n])));
    let paths: Vec<String> = (0..100).rev().map(|n| n.to_string()).collect();
    let answers = tree.read_many(&paths, |_, bytes| bytes[0] % 2 == 0);
    for (path, answer) in paths.iter().zip(answers) {
        let wanted = path.parse::<u8>().unwrap();
        match answer {
            Some(Content::Bytes(bytes)) => assert_eq!(bytes, [wanted]),
            None => assert_eq!(wanted % 2, 1),
            _ => panic!("not read"),
        }
    }
}
