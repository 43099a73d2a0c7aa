//! Changed texts → files: all of them, or none.
//!
//! Every text is written beside its file first, with that file's permissions; only when all lie there they are renamed
//! into place, and what was renamed is put back where a later one fails. No symbolic link is followed.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::engine::Change;

/// Writes the changes below `root`.
///
/// # Errors
/// Where a file is a link, is write-protected, is not what was analysed, or can't be written; then nothing has changed.
pub fn write(root: &Path, changes: &BTreeMap<String, Change>) -> Result<(), String> {
    write_by(root, changes, &|from, to| fs::rename(from, to))
}

/// Puts a file in another's place.
type Rename<'a> = &'a dyn Fn(&Path, &Path) -> std::io::Result<()>;

fn write_by(root: &Path, changes: &BTreeMap<String, Change>, rename: Rename<'_>) -> Result<(), String> {
    let mut staged: Vec<Staged<'_>> = Vec::new();
    for (path, change) in changes.iter().filter(|(_, change)| change.before.as_ref() != Some(&change.after)) {
        let target = checked(root, path, change)?;
        let temporary = stage(&target, &change.after).map_err(|error| format!("can't write {path}: {error}"))?;
        staged.push(Staged { path, target, change, temporary: Some(temporary) });
    }
    for at in 0..staged.len() {
        let Some(temporary) = staged[at].temporary.take() else { continue };
        if let Err(error) = rename(&temporary.0, &staged[at].target) {
            let path = staged[at].path;
            let lost: Vec<&str> = staged[..at].iter().filter(|done| !done.put_back()).map(|done| done.path).collect();
            let lost = if lost.is_empty() { String::new() } else { format!("; changed stay {}", lost.join(", ")) };
            return Err(format!("can't replace {path}: {error}{lost}"));
        }
        // It has another name now, under which nothing is to be removed.
        std::mem::forget(temporary);
    }
    Ok(())
}

/// A text that lies beside its file.
struct Staged<'a> {
    path: &'a str,
    target: PathBuf,
    change: &'a Change,
    temporary: Option<Temporary>,
}

impl Staged<'_> {
    /// Undoes the renaming; whether that worked.
    fn put_back(&self) -> bool {
        let Some(before) = &self.change.before else { return fs::remove_file(&self.target).is_ok() };
        stage(&self.target, before).and_then(|temporary| fs::rename(&temporary.0, &self.target)).is_ok()
    }
}

/// A file that is removed when it is no longer needed.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // Nothing more can be done about one that can't be removed.
        let _ = fs::remove_file(&self.0);
    }
}

/// The file of a path, as long as it is a regular one that may be written and still says what was analysed.
fn checked(root: &Path, path: &str, change: &Change) -> Result<PathBuf, String> {
    let mut target = root.to_owned();
    let parts: Vec<&str> = path.split('/').collect();
    for (nth, part) in parts.iter().enumerate() {
        target.push(part);
        let last = nth + 1 == parts.len();
        let found = match fs::symlink_metadata(&target) {
            Err(error) if error.kind() == ErrorKind::NotFound && last && change.before.is_none() => return Ok(target),
            found => found.map_err(|error| format!("can't write {path}: {error}"))?,
        };
        let fits = if last { found.is_file() } else { found.is_dir() };
        if !fits {
            return Err(format!("{path} is reached through a link, or is no regular file"));
        }
        if found.is_file() && found.permissions().readonly() {
            return Err(format!("{path} is write-protected"));
        }
    }
    match fs::read(&target) {
        Ok(bytes) if Some(&bytes) == change.before.as_ref() => Ok(target),
        Ok(_) => Err(format!("{path} changed in the meantime")),
        Err(error) => Err(format!("can't read {path}: {error}")),
    }
}

/// Writes a text beside its file, under a name that nobody has, with the file's permissions.
fn stage(target: &Path, text: &[u8]) -> std::io::Result<Temporary> {
    // A new file gets what the system gives to one.
    let permissions = fs::metadata(target).map(|found| found.permissions()).ok();
    let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut tries = 0u32;
    let (mut file, temporary): (File, Temporary) = loop {
        let path = target.with_file_name(format!(".{name}.{}-{tries}.tmp", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => break (file, Temporary(path)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && tries < 100 => tries += 1,
            Err(error) => return Err(error),
        }
    };
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    file.write_all(text)?;
    file.sync_all()?;
    Ok(temporary)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(before: &str, after: &str) -> Change {
        Change { before: Some(before.as_bytes().to_vec()), after: after.as_bytes().to_vec() }
    }

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            fs::write(folder.path().join(path), text).unwrap();
        }
        folder
    }

    fn texts(folder: &Path) -> Vec<(String, String)> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
        let mut texts: Vec<_> = entries
            .map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()))
            .collect();
        texts.sort();
        texts
    }

    #[test]
    fn all_are_written_or_none() {
        let folder = folder(&[("a", "1"), ("b", "1")]);
        let good = BTreeMap::from([("a".to_owned(), change("1", "2")), ("b".to_owned(), change("1", "3"))]);
        let stale = BTreeMap::from([("a".to_owned(), change("1", "2")), ("b".to_owned(), change("other", "3"))]);
        assert_eq!(write(folder.path(), &stale), Err("b changed in the meantime".to_owned()));
        let pairs = |a: &str, b: &str| vec![("a".to_owned(), a.to_owned()), ("b".to_owned(), b.to_owned())];
        assert_eq!(texts(folder.path()), pairs("1", "1"), "and no temporary file is left");
        write(folder.path(), &good).unwrap();
        assert_eq!(texts(folder.path()), pairs("2", "3"));
    }

    /// Whichever renaming fails, and whether a file was there before or not.
    #[test]
    fn what_was_renamed_is_put_back() {
        let new = Change { before: None, after: b"2".to_vec() };
        let changes = BTreeMap::from([
            ("a".to_owned(), change("1", "2")),
            ("b".to_owned(), new),
            ("c".to_owned(), change("1", "2")),
        ]);
        for failing in ["a", "b", "c"] {
            let folder = folder(&[("a", "1"), ("c", "1")]);
            let before = texts(folder.path());
            let rename = |from: &Path, to: &Path| {
                if to.ends_with(failing) { Err(ErrorKind::StorageFull.into()) } else { fs::rename(from, to) }
            };
            let error = write_by(folder.path(), &changes, &rename).unwrap_err();
            assert_eq!(error, format!("can't replace {failing}: no storage space"));
            assert_eq!(texts(folder.path()), before, "{failing}");
        }
    }

    #[test]
    fn what_can_not_be_put_back_is_named() {
        let folder = folder(&[("a", "1"), ("b", "1")]);
        let changes = BTreeMap::from([("a".to_owned(), change("1", "2")), ("b".to_owned(), change("1", "2"))]);
        let rename = |from: &Path, to: &Path| {
            if to.ends_with("b") {
                // A folder in its place, with something in it, can't be replaced by a file.
                fs::remove_file(folder.path().join("a"))?;
                fs::create_dir_all(folder.path().join("a/inside"))?;
                return Err(ErrorKind::StorageFull.into());
            }
            fs::rename(from, to)
        };
        let error = write_by(folder.path(), &changes, &rename).unwrap_err();
        assert_eq!(error, "can't replace b: no storage space; changed stay a");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let outside = folder(&[("a", "1")]);
        let folder = folder(&[("b", "1"), ("c", "1")]);
        symlink(outside.path().join("a"), folder.path().join("link")).unwrap();
        symlink(outside.path(), folder.path().join("folder")).unwrap();
        for path in ["link", "folder/a"] {
            let error = write(folder.path(), &BTreeMap::from([(path.to_owned(), change("1", "2"))])).unwrap_err();
            assert!(error.contains("link"), "{error}");
        }
        assert_eq!(fs::read_to_string(outside.path().join("a")).unwrap(), "1");

        fs::set_permissions(folder.path().join("b"), fs::Permissions::from_mode(0o640)).unwrap();
        fs::set_permissions(folder.path().join("c"), fs::Permissions::from_mode(0o440)).unwrap();
        write(folder.path(), &BTreeMap::from([("b".to_owned(), change("1", "2"))])).unwrap();
        assert_eq!(fs::metadata(folder.path().join("b")).unwrap().permissions().mode() & 0o777, 0o640);
        let both = BTreeMap::from([("b".to_owned(), change("2", "3")), ("c".to_owned(), change("1", "2"))]);
        assert_eq!(write(folder.path(), &both), Err("c is write-protected".to_owned()));
        assert_eq!(fs::read_to_string(folder.path().join("b")).unwrap(), "2");
    }
}
