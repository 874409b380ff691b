//! Which revision's mesh injects a workload, if one does.

use serde_json::Value;

use super::TaskError;
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::inject::{Injector, Workload, skip_reason};
use crate::istio::{ClusterObjects, InjectorConfig, RevisionError, RevisionWarning, Revisions};
use crate::output::Reason;

/// The meshes that may inject.
#[derive(Debug)]
pub struct Meshes {
    /// The mesh, once a revision, in the order of the revisions' names.
    pub injectors: Vec<Injector>,
    /// Which of them injects which workload.
    pub revisions: Revisions,
    /// The objects of the cluster that injections depend on.
    pub objects: ClusterObjects,
    /// Workloads that no webhook would select are left out.
    pub respect_namespaces: bool,
}

/// What was chosen for a workload.
pub(super) enum Chosen<'i> {
    /// This mesh, and what speaks against it.
    Injector(&'i Injector, Option<RevisionWarning>),
    /// None, for this reason.
    LeftOut(Reason),
}

impl Meshes {
    /// One mesh, whatever the namespaces are.
    pub fn only(injector: Injector) -> Self {
        let revisions = Revisions::only(&injector.mesh().revision);
        Self { injectors: vec![injector], revisions, objects: ClusterObjects::default(), respect_namespaces: false }
    }

    /// Chooses for a workload with this pod template.
    pub(super) fn choose(&self, workload: &Workload, pod: &Value) -> Result<Chosen<'_>, TaskError> {
        let labels = pod.pointer("/metadata/labels");
        let label = |name: &str| labels?.get(name)?.as_str();
        let choice = match self.revisions.choose(&self.objects.namespaces, &workload.namespace, &label) {
            Ok(choice) => choice,
            // What is left out needs no revision.
            Err(error) => {
                return match (skip_reason(workload, pod, &InjectorConfig::default()), &error) {
                    (Some(reason), _) => Ok(Chosen::LeftOut(Reason::Skipped(reason))),
                    (None, RevisionError::Several { warning, .. })
                        if self.respect_namespaces && warning.leaves_out() =>
                    {
                        Ok(Chosen::LeftOut(Reason::NoWebhook(warning.clone())))
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
                Ok(Chosen::LeftOut(opts_out.map_or(Reason::NoWebhook(warning), Reason::Skipped)))
            }
            // Manifests seldom bring their namespaces along: it is no news, unless it was asked for or decides.
            Some(RevisionWarning::UnknownNamespace { decides: false, .. }) if !self.respect_namespaces => {
                Ok(Chosen::Injector(injector, None))
            }
            warning => Ok(Chosen::Injector(injector, warning)),
        }
    }
}
