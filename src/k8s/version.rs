//! Versions of Kubernetes, as the API server, kubelets and clouds write them.

use std::fmt;

/// A version of Kubernetes. It is ordered by major and minor version, then by patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KubernetesVersion {
    /// The major version, 1 so far.
    pub major: u64,
    /// The minor version: 33 of `v1.33.2`.
    pub minor: u64,
    /// The patch; none for an alias such as `1.33`.
    pub patch: Option<u64>,
}

impl KubernetesVersion {
    /// Version 1 with this minor version.
    pub const fn of_minor(minor: u64) -> Self {
        Self { major: 1, minor, patch: None }
    }

    /// Reads a version such as `v1.33.2-gke.1` or `1.33`; none if it has another form.
    pub fn read(text: &str) -> Option<Self> {
        let version = text.strip_prefix('v').unwrap_or(text);
        let numbers = version.split(['-', '+']).next().unwrap_or(version);
        let mut parts = numbers.split('.').map(|part| part.parse::<u64>().ok());
        let (major, minor, patch) = (parts.next()??, parts.next()??, parts.next());
        let patch = match patch {
            Some(patch) => Some(patch?),
            None => None,
        };
        parts.all(|part| part.is_some()).then_some(Self { major, minor, patch })
    }
}

impl fmt::Display for KubernetesVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        self.patch.map_or(Ok(()), |patch| write!(f, ".{patch}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_with_their_suffixes() {
        let read = |text| KubernetesVersion::read(text).map(|version| version.to_string());
        for (text, expected) in [
            ("v1.33.2-gke.1", "1.33.2"),
            ("1.33", "1.33"),
            ("v1.34.1+k3s1", "1.34.1"),
            ("v1.25.0-vk-azure-aci-1.6.2", "1.25.0"),
            ("v2.0.1", "2.0.1"),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "latest", "v1", "v1.33.x", "1.", "33"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn any_patch_is_at_least_its_minor() {
        assert!(KubernetesVersion::read("1.33.0") >= Some(KubernetesVersion::of_minor(33)));
        assert!(KubernetesVersion::read("1.32.9") < Some(KubernetesVersion::of_minor(33)));
    }
}
