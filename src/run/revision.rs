//! Which revision's mesh injects a workload, if one does.

use serde_json::Value;

use super::{CODE_MESH, Refusal, TaskError};
use crate::inject::{Injector, Workload, skip_reason};
use crate::istio::{ChoiceError, ClusterObjects, Doubt, InjectorConfig, Revisions};

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
    Injector(&'i Injector, Option<Doubt>),
    /// None, for this reason.
    LeftOut(String),
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
                    (Some(reason), _) => Ok(Chosen::LeftOut(reason.to_string())),
                    (None, ChoiceError::Several { doubt, .. }) if self.respect_namespaces && doubt.leaves_out() => {
                        Ok(Chosen::LeftOut(doubt.to_string()))
                    }
                    (None, _) => Err(refused(&error)),
                };
            }
        };
        let Some(injector) = self.injectors.get(choice.revision) else {
            return Err(refusal("no mesh is known".to_owned(), None));
        };
        match choice.doubt {
            Some(doubt) if self.respect_namespaces && doubt.leaves_out() => {
                let opts_out = skip_reason(workload, pod, &injector.mesh().injector);
                Ok(Chosen::LeftOut(opts_out.map_or_else(|| doubt.to_string(), |reason| reason.to_string())))
            }
            // Manifests seldom bring their namespaces along: it is no news, unless it was asked for or decides.
            Some(Doubt::UnknownNamespace { decides: false, .. }) if !self.respect_namespaces => {
                Ok(Chosen::Injector(injector, None))
            }
            doubt => Ok(Chosen::Injector(injector, doubt)),
        }
    }
}

fn refused(error: &ChoiceError) -> TaskError {
    let hint = match error {
        ChoiceError::Several { doubt: Doubt::UnknownNamespace { .. }, .. } => {
            "say --revision NAME, or add the Namespace, with its labels, to the mesh file or the manifests"
        }
        ChoiceError::Several { .. } => {
            "say --revision NAME, label the namespace or the pod, or add the ConfigMaps of the revision that its label names"
        }
        ChoiceError::Missing { .. } => "say --revision NAME, or add that revision's ConfigMaps to the mesh file",
    };
    refusal(error.to_string(), Some(hint.to_owned()))
}

fn refusal(message: String, hint: Option<String>) -> TaskError {
    TaskError::Refused(vec![Refusal { node: None, message, excerpt: None, hint, code: CODE_MESH }])
}
