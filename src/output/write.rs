//! Writes files in place: each is the old one or the new one at any moment, and none is touched before all are ready.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::Spool;

/// Why files could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}{}", path.display(), already(replaced))]
pub struct WriteError {
    /// The file that failed.
    pub path: PathBuf,
    /// Why.
    pub error: std::io::Error,
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

/// A file's new content, complete and synced beside the old one.
pub struct PendingFile {
    target: PathBuf,
    temporary: NamedTempFile,
}

impl PendingFile {
    /// Writes `text` beside `path`, with the mode of the file that is there. A symbolic link stays one: what it points
    /// to is replaced.
    pub fn prepare(path: &Path, text: Spool) -> Result<Self, WriteError> {
        let failed = |error| WriteError { path: path.to_owned(), error, replaced: Vec::new() };
        Self::try_prepare(path, text).map_err(failed)
    }

    fn try_prepare(path: &Path, text: Spool) -> std::io::Result<Self> {
        let target = fs::canonicalize(path)?;
        let permissions = fs::metadata(&target)?.permissions();
        if permissions.readonly() {
            return Err(std::io::Error::new(std::io::ErrorKind::PermissionDenied, "the file is read-only"));
        }
        let folder = target.parent().unwrap_or_else(|| Path::new("."));
        let mut temporary = tempfile::Builder::new().prefix(".nativesidecar-").tempfile_in(folder)?;
        text.write_to(temporary.as_file_mut())?;
        temporary.as_file().set_permissions(permissions)?;
        temporary.as_file().sync_all()?;
        Ok(Self { target, temporary })
    }
}

/// Puts prepared files in the places of the old ones, in order.
pub fn commit(files: Vec<PendingFile>) -> Result<(), WriteError> {
    let mut replaced = Vec::new();
    for PendingFile { target, temporary } in files {
        if let Err(error) = temporary.persist(&target) {
            return Err(WriteError { path: target, error: error.error, replaced });
        }
        // The new name is safe once the folder is; a folder that cannot be synced is no reason to fail.
        if let Some(folder) = target.parent().and_then(|f| File::open(f).ok()) {
            let _ = folder.sync_all();
        }
        replaced.push(target);
    }
    Ok(())
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
        commit(vec![PendingFile::prepare(&link, text("new")).unwrap()]).unwrap();
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
        let pending = PendingFile::prepare(&file, text("new")).unwrap();
        assert!(PendingFile::prepare(&folder.path().join("gone.yaml"), text("new")).is_err());
        drop(pending);
        assert_eq!(fs::read_to_string(&file).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
