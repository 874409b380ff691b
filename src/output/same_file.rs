//! Whether two paths are the same file.

use std::fs::{self, Metadata};
use std::path::Path;

/// The device and inode of a file. `None` on systems without them.
#[allow(clippy::unnecessary_wraps, reason = "not all systems have inodes")]
pub(super) fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        Some((metadata.dev(), metadata.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        None
    }
}

/// Whether two paths are the same file, also through links.
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    let identities = [one, other].map(|path| fs::metadata(path).ok().as_ref().and_then(identity));
    if let [Some(one), Some(other)] = identities {
        return one == other;
    }
    let canonical = [one, other].map(|path| fs::canonicalize(path).ok());
    matches!(canonical, [Some(one), Some(other)] if one == other)
}

/// Whether a stream of this process is the file.
#[cfg(unix)]
pub fn stream_is(stream: &impl std::os::fd::AsFd, path: &Path) -> bool {
    let stream = stream.as_fd().try_clone_to_owned().and_then(|file| fs::File::from(file).metadata()).ok();
    let identities = [stream, fs::metadata(path).ok()].map(|metadata| metadata.as_ref().and_then(identity));
    matches!(identities, [Some(one), Some(other)] if one == other)
}

/// Whether a stream of this process is the file. Always false: not supported on this system.
#[cfg(not(unix))]
pub fn stream_is<S>(_: &S, _: &Path) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn links_are_the_same_file_and_copies_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a"), "a").unwrap();
        fs::copy(at("a"), at("copy")).unwrap();
        fs::hard_link(at("a"), at("hard")).unwrap();
        std::os::unix::fs::symlink("a", at("soft")).unwrap();
        for (name, same) in [("a", true), ("hard", true), ("soft", true), ("copy", false), ("gone", false)] {
            assert_eq!(is_same_file(&at("a"), &at(name)), same, "{name}");
            assert_eq!(stream_is(&fs::File::open(at("a")).unwrap(), &at(name)), same, "{name}");
        }
    }
}
