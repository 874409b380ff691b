//! Which version of the API a cluster has (found by running API servers 1.35.4 and 1.36.3; for older ones, the versions
//! in the sources of Kubernetes).

use super::PolicyError;
use crate::k8s::KubernetesVersion;

/// Kubernetes versions from which the API is there.
const MUTATING: KubernetesVersion = KubernetesVersion::of_minor(36);
const MUTATING_BETA: KubernetesVersion = KubernetesVersion::of_minor(34);
const MUTATING_ALPHA: KubernetesVersion = KubernetesVersion::of_minor(32);
const VALIDATING: KubernetesVersion = KubernetesVersion::of_minor(30);

/// A version of `admissionregistration.k8s.io`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Api {
    V1,
    /// The API server needs a feature gate and a runtime-config.
    V1Beta1,
}

impl Api {
    /// The version with `MutatingAdmissionPolicy`.
    pub(super) fn mutating(kubernetes: KubernetesVersion, beta: bool) -> Result<Self, PolicyError> {
        if kubernetes >= MUTATING {
            Ok(Self::V1)
        } else if kubernetes < MUTATING_BETA {
            Err(PolicyError::NoMutatingApi { kubernetes, is_alpha: kubernetes >= MUTATING_ALPHA })
        } else if beta {
            Ok(Self::V1Beta1)
        } else {
            Err(PolicyError::BetaApi(kubernetes))
        }
    }

    /// The version with `ValidatingAdmissionPolicy`.
    pub(super) fn validating(kubernetes: KubernetesVersion) -> Result<Self, PolicyError> {
        if kubernetes >= VALIDATING { Ok(Self::V1) } else { Err(PolicyError::NoValidatingApi(kubernetes)) }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "admissionregistration.k8s.io/v1",
            Self::V1Beta1 => "admissionregistration.k8s.io/v1beta1",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_follows_kubernetes() {
        let mutating = |text: &str, beta| Api::mutating(KubernetesVersion::read(text).unwrap(), beta);
        for text in ["1.36", "v1.36.0", "1.37.2"] {
            assert_eq!((mutating(text, false), mutating(text, true)), (Ok(Api::V1), Ok(Api::V1)), "{text}");
        }
        for text in ["1.34", "v1.35.4-gke.1"] {
            assert_eq!(mutating(text, true), Ok(Api::V1Beta1), "{text}");
            assert!(matches!(mutating(text, false), Err(PolicyError::BetaApi(_))), "{text}");
        }
        for (text, expected) in [("1.33.9", true), ("1.32", true), ("1.31.9", false)] {
            let error = mutating(text, true).unwrap_err();
            assert!(matches!(error, PolicyError::NoMutatingApi { is_alpha, .. } if is_alpha == expected), "{text}");
        }
        assert!(Api::validating(KubernetesVersion::of_minor(30)).is_ok());
        assert!(Api::validating(KubernetesVersion::of_minor(29)).is_err());
    }
}
