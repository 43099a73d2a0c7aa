//! Every kind of file, as its tools write it.

use super::*;

const MAX: u32 = u32::MAX;

fn pins(path: &str, text: &str) -> Vec<(String, Family, VersionRange)> {
    let (files, _) = extract(FileId(0), path, text);
    let pins = files.into_iter().flat_map(|file| {
        let folder = file.folder.clone();
        file.pins.into_iter().map(move |pin| (folder.clone(), pin.package, pin.range))
    });
    pins.collect()
}

fn range(from: (u32, u32), to: (u32, u32)) -> VersionRange {
    VersionRange { from: Some(from), to: Some(to) }
}

#[track_caller]
fn one(path: &str, text: &str, from: (u32, u32), to: (u32, u32)) {
    assert_eq!(pins(path, text), [(folder_of(path), Family::RedisPy, range(from, to))], "{path}: {text}");
}

#[test]
fn requirement_lines() {
    for (line, from, to) in [
        ("redis==5.0.1", (5, 0), (5, 0)),
        ("redis[hiredis]>=4.5,<6", (4, 5), (5, MAX)),
        ("redis ~= 5.0", (5, 0), (5, MAX)),
        ("redis~=5.0.1", (5, 0), (5, 0)),
        ("redis==4.*", (4, 0), (4, MAX)),
        ("redis (>=4,<5)", (4, 0), (4, MAX)),
        ("Redis>=7,<8 ; python_version > \"3.8\"", (7, 0), (7, MAX)),
        ("redis==5.0.1 \\\n    --hash=sha256:0dab --hash=sha256:ffff", (5, 0), (5, 0)),
        ("redis==5.0.1  # why", (5, 0), (5, 0)),
    ] {
        one("a/requirements.txt", line, from, to);
    }
    for line in ["redis-om==0.1", "redislite", "django-redis==5", "# redis==5", "redis_lock", "redis is great"] {
        assert!(pins("requirements.txt", line).is_empty(), "{line}");
    }
    assert_eq!(pins("requirements/base.txt", "redis")[0].0, "");
    assert_eq!(pins("requirements.txt", "redis @ git+https://example.com/redis")[0].2, VersionRange::default());
    let (files, requests) = extract(FileId(0), "a/requirements.txt", "-r ../base.txt\n--constraint=pins.txt\n");
    assert_eq!(files[0].includes, ["base.txt", "a/pins.txt"]);
    assert_eq!(requests.len(), 2);
}

#[test]
fn manifests_of_python() {
    one("pyproject.toml", "[project]\ndependencies = [\n  \"redis[hiredis]>=5.2,<6\",\n]\n", (5, 2), (5, MAX));
    one(
        "pyproject.toml",
        "[tool.poetry.dependencies]\nredis = {extras = [\"hiredis\"], version = \"^4.3\"}\n",
        (4, 3),
        (4, MAX),
    );
    one("pyproject.toml", "[tool.poetry.group.main.dependencies]\nRedis = \"~4.3\"\n", (4, 3), (4, 3));
    one("pyproject.toml", "[dependency-groups]\ndev = [\"redis==7.1.0\", {include-group = \"x\"}]\n", (7, 1), (7, 1));
    one("Pipfile", "[packages]\nredis = \"==5.0.8\"\n", (5, 0), (5, 0));
    one("setup.cfg", "[options]\ninstall_requires =\n    click\n    redis>=4,<5\n", (4, 0), (4, MAX));
    one("setup.py", "setup(install_requires=['click', 'redis>=4,<5'])", (4, 0), (4, MAX));
    one("environment.yml", "dependencies:\n  - redis=7.2\n  - redis-py=4.5.1\n", (4, 5), (4, 5));
    one("environment.yml", "dependencies:\n  - pip:\n    - redis==5.0.1\n  - redis=7\n", (5, 0), (5, 0));
    assert!(pins("setup.py", "setup(name='x', keywords='redis')").is_empty());
}

#[test]
fn lock_files_of_python() {
    one(
        "uv.lock",
        "[[package]]\nname = \"redis\"\nversion = \"7.0.1\"\n\n[[package]]\nname = \"rq\"\nversion = \"1.0\"\n",
        (7, 0),
        (7, 0),
    );
    one("Pipfile.lock", "{\"default\": {\"redis\": {\"hashes\": [], \"version\": \"==5.0.8\"}}}", (5, 0), (5, 0));
}

#[test]
fn files_of_node() {
    let found = |path: &str, text: &str| {
        let show = |(folder, package, range): (String, Family, VersionRange)| (folder, package, range.from, range.to);
        pins(path, text).into_iter().map(show).collect::<Vec<_>>()
    };
    let here = |package, version: (u32, u32)| (String::new(), package, Some(version), Some(version));
    assert_eq!(
        found(
            "package.json",
            "{\"dependencies\": {\"ioredis\": \"^5.3.2\"}, \"devDependencies\": {\"redis\": \"4.6.x\"}}"
        ),
        [here(Family::NodeRedis, (4, 6)), (String::new(), Family::Ioredis, Some((5, 3)), Some((5, MAX)))]
    );
    let npm = "{\"packages\": {\"node_modules/redis\": {\"version\": \"4.6.7\"}, \"node_modules/bull/node_modules/ioredis\": \
               {\"version\": \"4.28.0\"}, \"apps/api/node_modules/ioredis\": {\"version\": \"5.4.1\"}}}";
    assert_eq!(
        found("package-lock.json", npm),
        [here(Family::NodeRedis, (4, 6)), ("apps/api".to_owned(), Family::Ioredis, Some((5, 4)), Some((5, 4)))]
    );
    assert_eq!(
        found("package-lock.json", "{\"dependencies\": {\"redis\": {\"version\": \"3.1.2\"}}}"),
        [here(Family::NodeRedis, (3, 1))]
    );
    let pnpm = "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      redis:\n        specifier: ^4.6.7\n        \
                version: 4.6.7\n  apps/api:\n    dependencies:\n      ioredis:\n        specifier: ^5\n        version: \
                5.4.1(supports-color@8)\n\npackages:\n\n  redis@4.6.7:\n    resolution: {}\n";
    assert_eq!(
        found("pnpm-lock.yaml", pnpm),
        [here(Family::NodeRedis, (4, 6)), ("apps/api".to_owned(), Family::Ioredis, Some((5, 4)), Some((5, 4)))]
    );
    assert_eq!(
        found("pnpm-lock.yaml", "lockfileVersion: 5.4\n\ndependencies:\n  ioredis: 5.2.0\n"),
        [here(Family::Ioredis, (5, 2))]
    );
    assert_eq!(found("yarn.lock", "redis-parser@^3:\n  version \"3.0.0\"\n"), []);
}
