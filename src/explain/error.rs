//! Why a workload cannot be explained.

use crate::inject::{ChoiceError, InjectError, Injector};
use crate::istio::names::annotation::TEMPLATES;
use lossless_yaml::YamlError;

/// A workload that cannot be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError<'m> {
    /// Its text cannot be read.
    #[error(transparent)]
    Yaml(#[from] YamlError),
    /// The mesh that injects it is not known.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// The mesh would refuse it.
    #[error("{error}")]
    Refused {
        /// The mesh.
        injector: &'m Injector,
        /// The mesh's error.
        error: InjectError,
    },
    /// Native or regular depends on templates that only the mesh's own configuration has.
    #[error(
        "{TEMPLATES} requests template {templates:?}, which is not built in: it decides between native and regular"
    )]
    UnknownTemplates {
        /// Their names, comma separated.
        templates: String,
    },
    /// A bug: there is no answer although all templates are known.
    #[error("no decision although all templates are known")]
    Undecided,
}
