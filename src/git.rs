//! Which files git tracks, read from the index file itself; git is not run.
//!
//! Comes in: a folder that may hold `.git`. Goes out: the tracked paths, or `None` where that can't be told. The index
//! of a linked worktree or submodule lies where its `.git` file points to, as for git: the one file read elsewhere.

use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// An index beyond this is not read; it would hold some millions of paths.
const MAX_INDEX_SIZE: u64 = 512 << 20;

/// A `.git` file holds one line.
const MAX_LINK_SIZE: u64 = 4096;

/// Bytes of an entry before its object name: times, device, mode, owner, size.
const STAT: usize = 40;

/// The paths that git tracks under `root`, which holds `.git`.
#[must_use]
pub fn tracked(root: &Path) -> Option<HashSet<String>> {
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
fn parse(bytes: &[u8], hash: usize) -> Option<HashSet<String>> {
    let word = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let version = word(4)?;
    if !bytes.starts_with(b"DIRC") || !(2..=4).contains(&version) {
        return None;
    }
    let mut names = HashSet::new();
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
        if let Ok(name) = std::str::from_utf8(&name) {
            names.insert(name.to_owned());
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
    (at + hash == bytes.len()).then_some(names)
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
