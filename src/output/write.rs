//! Replaces files atomically: a file has its old or its new content at any moment, and no file is replaced before all
//! new contents are on disk.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::Spool;
use super::same_file::identity;
use super::staged::{Staged, sweep};

/// An error while replacing files.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}; {}", path.display(), replaced_text(replaced))]
pub struct WriteError {
    /// The file that failed.
    pub path: PathBuf,
    /// The cause.
    pub error: io::Error,
    /// Files that had already been replaced.
    pub replaced: Vec<PathBuf>,
}

fn replaced_text(replaced: &[PathBuf]) -> String {
    if replaced.is_empty() {
        return "no file was changed".to_owned();
    }
    let names: Vec<String> = replaced.iter().map(|p| p.display().to_string()).collect();
    format!("already changed: {}", names.join(", "))
}

/// A file and its new content, which is on disk but not yet in place.
pub struct PendingFile {
    target: PathBuf,
    stamp: Stamp,
    staged: Staged,
}

impl PendingFile {
    /// Writes `new` next to the file `path`, with the file's owner, mode and attributes. If `path` is a symbolic link, its
    /// target will be replaced. Fails if the file's content is no longer `old`.
    pub fn prepare(path: &Path, old: Spool, new: Spool) -> Result<Self, WriteError> {
        let failed = |error| WriteError { path: path.to_owned(), error, replaced: Vec::new() };
        Self::try_prepare(path, old, new).map_err(failed)
    }

    fn try_prepare(path: &Path, old: Spool, new: Spool) -> io::Result<Self> {
        let target = fs::canonicalize(path)?;
        if !fs::metadata(&target)?.is_file() {
            return Err(io::Error::other("not a regular file, so it cannot be replaced"));
        }
        let mut file = File::open(&target)?;
        let metadata = file.metadata()?;
        if is_read_only(&target, &metadata) {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
        }
        let stamp = Stamp::of(&metadata);
        if !is_same_content(&mut file, &mut old.reader()?)? {
            return Err(changed());
        }
        let folder = target.parent().unwrap_or_else(|| Path::new("."));
        let staged = Staged::new(folder, new, &file, &metadata)?;
        Ok(Self { target, stamp, staged })
    }

    /// Fails if the file changed since it was read.
    fn check(&self) -> io::Result<()> {
        let now = fs::metadata(&self.target).map(|metadata| Stamp::of(&metadata));
        if now.is_ok_and(|now| now == self.stamp) { Ok(()) } else { Err(changed()) }
    }
}

/// Whether the file is read-only for this process. The superuser may write to files that are marked as read-only.
fn is_read_only(target: &Path, metadata: &fs::Metadata) -> bool {
    metadata.permissions().readonly() && !may_write(target)
}

#[cfg(unix)]
fn may_write(target: &Path) -> bool {
    use rustix::fs::{Access, AtFlags, CWD, accessat};
    accessat(CWD, target, Access::WRITE_OK, AtFlags::EACCESS).is_ok()
}

#[cfg(not(unix))]
fn may_write(_: &Path) -> bool {
    false
}

fn changed() -> io::Error {
    io::Error::other("the file changed since it was read: run again")
}

/// Whether two readers give the same bytes.
fn is_same_content(one: &mut impl Read, other: &mut impl BufRead) -> io::Result<bool> {
    let mut one = BufReader::new(one);
    loop {
        let (a, b) = (one.fill_buf()?, other.fill_buf()?);
        let len = a.len().min(b.len());
        if len == 0 {
            return Ok(a.len() == b.len());
        }
        if a.get(..len) != b.get(..len) {
            return Ok(false);
        }
        one.consume(len);
        other.consume(len);
    }
}

/// Detects changes to a file: its identity (if the system has one), size and modification time.
#[derive(PartialEq, Eq)]
struct Stamp {
    identity: Option<(u64, u64)>,
    len: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self { identity: identity(metadata), len: metadata.len(), modified: metadata.modified().ok() }
    }
}

/// Replaces the files, in order. A file that was prepared under two names is replaced once.
pub fn commit(mut files: Vec<PendingFile>) -> Result<(), WriteError> {
    // Check all files before the first one is replaced.
    let mut targets = BTreeSet::new();
    files.retain(|file| targets.insert(file.target.clone()));
    let folders: BTreeSet<&Path> = targets.iter().filter_map(|target| target.parent()).collect();
    for file in &files {
        file.check().map_err(|error| WriteError { path: file.target.clone(), error, replaced: Vec::new() })?;
    }
    for folder in &folders {
        sweep(folder);
    }
    // Replace them. Stop at the first error.
    let mut replaced = Vec::new();
    let mut failure = None;
    for file in files {
        // Check again: replacing the files before this one may have taken a while.
        let done = file.check().and_then(|()| file.staged.replace(&file.target));
        if let Err(error) = done {
            failure = Some((file.target, error));
            break;
        }
        replaced.push(file.target);
    }
    // Renames are durable once the folders are synced. Some file systems cannot sync folders, so errors are ignored.
    for folder in folders {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
    failure.map_or(Ok(()), |(path, error)| Err(WriteError { path, error, replaced }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Spool {
        let mut spool = Spool::new(100);
        spool.push(text.as_bytes()).unwrap();
        spool
    }

    #[cfg(unix)]
    #[test]
    fn mode_and_symbolic_link_are_kept() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("a.yaml"), folder.path().join("link.yaml"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        commit(vec![PendingFile::prepare(&link, text("old"), text("new")).unwrap()]).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn no_file_is_replaced_before_all_are_prepared() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.yaml");
        fs::write(&file, "old").unwrap();
        let pending = PendingFile::prepare(&file, text("old"), text("new")).unwrap();
        assert!(PendingFile::prepare(&folder.path().join("gone.yaml"), text("old"), text("new")).is_err());
        drop(pending);
        assert_eq!(fs::read_to_string(&file).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn concurrent_changes_are_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("a.yaml"), folder.path().join("b.yaml"));
        fs::write(&one, "old").unwrap();
        fs::write(&two, "old").unwrap();
        assert!(PendingFile::prepare(&one, text("older"), text("new")).is_err());
        let pending = vec![
            PendingFile::prepare(&one, text("old"), text("new")).unwrap(),
            PendingFile::prepare(&two, text("old"), text("new")).unwrap(),
        ];
        fs::write(&two, "other").unwrap();
        let error = commit(pending).unwrap_err();
        assert_eq!(error.path, fs::canonicalize(&two).unwrap());
        assert_eq!(fs::read_to_string(&one).unwrap(), "old");
        assert_eq!(fs::read_to_string(&two).unwrap(), "other");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn files_left_by_a_killed_run_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.yaml");
        fs::write(&file, "old").unwrap();
        let left = folder.path().join(".nativesidecar-0123456789ab.tmp");
        let held = folder.path().join(".nativesidecar-ba9876543210.tmp");
        let other = folder.path().join(".nativesidecar-notes.tmp");
        for path in [&left, &held, &other] {
            fs::write(path, "").unwrap();
        }
        let lock = File::open(&held).unwrap();
        lock.lock().unwrap();
        commit(vec![PendingFile::prepare(&file, text("old"), text("new")).unwrap()]).unwrap();
        assert!(!left.exists());
        assert!(held.exists() && other.exists());
        drop(lock);
    }
}
