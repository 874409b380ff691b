//! Where files may be that a configuration names without anybody having named that configuration: whoever checks out a
//! repository must not have it read other files of theirs.

use std::io;
use std::path::{Path, PathBuf};

/// The repository around a folder; the folder itself where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    root: PathBuf,
    is_repository: bool,
}

/// Why a file may not be read.
#[derive(Debug, thiserror::Error)]
pub enum OutOfBounds {
    /// It is elsewhere, or a link leads elsewhere.
    #[error("{} is outside of the {place}", path.display())]
    Outside {
        /// The path as it was given.
        path: PathBuf,
        /// What it should be in.
        place: &'static str,
    },
    /// Reading it might never end.
    #[error("{} is neither a regular file nor a folder", .0.display())]
    NotAFile(PathBuf),
    /// It cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The path as it was given.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// The root of the repository that a folder is in. A work tree has a folder or, as a submodule has, a file `.git` there.
pub(super) fn repository(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|folder| folder.join(".git").exists())
}

impl Bounds {
    /// The bounds of what is configured in `folder`, an absolute path.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let root = repository(folder);
        Ok(Self { root: root.unwrap_or(folder).canonicalize()?, is_repository: root.is_some() })
    }

    /// Whether `path` may be read.
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
    fn links_count_by_where_they_lead() {
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
