//! Which files git tracks, read from the index file itself; git is run only to look at an earlier commit.
//!
//! Comes in: a folder that may hold `.git`. Goes out: the tracked paths, or `None` where that can't be told. The index
//! of a linked worktree or submodule lies where its `.git` file points to, as for git: the one file read elsewhere.

mod change;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

pub use change::{Before, ChangeError, before};

/// An index beyond this is not read; it would hold some millions of paths.
const MAX_INDEX_SIZE: u64 = 512 << 20;

/// A `.git` file holds one line.
const MAX_LINK_SIZE: u64 = 4096;

/// Bytes of an entry before its object name: times, device, mode, owner, size.
const STAT: usize = 40;

/// The paths that git tracks, in the order of its index, which is that of their bytes.
#[derive(Debug)]
pub struct Tracked(Vec<String>);

impl Tracked {
    /// Whether git tracks a path.
    #[must_use]
    pub fn contains(&self, path: &str) -> bool {
        self.0.binary_search_by(|other| other.as_str().cmp(path)).is_ok()
    }
}

/// The paths that git tracks under `root`, which holds `.git`.
#[must_use]
pub fn tracked(root: &Path) -> Option<Tracked> {
    let bytes = read(&git_folder(root)?.join("index"), MAX_INDEX_SIZE)?;
    // SHA-1 objects, else SHA-256; a wrong guess does not survive the checks of `parse`.
    parse(&bytes, 20).or_else(|| parse(&bytes, 32))
}

fn git_folder(root: &Path) -> Option<PathBuf> {
    let git = root.join(".git");
    let found = fs::symlink_metadata(&git).ok()?;
    if found.is_dir() {
        return Some(git);
    }
    let link = found.is_file().then(|| read(&git, MAX_LINK_SIZE))??;
    let target = String::from_utf8(link).ok()?;
    Some(root.join(target.strip_prefix("gitdir:")?.trim()))
}

fn read(path: &Path, limit: u64) -> Option<Vec<u8>> {
    let found = fs::metadata(path).ok()?;
    if !found.is_file() || found.len() > limit {
        return None;
    }
    let mut bytes = Vec::new();
    fs::File::open(path).ok()?.take(limit).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// The names in an index of version 2, 3 or 4; `None` where it is no such index, or only a part of one.
fn parse(bytes: &[u8], hash: usize) -> Option<Tracked> {
    let word = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let version = word(4)?;
    if !bytes.starts_with(b"DIRC") || !(2..=4).contains(&version) {
        return None;
    }
    let mut names = Vec::new();
    let mut last = Vec::new();
    let mut at = 12;
    for _ in 0..word(8)? {
        let start = at;
        let flags_at = start + STAT + hash;
        let flags = word(flags_at)? >> 16;
        let extended = version >= 3 && flags & 0x4000 != 0;
        at = flags_at + if extended { 4 } else { 2 };
        let mut name = Vec::new();
        if version == 4 {
            let cut = varint(bytes, &mut at)?;
            name.extend_from_slice(&last[..last.len().checked_sub(cut)?]);
        }
        let tail = bytes.get(at..)?;
        let len = tail.iter().position(|byte| *byte == 0)?;
        name.extend_from_slice(&tail[..len]);
        at += len + 1;
        if version != 4 {
            at = start + (at - start).div_ceil(8) * 8;
        }
        // Unmerged paths come once a stage, under one name; the index is sorted otherwise.
        if name.is_empty() || name < last {
            return None;
        }
        if let Ok(name) = std::str::from_utf8(&name)
            && last != name.as_bytes()
        {
            names.push(name.to_owned());
        }
        last = name;
    }
    // Extensions follow, then the checksum. `link`: the rest of the paths is in another file.
    while at + hash < bytes.len() {
        if bytes.get(at..at + 4)? == b"link" {
            return None;
        }
        at = at.checked_add(8)?.checked_add(word(at + 4)? as usize)?;
    }
    (at + hash == bytes.len()).then_some(Tracked(names))
}

/// The variable-length integer of version 4: how much of the last name is dropped.
fn varint(bytes: &[u8], at: &mut usize) -> Option<usize> {
    let mut value = 0usize;
    loop {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value = value.checked_mul(128)?.checked_add(usize::from(byte & 0x7F))?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
        value = value.checked_add(1)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn git(folder: &Path, arguments: &[&str]) {
        let run = Command::new("git")
            .current_dir(folder)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .args(["-c", "user.name=a", "-c", "user.email=a@b"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    }

    fn repository(arguments: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        git(folder.path(), &[&["init", "-q"], arguments].concat());
        for path in ["a.txt", "a/b.txt", "a/bc.txt", "é.txt", ".env"] {
            fs::create_dir_all(folder.path().join("a")).unwrap();
            fs::write(folder.path().join(path), path).unwrap();
        }
        fs::write(folder.path().join(".gitignore"), ".env\n").unwrap();
        git(folder.path(), &["add", "-f", "a.txt", "a", "é.txt"]);
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        tracked(folder).unwrap().0
    }

    const ALL: [&str; 4] = ["a.txt", "a/b.txt", "a/bc.txt", "é.txt"];

    #[test]
    fn every_version_of_the_index_is_read() {
        let folder = repository(&[]);
        for version in ["2", "4"] {
            git(folder.path(), &["update-index", "--index-version", version]);
            assert_eq!(names(folder.path()), ALL, "version {version}");
        }
        // An intent to add needs an extended entry, which makes it version 3.
        git(folder.path(), &["update-index", "--index-version", "2"]);
        git(folder.path(), &["add", "--intent-to-add", "-f", ".env"]);
        assert_eq!(names(folder.path()).len(), ALL.len() + 1);
    }

    #[test]
    fn longer_object_names_are_read() {
        assert_eq!(names(repository(&["--object-format=sha256"]).path()), ALL);
    }

    #[test]
    fn a_linked_worktree_has_its_own_index() {
        let folder = repository(&[]);
        git(folder.path(), &["commit", "-qm", "a"]);
        git(folder.path(), &["worktree", "add", "-q", "tree"]);
        assert_eq!(names(&folder.path().join("tree")), ALL);
    }

    #[test]
    fn a_part_of_an_index_tells_nothing() {
        let folder = repository(&[]);
        git(folder.path(), &["update-index", "--split-index"]);
        git(folder.path(), &["add", "-f", ".env"]);
        assert!(tracked(folder.path()).is_none());
    }

    #[test]
    fn broken_indexes_tell_nothing() {
        let folder = repository(&[]);
        let bytes = fs::read(folder.path().join(".git/index")).unwrap();
        for end in 0..bytes.len() {
            assert!(parse(&bytes[..end], 20).is_none(), "cut at {end}");
        }
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0xFF;
            // Must not panic; some bytes, such as times, make no difference.
            let _ = parse(&bytes, 20).or_else(|| parse(&bytes, 32));
        }
    }

    #[test]
    fn no_repository_tells_nothing() {
        assert!(tracked(tempfile::tempdir().unwrap().path()).is_none());
    }
}
