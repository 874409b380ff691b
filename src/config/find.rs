//! Looks for the project file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::FILE_NAME;
use super::bounds::{self, Bounds};
use super::error::ConfigError;

/// A project file that was found rather than named.
#[derive(Debug)]
pub struct FoundFile {
    /// The path, relative to the folder in which the search started.
    pub path: PathBuf,
    /// The bounds of the files that it may name.
    pub bounds: Bounds,
}

/// Finds the project file of `folder`, an absolute path: there or, in a repository, in a folder above it. As in git, it
/// is refused if it or its repository belongs to another user.
pub fn find(folder: &Path) -> Result<Option<FoundFile>, ConfigError> {
    let root = bounds::repository(folder);
    let top = root.unwrap_or(folder);
    for (level, candidate) in folder.ancestors().take_while(|folder| folder.starts_with(top)).enumerate() {
        let file = candidate.join(FILE_NAME);
        let path: PathBuf = std::iter::repeat_n("..", level).chain([FILE_NAME]).collect();
        let unreadable = |error| ConfigError::Unreadable { path: path.clone(), error };
        match fs::symlink_metadata(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            found => found.map_err(unreadable)?,
        };
        let bounds = Bounds::of(folder).map_err(unreadable)?;
        bounds.check(&file).map_err(|error| match error {
            bounds::OutOfBounds::Outside { place, .. } => {
                unreadable(io::Error::other(format!("a link that leads out of the {place}")))
            }
            bounds::OutOfBounds::Unreadable { error, .. } => unreadable(error),
            bounds::OutOfBounds::NotAFile(_) => unreadable(io::Error::other("not a regular file")),
        })?;
        if !file.is_file() {
            return Err(unreadable(io::Error::other("not a regular file")));
        }
        let repository = root.map(|root| [root.to_owned(), root.join(".git")]);
        for owned in repository.iter().flatten().chain([&file]) {
            if !owner::is_user(owned).map_err(unreadable)? {
                let what = (*owned != file).then(|| owned.clone());
                return Err(ConfigError::OtherOwner { path, what });
            }
        }
        return Ok(Some(FoundFile { path, bounds }));
    }
    Ok(None)
}

#[cfg(unix)]
mod owner {
    use std::fs;
    use std::io;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;

    /// Whether a file, and the target if it is a link, belong to the current user or, under sudo, to the user who
    /// called sudo.
    pub(super) fn is_user(path: &Path) -> io::Result<bool> {
        let user = rustix::process::geteuid();
        let caller = std::env::var("SUDO_UID").ok().filter(|_| user.is_root()).and_then(|id| id.parse().ok());
        let is_user = |owner: u32| owner == user.as_raw() || Some(owner) == caller;
        Ok(is_user(fs::symlink_metadata(path)?.uid()) && is_user(fs::metadata(path)?.uid()))
    }
}

#[cfg(not(unix))]
mod owner {
    use std::io;
    use std::path::Path;

    /// Owners are compared only on Unix.
    pub(super) fn is_user(_: &Path) -> io::Result<bool> {
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(folder: &Path) -> Option<PathBuf> {
        find(folder).unwrap().map(|found| found.path)
    }

    #[test]
    fn it_is_found_upwards_to_the_repositorys_root() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("repo/k8s/web");
        fs::create_dir_all(&inner).unwrap();
        fs::create_dir(root.path().join("repo/.git")).unwrap();
        fs::write(root.path().join(FILE_NAME), "").unwrap();
        assert_eq!(found(&inner), None);
        fs::write(root.path().join("repo").join(FILE_NAME), "").unwrap();
        assert_eq!(found(&inner), Some(Path::new("../..").join(FILE_NAME)));
        assert_eq!(found(&root.path().join("repo")), Some(FILE_NAME.into()));
    }

    #[test]
    fn outside_of_a_repository_it_is_that_of_the_folder() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("a")).unwrap();
        fs::write(root.path().join(FILE_NAME), "").unwrap();
        assert_eq!(found(&root.path().join("a")), None);
        assert_eq!(found(root.path()), Some(FILE_NAME.into()));
    }

    #[test]
    fn it_must_be_a_regular_file() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join(FILE_NAME)).unwrap();
        assert!(find(root.path()).unwrap_err().to_string().ends_with("not a regular file"));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_must_stay_in_the_repository() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        fs::create_dir_all(at("repo/.git")).unwrap();
        fs::write(at("outside.yaml"), "").unwrap();
        fs::write(at("repo/inside.yaml"), "").unwrap();
        let link = at("repo").join(FILE_NAME);
        for (target, expected) in [
            ("../outside.yaml", "a link that leads out of the repository"),
            ("/dev/zero", "a link that leads out of the repository"),
        ] {
            std::os::unix::fs::symlink(target, &link).unwrap();
            let error = find(&at("repo")).unwrap_err().to_string();
            assert!(error.ends_with(expected), "{error}");
            fs::remove_file(&link).unwrap();
        }
        std::os::unix::fs::symlink("inside.yaml", &link).unwrap();
        assert_eq!(found(&at("repo")), Some(FILE_NAME.into()));
    }
}
