//! Which files are read because another one asks for them.

use super::*;

fn read(files: &[(&str, &str)]) -> (Extracted, Vec<String>) {
    let tree = Tree::from_texts(files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())));
    let mut sources = Sources::default();
    let extracted = run(&tree, &mut sources);
    let paths = sources.iter().map(|(_, source)| source.path().to_owned()).collect();
    (extracted, paths)
}

const COMPOSE: &str =
    "services:\n  app:\n    build: ./app\n    env_file: conf/app.settings\n  cache:\n    image: redis\n";

#[test]
fn what_is_asked_for_is_read_once() {
    let (extracted, paths) = read(&[
        ("compose.yml", COMPOSE),
        ("compose.override.yml", COMPOSE),
        ("conf/app.settings", "REDIS_URL=redis://cache\n"),
        ("conf/other.settings", "REDIS_URL=redis://cache\n"),
        ("docker/Dockerfile", "FROM redis\nCOPY deploy/cache.conf /etc/redis.conf\n"),
        ("deploy/cache.conf", "port 7000\ninclude /etc/more.conf\n"),
        ("deploy/more.conf", "save \"\"\n"),
    ]);
    let times = |path: &str| paths.iter().filter(|known| *known == path).count();
    for path in ["conf/app.settings", "deploy/cache.conf", "deploy/more.conf"] {
        assert_eq!(times(path), 1, "{path} in {paths:?}");
    }
    assert_eq!(times("conf/other.settings"), 0);
    assert_eq!(extracted.facts.env_files.len(), 1);
    assert_eq!(extracted.facts.confs.len(), 2);
}

#[test]
fn circles_end() {
    let (extracted, _) = read(&[
        ("redis.conf", "include other.conf\n"),
        ("other.conf", "include redis.conf\ninclude other.conf\n"),
        ("app/a.py", "from app.b import REDIS_URL\nimport redis\n"),
        ("app/b.py", "from app.a import x\nREDIS_URL = x\n"),
    ]);
    assert_eq!(extracted.facts.confs.len(), 2);
    assert_eq!(extracted.facts.modules.len(), 2);
}

#[test]
fn nothing_outside_the_root_is_asked_for() {
    let (extracted, paths) = read(&[
        ("compose.yml", "services:\n  a:\n    image: redis\n    env_file: [../x.env, /etc/passwd, ~/y.env]\n"),
        ("redis.conf", "include ../../etc/passwd\naclfile /etc/shadow\n"),
    ]);
    assert_eq!(paths, ["compose.yml", "redis.conf"]);
    assert_eq!(extracted.index.files().count(), 2);
}

#[test]
fn the_order_of_the_files_changes_nothing() {
    let mut files = vec![
        ("compose.yml", COMPOSE),
        ("conf/app.settings", "A=1\n"),
        ("z.py", "import redis\n"),
        ("a.py", "import redis\nimport z\n"),
        (".env", "B=1\n"),
    ];
    let (_, forward) = read(&files);
    files.reverse();
    let (_, backward) = read(&files);
    assert_eq!(forward, backward);
}

#[test]
fn a_broken_encoding_is_said_and_the_rest_is_read() {
    let tree = Tree::from_texts([(".env".to_owned(), b"A=\xFF\nREDIS_URL=redis://x\n".to_vec())]);
    let extracted = run(&tree, &mut Sources::default());
    assert_eq!(extracted.facts.env_files.len(), 1);
    assert_eq!(extracted.notices.iter().map(|notice| notice.code).collect::<Vec<_>>(), ["invalid-encoding"]);
}

#[test]
fn a_file_that_may_not_be_read_is_not_absent() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("compose.yml"), COMPOSE).unwrap();
    std::fs::create_dir(folder.path().join("conf")).unwrap();
    let file = std::fs::File::create(folder.path().join("conf/app.settings")).unwrap();
    file.set_len(crate::tree::MAX_FILE_SIZE + 1).unwrap();
    let tree = Tree::open(folder.path()).unwrap();
    let extracted = run(&tree, &mut Sources::default());
    assert_ne!(extracted.index.presence("conf/app.settings"), Presence::Absent);
    assert_eq!(extracted.notices.iter().map(|notice| notice.code).collect::<Vec<_>>(), ["file-too-large"]);
}
