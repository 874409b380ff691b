//! A file's new content before it has a name, with the owner, mode and attributes of the file whose place it will take.
//!
//! On Linux the content waits in a file without a name (`O_TMPFILE`), which the system takes away when the program ends,
//! however it ends. It has a name of its own only for the moment between two system calls, since no single one puts a
//! file without a name in the place of another. On other systems and file systems, and where no more files may be open,
//! it has that name from the start. A name that was left behind is recognised by its lock, which nobody holds any more,
//! or, where the file could not stay open for a lock, by its age: [`sweep`].

use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;
use std::time::Duration;

use super::Spool;
use super::cleanup::{Temporary, hold};

/// Names of files that wait to be renamed: this, random letters, and one of the two suffixes.
const PREFIX: &str = ".nativesidecar-";
/// Files that are open and locked as long as they wait.
const LOCKED: &str = ".tmp";
/// Files that are closed: too many wait.
const CLOSED: &str = ".wait";
const RANDOM_LETTERS: usize = 12;

/// No run takes so long between the first file that waits and the last.
const A_DAY: Duration = Duration::from_hours(24);

/// New content that is complete and synced.
pub(super) enum Staged {
    /// A file without a name.
    #[cfg(target_os = "linux")]
    Unnamed(File),
    /// A file with a name of its own, open unless too many are.
    Named(Temporary, Option<File>),
}

impl Staged {
    /// Writes `text` into a new file in `folder`, to take the place of `old`.
    pub(super) fn new(folder: &Path, text: Spool, old: &File, metadata: &Metadata) -> io::Result<Self> {
        let stays_open = open_files::may_stay_open(old);
        let complete = |file: &mut File| {
            text.write_to(file)?;
            take_over(file, old, metadata)?;
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
        // Held until the new file is in its place, so that nobody takes it for a left one. Where files cannot be locked,
        // none is taken for one.
        let _ = file.try_lock();
        complete(&mut file)?;
        Ok(Self::Named(name, Some(file).filter(|_| stays_open)))
    }

    /// Puts the file in the place of `target`, in the folder that it was made in.
    pub(super) fn replace(self, target: &Path) -> io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Unnamed(file) => {
                let folder = target.parent().unwrap_or(Path::new("."));
                // No signal ends the program while the file has a name.
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

/// Takes away what a run that was killed has left in `folder`. What cannot be told or removed stays.
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

/// Gives `file` the owner, extended attributes (access control lists among them) and mode of `old`.
fn take_over(file: &File, old: &File, metadata: &Metadata) -> io::Result<()> {
    let mut permissions = metadata.permissions();
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
        let new = file.metadata()?;
        let owned = (new.uid() == metadata.uid() && new.gid() == metadata.gid())
            || fchown(file, Some(metadata.uid()), Some(metadata.gid())).is_ok();
        if !owned {
            // Only the superuser gives files away. The group may be one of ours; a set-user-ID bit would now say another
            // user than it did.
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

/// The system's limit of open files.
mod open_files {
    use std::fs::File;

    /// Whether one more file than `open` may be open from now on. Half of what the system allows is left to what is read;
    /// the lowest free descriptor is the next.
    #[cfg(unix)]
    pub(super) fn may_stay_open(open: &File) -> bool {
        use rustix::process::{Resource, getrlimit};
        use std::os::fd::AsRawFd as _;

        let next = open.try_clone().ok().and_then(|next| u64::try_from(next.as_raw_fd()).ok());
        let Some(used) = next else { return false };
        let is_enough = || getrlimit(Resource::Nofile).current.is_none_or(|limit| used < limit / 2);
        is_enough() || (raise() && is_enough())
    }

    /// Raises the limit as far as this process may.
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

    /// A file without a name; none where the file system has none, or where it could not be named later.
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

    /// Gives a file without a name the name `path`.
    pub(super) fn name(file: &File, path: &Path) -> io::Result<()> {
        Ok(rustix::fs::linkat(CWD, by_descriptor(file), CWD, path, AtFlags::SYMLINK_FOLLOW)?)
    }

    fn by_descriptor(file: &File) -> std::path::PathBuf {
        format!("/proc/self/fd/{}", file.as_raw_fd()).into()
    }

    /// Gives `new` the extended attributes of `old`. Those that only the system sets are left to it.
    pub(super) fn copy_attributes(old: &File, new: &File) -> io::Result<()> {
        let (wanted, there) = (attributes(old)?, attributes(new)?);
        for name in &wanted {
            let value = match value(old, name) {
                // It went while we looked.
                Err(Errno::NODATA) => continue,
                value => value?,
            };
            match rustix::fs::fsetxattr(new, name.as_c_str(), &value, XattrFlags::empty()) {
                Err(_) if is_the_systems(name) => {}
                set => set?,
            }
        }
        for name in there.difference(&wanted).filter(|name| !is_the_systems(name)) {
            // What the folder gives to new files, the old one did not have.
            rustix::fs::fremovexattr(new, name.as_c_str())?;
        }
        Ok(())
    }

    fn is_the_systems(name: &CString) -> bool {
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

    /// Asks again if what was asked for has grown in between.
    fn retried<T>(mut ask: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
        match ask() {
            Err(Errno::RANGE) => ask(),
            answer => answer,
        }
    }
}
