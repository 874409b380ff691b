//! Looks for the project file.

use std::path::{Path, PathBuf};

use super::FILE_NAME;

/// The project file of `folder`: there, or in a folder above it, up to the repository's root.
pub fn find(folder: &Path) -> Option<PathBuf> {
    for folder in folder.ancestors() {
        let file = folder.join(FILE_NAME);
        if file.is_file() {
            return Some(file);
        }
        // A work tree has a folder or, as a submodule has, a file of this name at its root.
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn it_is_found_upwards_to_the_repositorys_root() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("repo/k8s/web");
        fs::create_dir_all(&inner).unwrap();
        fs::create_dir(root.path().join("repo/.git")).unwrap();
        fs::write(root.path().join(FILE_NAME), "").unwrap();
        assert_eq!(find(&inner), None);
        fs::write(root.path().join("repo").join(FILE_NAME), "").unwrap();
        assert_eq!(find(&inner), Some(root.path().join("repo").join(FILE_NAME)));
    }
}
