//! What was different at an earlier commit, asked of `git` itself: the only place that runs a program.
//!
//! Only commands that read objects are run. No hook, filter, external diff, file system monitor or lazy fetch can start:
//! the files of the working folder are hashed as they are, and nothing is checked out.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Larger files are no configuration written by hand; `tree` does not read them either.
const MAX_SIZE: u64 = 8 << 20;

/// Why an earlier commit can't be looked at.
#[derive(Debug)]
pub enum ChangeError {
    /// `git` can't be run.
    NotRun(std::io::Error),
    /// No commit is called that.
    UnknownRevision(String),
    /// `git` refused, or said something that it never should.
    Refused(String),
}

impl fmt::Display for ChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRun(error) => write!(f, "git can't be run: {error}"),
            Self::UnknownRevision(name) => write!(f, "git knows no revision {name:?}"),
            Self::Refused(message) => write!(f, "git: {message}"),
        }
    }
}

impl std::error::Error for ChangeError {}

/// What the files that are different now held before; `None`: there was no such file.
pub type Before = BTreeMap<String, Option<Vec<u8>>>;

/// Compares the commit where `revision` and `HEAD` parted with the files that lie in `root` now.
///
/// `files` are the paths that are there, with whether git tracks them. Of those that git ignores nothing was ever
/// written down: they count as unchanged.
///
/// # Errors
/// Where git can't answer.
pub fn before(root: &Path, revision: &str, files: &[(String, bool)]) -> Result<Before, ChangeError> {
    let unknown = || ChangeError::UnknownRevision(revision.to_owned());
    let name = format!("{revision}^{{commit}}");
    let found = run(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &name], b"")?;
    let mut commit = found.ok_or_else(unknown)?.trim().to_owned();
    // What others did in the meantime is no part of the change.
    if let Some(base) = run(root, &["merge-base", &commit, "HEAD"], b"")? {
        base.trim().clone_into(&mut commit);
    }
    let listed = run(root, &["ls-tree", "-r", "-z", "-l", &commit], b"")?.ok_or_else(unknown)?;
    let old: BTreeMap<&str, &str> = listed.split('\0').filter_map(blob).collect();

    let there: BTreeMap<&str, bool> = files.iter().map(|(path, tracked)| (path.as_str(), *tracked)).collect();
    let comparable = |path: &&str| there.contains_key(*path) && !path.contains(['\n', '\r', '"']);
    let kept: Vec<&str> = old.keys().copied().filter(comparable).collect();
    let hashes = hash(root, &kept)?;
    let same: BTreeMap<&str, &str> = kept.iter().copied().zip(hashes.lines()).collect();

    let different: Vec<(&str, &str)> =
        old.iter().map(|(path, id)| (*path, *id)).filter(|(path, id)| same.get(path) != Some(id)).collect();
    let mut before = Before::new();
    for ((path, _), bytes) in different.iter().zip(contents(root, &different)?) {
        before.insert((*path).to_owned(), Some(bytes));
    }
    let ignored = ignored(root, files.iter().filter(|(_, tracked)| !tracked).map(|(path, _)| path.as_str()))?;
    let new = files.iter().map(|(path, _)| path).filter(|path| !old.contains_key(path.as_str()));
    before.extend(new.filter(|path| !ignored.contains(path)).map(|path| (path.clone(), None)));
    Ok(before)
}

/// Path and object of a line `mode type object size<TAB>path`, where it is a file that would be read.
fn blob(line: &str) -> Option<(&str, &str)> {
    let (about, path) = line.split_once('\t')?;
    let mut words = about.split_ascii_whitespace();
    let (mode, kind, object, size) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let wanted = mode.starts_with("100") && kind == "blob" && size.parse::<u64>().is_ok_and(|size| size <= MAX_SIZE);
    wanted.then_some((path, object))
}

/// The object names of files as they lie there, in their order.
fn hash(root: &Path, paths: &[&str]) -> Result<String, ChangeError> {
    let names: String = paths.iter().flat_map(|path| [path, "\n"]).collect();
    let hashes = run(root, &["hash-object", "--no-filters", "--stdin-paths"], names.as_bytes())?;
    hashes.ok_or_else(|| ChangeError::Refused("the files can't be hashed".to_owned()))
}

/// Those of the paths that git ignores.
fn ignored<'a>(root: &Path, paths: impl Iterator<Item = &'a str>) -> Result<Vec<String>, ChangeError> {
    let names: String = paths.flat_map(|path| [path, "\0"]).collect();
    // Its exit code says whether there were any.
    let found = run(root, &["check-ignore", "-z", "--stdin"], names.as_bytes())?.unwrap_or_default();
    Ok(found.split_terminator('\0').map(str::to_owned).collect())
}

/// The bytes of objects, in their order.
fn contents(root: &Path, objects: &[(&str, &str)]) -> Result<Vec<Vec<u8>>, ChangeError> {
    let cut = || ChangeError::Refused("an object can't be read".to_owned());
    let names: String = objects.iter().flat_map(|(_, object)| [*object, "\n"]).collect();
    let out = bytes(root, &["cat-file", "--batch"], names.as_bytes())?.ok_or_else(cut)?;
    let mut rest = out.as_slice();
    let mut all = Vec::with_capacity(objects.len());
    for _ in objects {
        let end = rest.iter().position(|byte| *byte == b'\n').ok_or_else(cut)?;
        let heading = String::from_utf8_lossy(&rest[..end]);
        let size: usize = heading.rsplit(' ').next().and_then(|size| size.parse().ok()).ok_or_else(cut)?;
        let body = rest.get(end + 1..end + 1 + size).ok_or_else(cut)?;
        all.push(body.to_owned());
        rest = rest.get(end + 2 + size..).unwrap_or_default();
    }
    Ok(all)
}

fn run(root: &Path, arguments: &[&str], input: &[u8]) -> Result<Option<String>, ChangeError> {
    Ok(bytes(root, arguments, input)?.map(|out| String::from_utf8_lossy(&out).into_owned()))
}

/// What `git` prints; `None` where it ends with an error.
fn bytes(root: &Path, arguments: &[&str], input: &[u8]) -> Result<Option<Vec<u8>>, ChangeError> {
    let mut child = Command::new("git")
        .args(["--no-optional-locks", "--no-pager", "--literal-pathspecs"])
        .args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false"])
        .args(arguments)
        .current_dir(root)
        .envs([("GIT_NO_LAZY_FETCH", "1"), ("GIT_TERMINAL_PROMPT", "0"), ("LC_ALL", "C")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(ChangeError::NotRun)?;
    let out = converse(&mut child, input).map_err(ChangeError::NotRun);
    let ended = child.wait().map_err(ChangeError::NotRun)?;
    Ok(Some(out?).filter(|_| ended.success()))
}

/// Writes and reads at once, as either pipe may fill up.
fn converse(child: &mut Child, input: &[u8]) -> std::io::Result<Vec<u8>> {
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let mut out = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // A git that stops reading has said why by its exit code.
            let _ = stdin.map(|mut stdin| stdin.write_all(input));
        });
        stdout.map_or(Ok(0), |mut stdout| stdout.read_to_end(&mut out))
    })?;
    Ok(out)
}
