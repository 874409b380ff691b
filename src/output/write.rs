//! Writes files in place: each is the old one or the new one at any moment, and none is touched before all are ready.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::Spool;
use super::same_file::identity;
use super::staged::{Staged, sweep};

/// Why files could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}{}", path.display(), already(replaced))]
pub struct WriteError {
    /// The file that failed.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
    /// Files that had been replaced by then.
    pub replaced: Vec<PathBuf>,
}

fn already(replaced: &[PathBuf]) -> String {
    if replaced.is_empty() {
        return "; no file was changed".to_owned();
    }
    let names: Vec<String> = replaced.iter().map(|p| p.display().to_string()).collect();
    format!("; changed before that: {}", names.join(", "))
}

/// A file's new content, complete and synced, and the file that it was made from.
pub struct PendingFile {
    target: PathBuf,
    stamp: Stamp,
    staged: Staged,
}

impl PendingFile {
    /// Readies `new` for the place of the file `path`, with its owner, mode and attributes. A symbolic link stays one:
    /// what it points to is replaced. A file that no longer reads as `old` is an error: somebody else has changed it.
    pub fn prepare(path: &Path, old: Spool, new: Spool) -> Result<Self, WriteError> {
        let failed = |error| WriteError { path: path.to_owned(), error, replaced: Vec::new() };
        Self::try_prepare(path, old, new).map_err(failed)
    }

    fn try_prepare(path: &Path, old: Spool, new: Spool) -> io::Result<Self> {
        let target = fs::canonicalize(path)?;
        if !fs::metadata(&target)?.is_file() {
            return Err(io::Error::other("this is no regular file, so it cannot be replaced"));
        }
        let mut file = File::open(&target)?;
        let metadata = file.metadata()?;
        if is_read_only(&target, &metadata) {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
        }
        let stamp = Stamp::of(&metadata);
        if !are_alike(&mut file, &mut old.reader()?)? {
            return Err(changed());
        }
        let folder = target.parent().unwrap_or_else(|| Path::new("."));
        let staged = Staged::new(folder, new, &file, &metadata)?;
        Ok(Self { target, stamp, staged })
    }

    /// Fails if the file is no longer the one that was read.
    fn check(&self) -> io::Result<()> {
        let now = fs::metadata(&self.target).map(|metadata| Stamp::of(&metadata));
        if now.is_ok_and(|now| now == self.stamp) { Ok(()) } else { Err(changed()) }
    }
}

/// Whether the file is marked as read-only, and this process is bound by that: the superuser is not.
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

/// Whether two sources give the same bytes.
fn are_alike(one: &mut impl Read, other: &mut impl BufRead) -> io::Result<bool> {
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

/// What tells that a file is still the same: its identity where the system has one, its size, and when it was written.
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

/// Puts prepared files in the places of the old ones, in order. A file that was prepared under two names is replaced
/// once.
pub fn commit(mut files: Vec<PendingFile>) -> Result<(), WriteError> {
    let mut targets = BTreeSet::new();
    files.retain(|file| targets.insert(file.target.clone()));
    let folders: BTreeSet<&Path> = targets.iter().filter_map(|target| target.parent()).collect();
    for file in &files {
        file.check().map_err(|error| WriteError { path: file.target.clone(), error, replaced: Vec::new() })?;
    }
    for folder in &folders {
        sweep(folder);
    }
    let mut replaced = Vec::new();
    let mut failure = None;
    for file in files {
        // Once more: replacing those before it may have taken a while.
        let done = file.check().and_then(|()| file.staged.replace(&file.target));
        if let Err(error) = done {
            failure = Some((file.target, error));
            break;
        }
        replaced.push(file.target);
    }
    // The new names are safe once their folders are; a folder that cannot be synced is no reason to fail.
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
    fn mode_and_link_stay() {
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
    fn nothing_is_touched_before_all_are_ready() {
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
    fn what_somebody_else_changes_is_not_overwritten() {
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
    fn what_a_killed_run_left_goes_with_the_next() {
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
