//! The meshes that can inject, one for each revision, and the choice between them.

use serde_json::Value;

use super::policy::{self, SkipReason};
use super::{Injector, Workload};
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::istio::{ClusterObjects, InjectorConfig, RevisionError, RevisionWarning, Revisions};

/// The meshes that can inject.
#[derive(Debug)]
pub struct Meshes {
    /// An injector for each revision, in the order of the revisions' names.
    pub injectors: Vec<Injector>,
    /// The rules that choose between revisions.
    pub revisions: Revisions,
    /// Objects of the cluster that injections depend on.
    pub objects: ClusterObjects,
    /// Whether to skip workloads that no webhook selects.
    pub respect_namespaces: bool,
}

/// The choice for a workload.
#[derive(Debug)]
pub enum InjectorChoice<'i> {
    /// This injector, perhaps with a warning.
    Injector(&'i Injector, Option<RevisionWarning>),
    /// The pod opts out of injection by every revision.
    Skipped(SkipReason),
    /// No webhook selects the pod.
    NoWebhook(RevisionWarning),
}

/// Why no injector can be chosen.
#[derive(Debug, thiserror::Error)]
pub enum ChoiceError {
    /// The webhooks decide, and they do not choose a known revision.
    #[error(transparent)]
    Revision(#[from] RevisionError),
    /// A bug: there is no injector for the revision.
    #[error("the revision that was chosen has no mesh")]
    NoInjector,
}

impl From<&ChoiceError> for Diagnostic {
    fn from(error: &ChoiceError) -> Self {
        match error {
            ChoiceError::Revision(error) => error.into(),
            ChoiceError::NoInjector => Self::error(Code::Internal, ExitCode::Internal, error.to_string()),
        }
    }
}

impl Meshes {
    /// One mesh for all namespaces.
    pub fn only(injector: Injector) -> Self {
        let revisions = Revisions::only(&injector.mesh().revision);
        Self { injectors: vec![injector], revisions, objects: ClusterObjects::default(), respect_namespaces: false }
    }

    /// The meshes with other injectors for the same revisions.
    #[must_use]
    pub fn map_injectors(mut self, map: impl FnMut(Injector) -> Injector) -> Self {
        self.injectors = self.injectors.into_iter().map(map).collect();
        self
    }

    /// The meshes without the defaults that the API server sets in pods.
    #[must_use]
    pub fn without_api_defaults(self) -> Self {
        self.map_injectors(Injector::without_api_defaults)
    }

    /// Chooses the injector for a workload with this pod template.
    pub fn choose(&self, workload: &Workload, pod: &Value) -> Result<InjectorChoice<'_>, ChoiceError> {
        let labels = pod.pointer("/metadata/labels");
        let label = |name: &str| labels?.get(name)?.as_str();
        let choice = match self.revisions.choose(&self.objects.namespaces, &workload.namespace, &label) {
            Ok(choice) => choice,
            // A workload that opts out needs no revision.
            Err(error) => {
                return match (policy::skip(workload, pod, &InjectorConfig::default()), error) {
                    (Some(reason), _) => Ok(InjectorChoice::Skipped(reason)),
                    (None, RevisionError::Several { warning, .. })
                        if self.respect_namespaces && warning.leaves_out() =>
                    {
                        Ok(InjectorChoice::NoWebhook(warning))
                    }
                    (None, error) => Err(error.into()),
                };
            }
        };
        let injector = self.injectors.get(choice.revision).ok_or(ChoiceError::NoInjector)?;
        Ok(match choice.warning {
            Some(warning) if self.respect_namespaces && warning.leaves_out() => {
                let opts_out = policy::skip(workload, pod, &injector.mesh().injector);
                opts_out.map_or(InjectorChoice::NoWebhook(warning), InjectorChoice::Skipped)
            }
            // Manifests rarely include their namespaces: warn only if the user asked for them or if they decide.
            Some(RevisionWarning::UnknownNamespace { decides: false, .. }) if !self.respect_namespaces => {
                InjectorChoice::Injector(injector, None)
            }
            warning => InjectorChoice::Injector(injector, warning),
        })
    }
}
