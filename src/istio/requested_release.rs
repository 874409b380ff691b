//! The release that a user asks for: a whole version, or a minor version and any patch of it.

use std::str::FromStr;

use super::release::{Release, ReleaseError};

/// A release as a user asks for it: `1.30.3`, or `1.30` for any patch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedRelease {
    /// The release; of a minor version, its newest patch known.
    release: Release,
    any_patch: bool,
}

impl RequestedRelease {
    /// The release that counts, where a mesh names some itself: for a minor version the first of these that is a patch
    /// of it.
    pub fn resolve(&self, named: impl IntoIterator<Item = Release>) -> Release {
        let is_asked_for = |named: &Release| named.minor() == self.release.minor();
        let named = if self.any_patch { named.into_iter().find(is_asked_for) } else { None };
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
    fn a_minor_version_takes_the_patch_that_the_mesh_names() {
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
