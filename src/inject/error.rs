//! Why an injection fails: istiod would reject the pod, or this program cannot render it.

use super::prometheus::ScrapeError;
use super::template::RenderedError;
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::istio::names::annotation;
use crate::istio::{Mesh, ProxyConfigError};
use crate::k8s::Path;
use gotemplate::ErrorKind;

pub use super::annotations::{AnnotationError, AnnotationProblem};
pub use super::pod::Malformed;

/// An injection that failed.
#[derive(Debug, thiserror::Error)]
pub enum InjectError {
    /// Kubernetes does not accept the pod template.
    #[error("{0}")]
    Malformed(#[from] Malformed),
    /// All annotations that istiod rejects.
    #[error("{}", join(.0))]
    Annotations(Vec<AnnotationError>),
    /// The pod asks for a template that the mesh does not have.
    #[error("{annotation} requests template {name:?}, which this mesh does not have (it has {known})",
        annotation = annotation::TEMPLATES)]
    UnknownTemplate {
        /// The requested name.
        name: String,
        /// The names of the mesh's templates, comma separated.
        known: String,
    },
    /// The pod asks for too many templates.
    #[error("{annotation} requests more than {limit} templates",
        annotation = annotation::TEMPLATES)]
    TooManyTemplates {
        /// The limit.
        limit: usize,
    },
    /// The pod asks for a template that only the mesh's own configuration has.
    #[error("{annotation} requests template {name:?}, which is not built in (built in: {known})",
        annotation = annotation::TEMPLATES)]
    TemplateNotBuiltIn {
        /// The requested name.
        name: String,
        /// The names of built-in templates, comma separated.
        known: String,
    },
    /// The release's sidecar is not built in.
    #[error("Istio {release} is not supported (built in: {known})")]
    ReleaseNotBuiltIn {
        /// The requested release.
        release: String,
        /// The minor versions that are built in.
        known: String,
    },
    /// A template of the mesh failed.
    #[error("{error}")]
    Template {
        /// The template's name.
        name: String,
        /// What is wrong, and where.
        error: gotemplate::Error,
    },
    /// The value of a label, annotation or variable breaks what a template renders.
    #[error(
        "{what} contains quotes, backslashes or line breaks that the mesh's template does not escape: it renders no valid pod"
    )]
    TemplateInjection {
        /// The names.
        what: String,
        /// The path in the pod template; empty if several values are wrong.
        path: Path,
    },
    /// A template of the mesh did not render a pod.
    #[error("template {name}, line {} of its output: {problem}", problem.line)]
    Rendered {
        /// The template's name.
        name: String,
        /// What is wrong with it.
        problem: Box<RenderedError>,
    },
    /// One of the pod's Prometheus annotations names a port that cannot be scraped (1.31).
    #[error(transparent)]
    Scrape(#[from] ScrapeError),
    /// `proxy.istio.io/overrides` cannot be read.
    #[error("{annotation} must be a JSON object with lists of containers: {problem}",
        annotation = annotation::OVERRIDES)]
    Overrides {
        /// The problem.
        problem: String,
    },
    /// A value that the sidecar cannot have: istiod could not read its own YAML.
    #[error("the sidecar cannot be rendered: {place} {problem}")]
    Render {
        /// The annotation or value.
        place: String,
        /// What is wrong with it.
        problem: String,
    },
    /// `proxy.istio.io/config` cannot be merged over the mesh's configuration.
    #[error("{annotation}: {0}", annotation = annotation::PROXY_CONFIG)]
    ProxyConfig(#[from] ProxyConfigError),
    /// Native or regular depends on the cluster's nodes, which are not known.
    #[error("whether the proxy is native depends on the cluster's nodes, and none are known")]
    DependsOnNodes,
    /// Native or regular depends on istiod's environment, and the vendor's rules leave it open.
    #[error("whether the proxy is native depends on istiod's environment, which is not known: {rule}")]
    DependsOnIstiod {
        /// The vendor's rule.
        rule: String,
    },
    /// The sidecar cannot be merged into the pod.
    #[error("the sidecar cannot be merged into the pod: {0}")]
    Merge(String),
}

impl From<&InjectError> for Diagnostic {
    fn from(error: &InjectError) -> Self {
        let (code, exit_code) = match error {
            InjectError::Malformed(_) => (Code::MalformedPod, ExitCode::Input),
            InjectError::Annotations(_) | InjectError::Scrape(_) | InjectError::ProxyConfig(_) => {
                (Code::InvalidAnnotation, ExitCode::Input)
            }
            InjectError::UnknownTemplate { .. } => (Code::UnknownTemplate, ExitCode::Input),
            InjectError::TooManyTemplates { .. } => (Code::TooManyTemplates, ExitCode::Input),
            InjectError::TemplateNotBuiltIn { .. } => (Code::TemplateNotBuiltIn, ExitCode::Input),
            InjectError::ReleaseNotBuiltIn { .. } => (Code::ReleaseNotBuiltIn, ExitCode::Mesh),
            InjectError::Template { .. } | InjectError::Rendered { .. } => (Code::TemplateFailed, ExitCode::Mesh),
            InjectError::TemplateInjection { .. } => (Code::TemplateInjection, ExitCode::Input),
            InjectError::Overrides { .. } => (Code::InvalidOverrides, ExitCode::Input),
            InjectError::Render { .. } => (Code::SidecarNotRendered, ExitCode::Input),
            InjectError::DependsOnNodes => (Code::NodesUnknown, ExitCode::Input),
            InjectError::DependsOnIstiod { .. } => (Code::IstiodUnknown, ExitCode::Input),
            InjectError::Merge(_) => (Code::MergeFailed, ExitCode::Input),
        };
        let hint = match error {
            InjectError::DependsOnNodes => {
                Some("pass --node-version v1.33.2, --istiod-env ENABLE_NATIVE_SIDECARS=true or --mode native")
            }
            InjectError::DependsOnIstiod { .. } => Some(
                "add istiod's Deployment to the mesh file, or pass --istiod-env ENABLE_NATIVE_SIDECARS=true or --mode native",
            ),
            InjectError::TemplateNotBuiltIn { .. } => Some("pass --mesh-file to use your mesh's own templates"),
            _ => None,
        };
        Self { hint: hint.map(str::to_owned), ..Self::error(code, exit_code, error.to_string()) }
    }
}

impl InjectError {
    /// The error about a mesh whose vendor's rules leave istiod's environment open.
    pub(super) fn depends_on_istiod(mesh: &Mesh) -> Self {
        let rule = mesh.ruling.as_ref().map_or_else(String::new, |ruling| ruling.rule.text.to_owned());
        Self::DependsOnIstiod { rule }
    }

    /// Whether a template reached a limit.
    pub(super) fn is_limit(&self) -> bool {
        matches!(self, Self::Template { error, .. } if matches!(error.kind(), ErrorKind::Limit(_)))
    }

    /// The path below the pod template that the error is about; `None` if it is about several, or something else.
    pub fn path(&self) -> Option<Path> {
        let name = match self {
            Self::Malformed(malformed) => return Some(malformed.path.clone()),
            Self::TemplateInjection { path, .. } => return Some(path.clone()).filter(|path| !path.is_empty()),
            Self::UnknownTemplate { .. } | Self::TooManyTemplates { .. } | Self::TemplateNotBuiltIn { .. } => {
                annotation::TEMPLATES
            }
            Self::Scrape(error) => &error.annotation,
            Self::Overrides { .. } => annotation::OVERRIDES,
            Self::ProxyConfig(_) => annotation::PROXY_CONFIG,
            // It may also be a value of the mesh, which is not in the pod.
            Self::Render { place, .. } => place,
            _ => return None,
        };
        Some(annotation_path(name))
    }
}

impl AnnotationError {
    /// The annotation's path below the pod template.
    pub fn path(&self) -> Path {
        annotation_path(self.annotation)
    }
}

fn annotation_path(name: &str) -> Path {
    Path::of_keys(["metadata", "annotations", name])
}

fn join(errors: &[AnnotationError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
