//! The release that a user requests: a full version, or any patch of a minor version.

use std::str::FromStr;

use super::release::{Release, ReleaseError};

/// A requested release: `1.30.3`, or `1.30` for any patch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedRelease {
    /// The release; for a minor version, its built-in patch.
    release: Release,
    any_patch: bool,
}

impl RequestedRelease {
    /// The release to use for a mesh that names releases itself: for a minor version, the first of them that is a patch
    /// of it.
    pub fn resolve(&self, named: impl IntoIterator<Item = Release>) -> Release {
        let is_requested = |named: &Release| named.minor() == self.release.minor();
        let named = if self.any_patch { named.into_iter().find(is_requested) } else { None };
        named.unwrap_or_else(|| self.release.clone())
    }
}

impl FromStr for RequestedRelease {
    type Err = ReleaseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self { release: text.parse()?, any_patch: text.matches('.').count() == 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minor_version_resolves_to_the_patch_that_the_mesh_names() {
        let resolve = |text: &str, named: &[&str]| {
            let named = named.iter().map(|named| named.parse().unwrap());
            text.parse::<RequestedRelease>().unwrap().resolve(named).to_string()
        };
        assert_eq!(resolve("1.30", &["1.29.6", "1.30.1"]), "1.30.1");
        assert_eq!(resolve("v1.30", &["1.29.6"]), "1.30.3");
        assert_eq!(resolve("1.30.3", &["1.30.1"]), "1.30.3");
        assert!("latest".parse::<RequestedRelease>().is_err());
    }
}
