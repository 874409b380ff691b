//! The bounds of files that a configuration may name if the user did not name the configuration itself: a repository
//! that is checked out must not read other files of the user.

use std::io;
use std::path::{Path, PathBuf};

/// The repository that contains a folder, or the folder itself if there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    root: PathBuf,
    is_repository: bool,
}

/// Why a file may not be read.
#[derive(Debug, thiserror::Error)]
pub enum OutOfBounds {
    /// The file, or the target of a link, is outside.
    #[error("{} is outside of the {place}", path.display())]
    Outside {
        /// The path.
        path: PathBuf,
        /// The place that should contain it.
        place: &'static str,
    },
    /// The file is a device or pipe, which may never end.
    #[error("{} is neither a regular file nor a folder", .0.display())]
    NotAFile(PathBuf),
    /// The file cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// The error of the operating system.
        error: io::Error,
    },
}

/// The root of the repository that contains a folder: it has a folder or, in a submodule, a file `.git`.
pub(super) fn repository(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|folder| folder.join(".git").exists())
}

impl Bounds {
    /// The bounds of a configuration in `folder`, an absolute path.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let root = repository(folder);
        Ok(Self { root: root.unwrap_or(folder).canonicalize()?, is_repository: root.is_some() })
    }

    /// Checks that `path` may be read.
    pub fn check(&self, path: &Path) -> Result<(), OutOfBounds> {
        let unreadable = |error| OutOfBounds::Unreadable { path: path.to_owned(), error };
        let real = path.canonicalize().map_err(unreadable)?;
        if !real.starts_with(&self.root) {
            let place = if self.is_repository { "repository" } else { "working directory" };
            return Err(OutOfBounds::Outside { path: path.to_owned(), place });
        }
        let metadata = real.metadata().map_err(unreadable)?;
        if metadata.is_file() || metadata.is_dir() { Ok(()) } else { Err(OutOfBounds::NotAFile(path.to_owned())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn files_of_the_repository_are_in_bounds() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::create_dir_all(at("repo/.git")).unwrap();
        fs::create_dir_all(at("repo/k8s")).unwrap();
        fs::write(at("repo/values.yaml"), "").unwrap();
        fs::write(at("outside.yaml"), "").unwrap();
        let repository = Bounds::of(&at("repo/k8s")).unwrap();
        assert!(repository.check(&at("repo/k8s/../values.yaml")).is_ok());
        assert!(repository.check(&at("repo/k8s")).is_ok());
        let error = repository.check(&at("repo/../outside.yaml")).unwrap_err().to_string();
        assert!(error.ends_with("outside.yaml is outside of the repository"), "{error}");
        assert!(matches!(repository.check(&at("repo/none.yaml")), Err(OutOfBounds::Unreadable { .. })));
        fs::remove_dir(at("repo/.git")).unwrap();
        let alone = Bounds::of(&at("repo/k8s")).unwrap();
        let error = alone.check(&at("repo/values.yaml")).unwrap_err().to_string();
        assert!(error.ends_with("values.yaml is outside of the working directory"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn the_target_of_a_link_must_be_in_bounds() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::create_dir_all(at("repo/.git")).unwrap();
        fs::write(at("outside.yaml"), "").unwrap();
        fs::write(at("repo/inside.yaml"), "").unwrap();
        for (target, link) in [("../outside.yaml", "out"), ("inside.yaml", "in"), ("/dev/null", "device"), ("..", "up")]
        {
            symlink(target, at("repo").join(link)).unwrap();
        }
        let bounds = Bounds::of(&at("repo")).unwrap();
        assert!(bounds.check(&at("repo/in")).is_ok());
        for link in ["out", "device", "up", "up/outside.yaml"] {
            assert!(matches!(bounds.check(&at("repo").join(link)), Err(OutOfBounds::Outside { .. })), "{link}");
        }
    }
}
