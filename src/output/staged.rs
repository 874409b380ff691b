//! Stages a file's new content on disk, with the owner, mode and attributes of the file that it will replace.
//!
//! On Linux the content is staged in an unnamed file (`O_TMPFILE`), which the kernel removes when the program ends for any
//! reason. It gets a temporary name just before the rename, because no system call replaces a file with an unnamed one.
//! On other systems and file systems, and if too many files are open, it has a temporary name from the start.
//!
//! [`sweep`] removes temporary files of killed runs. It recognizes them by their lock, which no process holds any more. Files
//! that could not stay open to hold a lock are recognized by their age.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;
use std::time::Duration;

use super::Spool;
use super::cleanup::{Temporary, hold};

/// Temporary names are this prefix, random letters, and one of the two suffixes below.
const PREFIX: &str = ".nativesidecar-";
/// The suffix of files that are kept open and locked.
const LOCKED: &str = ".tmp";
/// The suffix of files that are closed, because too many are open.
const CLOSED: &str = ".wait";
const RANDOM_LETTERS: usize = 12;

/// The age from which a closed file is considered abandoned. No run stages its files for that long.
const A_DAY: Duration = Duration::from_hours(24);

/// New content that is written completely and synced.
pub(super) enum Staged {
    /// An unnamed file.
    #[cfg(target_os = "linux")]
    Unnamed(File),
    /// A file with a temporary name. It is open unless too many files are.
    Named(Temporary, Option<File>),
}

impl Staged {
    /// Writes `text` into a new file in `folder` that will replace `old`.
    pub(super) fn new(folder: &Path, text: Spool, old: &File, metadata: &Metadata) -> io::Result<Self> {
        let stays_open = open_files::may_stay_open(old);
        let complete = |file: &mut File| {
            text.write_to(file)?;
            copy_metadata(file, old, metadata)?;
            file.sync_all()
        };
        #[cfg(target_os = "linux")]
        if let Some(mut file) = if stays_open { linux::unnamed(folder)? } else { None } {
            complete(&mut file)?;
            return Ok(Self::Unnamed(file));
        }
        let (mut file, name) = {
            let mut held = hold();
            let suffix = if stays_open { LOCKED } else { CLOSED };
            let (file, path) = names(suffix).tempfile_in(folder)?.keep()?;
            (file, held.keep(path))
        };
        // The lock is held until the file is in place: other runs sweep unlocked files. On file systems without locks
        // nothing is swept.
        let _ = file.try_lock();
        complete(&mut file)?;
        Ok(Self::Named(name, Some(file).filter(|_| stays_open)))
    }

    /// Renames the file to `target`, which is in the same folder.
    pub(super) fn replace(self, target: &Path) -> io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Unnamed(file) => {
                let folder = target.parent().unwrap_or(Path::new("."));
                // No signal ends the program while the file has a temporary name.
                let _held = hold();
                let _ = file.try_lock();
                let named = names(LOCKED).make_in(folder, |path| linux::name(&file, path))?;
                named.persist(target).map(drop).map_err(|error| error.error)
            }
            Self::Named(name, _lock) => name.rename(target),
        }
    }
}

fn names(suffix: &str) -> tempfile::Builder<'static, '_> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(suffix).rand_bytes(RANDOM_LETTERS);
    builder
}

/// Removes temporary files of killed runs from `folder`. Errors are ignored.
pub(super) fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is = |suffix| name.to_str().is_some_and(|name| is_ours(name, suffix));
        if !(is(LOCKED) || is(CLOSED)) || !entry.file_type().is_ok_and(|t| t.is_file()) {
            continue;
        }
        let is_old = || entry.metadata()?.modified()?.elapsed().map_err(io::Error::other).map(|age| age > A_DAY);
        let is_free = || File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
        if is_free() && (is(LOCKED) || is_old().unwrap_or(false)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_ours(name: &str, suffix: &str) -> bool {
    let random = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(suffix));
    random.is_some_and(|r| r.len() == RANDOM_LETTERS && r.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Gives `file` the owner, extended attributes (including access control lists) and mode of `old`.
fn copy_metadata(file: &File, old: &File, metadata: &Metadata) -> io::Result<()> {
    let mut permissions = metadata.permissions();
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
        let new = file.metadata()?;
        let owned = (new.uid() == metadata.uid() && new.gid() == metadata.gid())
            || fchown(file, Some(metadata.uid()), Some(metadata.gid())).is_ok();
        if !owned {
            // Only the superuser can change the owner, but any user can set a group that they belong to. Set-user-ID bits
            // are cleared, because they would now apply to another user.
            let _ = fchown(file, None, Some(metadata.gid()));
            permissions.set_mode(permissions.mode() & 0o1777);
        }
    }
    #[cfg(target_os = "linux")]
    linux::copy_attributes(old, file)?;
    #[cfg(not(target_os = "linux"))]
    let _ = old;
    file.set_permissions(permissions)
}

/// The system's limit on open files.
mod open_files {
    use std::fs::File;

    /// Whether one more file than `open` may stay open. Half of the system's limit is left for reading. A new descriptor
    /// has the lowest free number, which shows how many are in use.
    #[cfg(unix)]
    pub(super) fn may_stay_open(open: &File) -> bool {
        use rustix::process::{Resource, getrlimit};
        use std::os::fd::AsRawFd as _;

        let next = open.try_clone().ok().and_then(|next| u64::try_from(next.as_raw_fd()).ok());
        let Some(used) = next else { return false };
        let is_enough = || getrlimit(Resource::Nofile).current.is_none_or(|limit| used < limit / 2);
        is_enough() || (raise() && is_enough())
    }

    /// Raises this process's limit to the maximum.
    #[cfg(unix)]
    fn raise() -> bool {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

        let limit = getrlimit(Resource::Nofile);
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        limit.current != limit.maximum && setrlimit(Resource::Nofile, raised).is_ok()
    }

    #[cfg(not(unix))]
    pub(super) fn may_stay_open(_: &File) -> bool {
        true
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeSet;
    use std::ffi::CString;
    use std::fs::File;
    use std::io;
    use std::os::fd::AsRawFd;
    use std::path::Path;

    use rustix::fs::{AtFlags, CWD, Mode, OFlags, XattrFlags};
    use rustix::io::Errno;

    /// An unnamed file. `None` if the file system does not support it, or `/proc` is missing to name it later.
    pub(super) fn unnamed(folder: &Path) -> io::Result<Option<File>> {
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        match rustix::fs::open(folder, flags, Mode::RUSR | Mode::WUSR) {
            Ok(file) => {
                let file = File::from(file);
                Ok(by_descriptor(&file).exists().then_some(file))
            }
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOSYS) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Links an unnamed file to `path`.
    pub(super) fn name(file: &File, path: &Path) -> io::Result<()> {
        Ok(rustix::fs::linkat(CWD, by_descriptor(file), CWD, path, AtFlags::SYMLINK_FOLLOW)?)
    }

    fn by_descriptor(file: &File) -> std::path::PathBuf {
        format!("/proc/self/fd/{}", file.as_raw_fd()).into()
    }

    /// Gives `new` the extended attributes of `old`, without those that only the system sets.
    pub(super) fn copy_attributes(old: &File, new: &File) -> io::Result<()> {
        let (expected, actual) = (attributes(old)?, attributes(new)?);
        for name in &expected {
            let value = match value(old, name) {
                // It was removed in the meantime.
                Err(Errno::NODATA) => continue,
                value => value?,
            };
            match rustix::fs::fsetxattr(new, name.as_c_str(), &value, XattrFlags::empty()) {
                Err(_) if is_set_by_system(name) => {}
                set => set?,
            }
        }
        for name in actual.difference(&expected).filter(|name| !is_set_by_system(name)) {
            // The folder gives new files default attributes that the old file does not have.
            rustix::fs::fremovexattr(new, name.as_c_str())?;
        }
        Ok(())
    }

    fn is_set_by_system(name: &CString) -> bool {
        let name = name.as_bytes();
        name.starts_with(b"security.") || name.starts_with(b"trusted.")
    }

    fn attributes(file: &File) -> io::Result<BTreeSet<CString>> {
        let mut names = Vec::new();
        let read = |names: &mut Vec<u8>| {
            names.resize(rustix::fs::flistxattr_query(file)?, 0);
            let len = rustix::fs::flistxattr(file, &mut names[..])?;
            names.truncate(len);
            Ok(())
        };
        match retried(|| read(&mut names)) {
            Err(Errno::OPNOTSUPP) => return Ok(BTreeSet::new()),
            read => read?,
        }
        Ok(names.split(|&b| b == 0).filter(|n| !n.is_empty()).filter_map(|n| CString::new(n).ok()).collect())
    }

    fn value(file: &File, name: &CString) -> Result<Vec<u8>, Errno> {
        retried(|| {
            let mut value = vec![0; rustix::fs::fgetxattr_query(file, name.as_c_str())?];
            let len = rustix::fs::fgetxattr(file, name.as_c_str(), &mut value[..])?;
            value.truncate(len);
            Ok(value)
        })
    }

    /// Reads once more if the value grew after its length was queried.
    fn retried<T>(mut read: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
        match read() {
            Err(Errno::RANGE) => read(),
            result => result,
        }
    }
}
