//! Why no policy can be generated for a request.

use super::owner::known_kinds;
use crate::diagnostic::Diagnostic;
use crate::k8s::KubernetesVersion;

/// A request that cannot become a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// `set` needs an API that is beta in this version.
    #[error("MutatingAdmissionPolicy is beta in Kubernetes {0}, and off by default")]
    BetaApi(KubernetesVersion),
    /// The API is not there, or alpha.
    #[error("Kubernetes {kubernetes} {}", if *.is_alpha { "has MutatingAdmissionPolicy only as v1alpha1" } else { "has no MutatingAdmissionPolicy" })]
    NoMutatingApi {
        /// The version.
        kubernetes: KubernetesVersion,
        /// Whether it is alpha.
        is_alpha: bool,
    },
    /// The API is not there.
    #[error("Kubernetes {0} has no ValidatingAdmissionPolicy v1, which 1.30 introduced")]
    NoValidatingApi(KubernetesVersion),
    /// A word of `--kind`.
    #[error("{0:?} is not a kind of controller")]
    UnknownKind(String),
    /// Pods do not name this kind.
    #[error("a policy cannot select the pods of {kind}s: a pod names only its controller, which is a {controller}")]
    IndirectOwner {
        /// The kind.
        kind: String,
        /// The kind that its pods name as their controller.
        controller: &'static str,
    },
    /// A namespace that is always excluded.
    #[error("namespace {0} is always excluded: it belongs to the system or the mesh")]
    ExcludedNamespace(String),
    /// Not a name.
    #[error("{0:?} is not the name of a namespace")]
    InvalidNamespace(String),
    /// A selector with keys or values that no label has.
    #[error("the API server does not accept {0:?} as a label selector")]
    InvalidSelector(String),
}

impl From<&PolicyError> for Diagnostic {
    fn from(error: &PolicyError) -> Self {
        let hint = match error {
            PolicyError::BetaApi(_) => "pass --beta-api if the API server runs with the feature gate and the API; the \
                                        output names both"
                .to_owned(),
            PolicyError::NoMutatingApi { .. } => {
                "annotate manifests, or label namespaces with the revision of an istiod that runs with \
                 ENABLE_NATIVE_SIDECARS=true"
                    .to_owned()
            }
            PolicyError::NoValidatingApi(_) => {
                "check manifests in CI: kubectl nativesidecar annotate -f k8s/ -R --check".to_owned()
            }
            PolicyError::UnknownKind(_) => format!("pass {}, or KIND.GROUP as in TaskRun.tekton.dev", known_kinds()),
            PolicyError::IndirectOwner { controller, .. } => {
                format!("pass --kind {controller} for the pods of all {controller}s, or annotate the pod template")
            }
            PolicyError::ExcludedNamespace(_) => "choose others".to_owned(),
            PolicyError::InvalidNamespace(_) | PolicyError::InvalidSelector(_) => {
                "see kubectl get namespaces --show-labels".to_owned()
            }
        };
        Self::usage(error.to_string(), Some(hint))
    }
}
