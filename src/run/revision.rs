//! Chooses the revision whose mesh injects a workload.

use serde_json::Value;

use super::TaskError;
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::inject::{Injector, Workload, skip_reason};
use crate::istio::{ClusterObjects, InjectorConfig, RevisionError, RevisionWarning, Revisions};
use crate::output::Reason;

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
pub(super) enum InjectorChoice<'i> {
    /// This injector, perhaps with a warning.
    Injector(&'i Injector, Option<RevisionWarning>),
    /// No injector: the workload is skipped.
    Skip(Reason),
}

impl Meshes {
    /// One mesh for all namespaces.
    pub fn only(injector: Injector) -> Self {
        let revisions = Revisions::only(&injector.mesh().revision);
        Self { injectors: vec![injector], revisions, objects: ClusterObjects::default(), respect_namespaces: false }
    }

    /// Chooses the injector for a workload with this pod template.
    pub(super) fn choose(&self, workload: &Workload, pod: &Value) -> Result<InjectorChoice<'_>, TaskError> {
        let labels = pod.pointer("/metadata/labels");
        let label = |name: &str| labels?.get(name)?.as_str();
        let choice = match self.revisions.choose(&self.objects.namespaces, &workload.namespace, &label) {
            Ok(choice) => choice,
            // A workload that opts out needs no revision.
            Err(error) => {
                return match (skip_reason(workload, pod, &InjectorConfig::default()), &error) {
                    (Some(reason), _) => Ok(InjectorChoice::Skip(Reason::Skipped(reason))),
                    (None, RevisionError::Several { warning, .. })
                        if self.respect_namespaces && warning.leaves_out() =>
                    {
                        Ok(InjectorChoice::Skip(Reason::NoWebhook(warning.clone())))
                    }
                    (None, _) => Err(TaskError::Refused(vec![Diagnostic::from(&error)])),
                };
            }
        };
        let Some(injector) = self.injectors.get(choice.revision) else {
            let bug = "the revision that was chosen has no mesh";
            return Err(TaskError::Refused(vec![Diagnostic::error(Code::Internal, ExitCode::Internal, bug)]));
        };
        match choice.warning {
            Some(warning) if self.respect_namespaces && warning.leaves_out() => {
                let opts_out = skip_reason(workload, pod, &injector.mesh().injector);
                Ok(InjectorChoice::Skip(opts_out.map_or(Reason::NoWebhook(warning), Reason::Skipped)))
            }
            // Manifests rarely include their namespaces: warn only if the user asked for them or if they decide.
            Some(RevisionWarning::UnknownNamespace { decides: false, .. }) if !self.respect_namespaces => {
                Ok(InjectorChoice::Injector(injector, None))
            }
            warning => Ok(InjectorChoice::Injector(injector, warning)),
        }
    }
}
