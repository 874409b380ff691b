//! What a mesh does to one workload: whether its pods get a proxy, native or regular, and why.
//!
//! All commands use [`Explanation::of`]. It takes the decision with which an injection begins from [`crate::inject`], and adds
//! the place of each reason in the manifest. It renders a sidecar only if the decision depends on it.

mod details;
mod error;
mod explained;
mod fleet;
mod injection_record;
mod note;
mod own_words;
mod pod_change;
mod reason;
mod replicas;
mod workaround;

use serde_json::Value;

use crate::inject::{Injector, InjectorChoice, Meshes, ModeRequest, ProxyDecision, TemplateRole, Verdict, Workload};
use crate::istio::RevisionWarning;
use crate::istio::native::{Answer, Mode};
use crate::istio::platform::Ruling;
use crate::k8s::Object;
use lossless_yaml::Tree;

pub use details::{Container, Details, InjectedWith, Role, Setting};
pub use error::ExplainError;
pub use explained::{Explained, LocatedReason};
pub use fleet::{Fleet, FleetShare, FleetSum, QuotaUse};
pub use note::Note;
pub use pod_change::{Action, PodChange, Scope, Subject};
pub use reason::Reason;
pub use replicas::Replicas;
pub use workaround::Workaround;

/// The proxy that the pods of a workload get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Proxy {
    /// An init container with `restartPolicy: Always`.
    Native,
    /// An ordinary container.
    Regular,
    /// One or the other: the cluster's nodes or istiod's environment decide, and they are not known.
    Depends,
    /// None: the mesh does not inject the pods.
    None,
}

impl Proxy {
    /// All, in the order of totals.
    pub const ALL: [Self; 4] = [Self::Native, Self::Regular, Self::Depends, Self::None];

    /// The stable name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Regular => "regular",
            Self::Depends => "depends",
            Self::None => "none",
        }
    }

    /// The mode, if there is a proxy and its mode is known.
    pub fn mode(self) -> Option<Mode> {
        match self {
            Self::Native => Some(Mode::Native),
            Self::Regular => Some(Mode::Regular),
            Self::Depends | Self::None => None,
        }
    }
}

impl From<Mode> for Proxy {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Native => Self::Native,
            Mode::Regular => Self::Regular,
        }
    }
}

impl From<Answer> for Proxy {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Mode(mode) => mode.into(),
            Answer::DependsOnNodes | Answer::DependsOnIstiod => Self::Depends,
        }
    }
}

/// What a mesh does to a workload, and why.
#[derive(Clone, Debug)]
pub struct Explanation<'m> {
    /// The proxy.
    pub proxy: Proxy,
    /// Why, in the order in which the mesh considers the reasons.
    pub reasons: Vec<Reason>,
    /// The proxy if the annotation `sidecar.istio.io/nativeSidecar` were absent. `None` if the mesh does not inject the pods.
    pub without_annotation: Option<Proxy>,
    /// The mesh that injects the pods; `None` if none does.
    pub injector: Option<&'m Injector>,
    /// Why a webhook might not inject the pods although the mesh would.
    pub warning: Option<RevisionWarning>,
}

impl<'m> Explanation<'m> {
    /// Explains a workload of a document. `namespace` is its own, or the one it will be created in.
    pub fn of(meshes: &'m Meshes, tree: &Tree<'_>, object: &Object, namespace: &str) -> Result<Self, ExplainError<'m>> {
        if let Some(key) = &object.pod_metadata {
            return Ok(Self::none(Reason::PodMetadataOnly { key: key.clone() }));
        }
        let (workload, pod) = Workload::with_pod(tree, object, namespace, &meshes.objects)?;
        Self::of_pod(meshes, &workload, &pod)
    }

    /// Explains a workload with this pod template (`metadata` and `spec`).
    pub fn of_pod(meshes: &'m Meshes, workload: &Workload, pod: &Value) -> Result<Self, ExplainError<'m>> {
        let (injector, warning) = match meshes.choose(workload, pod)? {
            InjectorChoice::Injector(injector, warning) => (injector, warning),
            InjectorChoice::Skipped(reason) => return Ok(Self::none(Reason::Skipped(reason))),
            InjectorChoice::NoWebhook(warning) => return Ok(Self::none(Reason::NoWebhook(warning))),
        };
        let refused = |error| ExplainError::Refused { injector, error };
        let decision = match injector.decide(workload, pod, ModeRequest::Mesh).map_err(refused)? {
            Verdict::Injected(decision) => decision,
            Verdict::Skipped(reason) => return Ok(Self::none(Reason::Skipped(reason))),
        };
        let Some(answer) = decision.answer() else {
            let ProxyDecision { templates: TemplateRole::Unknown { templates }, .. } = decision else {
                return Err(ExplainError::Undecided);
            };
            return Err(ExplainError::UnknownTemplates { templates });
        };
        let without_annotation = decision.answer_without_annotation().map(Proxy::from);
        Ok(Self {
            proxy: answer.into(),
            reasons: reasons(decision),
            without_annotation,
            injector: Some(injector),
            warning,
        })
    }

    /// What would settle a proxy that depends on istiod's environment. `None` if it is decided, or if nodes decide.
    pub fn unknown_istiod(&self) -> Option<&Ruling> {
        self.reasons.iter().find_map(Reason::unknown_istiod)
    }

    fn none(reason: Reason) -> Self {
        Self { proxy: Proxy::None, reasons: vec![reason], without_annotation: None, injector: None, warning: None }
    }
}

/// The reasons of a decision. Templates that never make a native proxy outrank all others.
fn reasons(decision: ProxyDecision) -> Vec<Reason> {
    let never_native = match decision.templates {
        TemplateRole::NeverNative { templates } => Some(Reason::TemplateNeverNative { templates }),
        TemplateRole::Follow | TemplateRole::Unknown { .. } => None,
    };
    let others = decision.decision.reasons.into_iter().map(Reason::Mode);
    never_native.into_iter().chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::istio::Mesh;
    use crate::k8s::{Kinds, objects};

    fn meshes() -> Meshes {
        Meshes::only(Injector::new(Mesh::install("1.30".parse().unwrap(), &Value::Null).unwrap()).unwrap())
    }

    /// A Deployment whose pod template has these lines of metadata. They begin on line 6.
    fn deployment(metadata: &str) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  template:\n{metadata}    spec:\n      \
             containers: [{{name: web, image: web:1}}]\n"
        )
    }

    type Reasons = Vec<(&'static str, Option<usize>)>;

    /// The proxy, the code and line of each reason, and the proxy without the annotation.
    fn explained(text: &str) -> (Proxy, Reasons, Option<Proxy>) {
        let tree = Tree::parse(text, 1).unwrap();
        let found = objects(&tree, &Kinds::default()).unwrap();
        let (meshes, object) = (meshes(), found.workloads.first().unwrap());
        let explanation = Explanation::of(&meshes, &tree, object, "shop").unwrap();
        let reasons = explanation.reasons.iter();
        let reasons = reasons.map(|reason| (reason.code(), reason.node(&tree, object).map(|node| tree.line(node))));
        (explanation.proxy, reasons.collect(), explanation.without_annotation)
    }

    #[test]
    fn reasons_come_with_their_line() {
        let annotated = "    metadata:\n      annotations:\n        sidecar.istio.io/nativeSidecar: \"true\"\n";
        assert_eq!(
            explained(&deployment(annotated)),
            (Proxy::Native, vec![("annotation", Some(8))], Some(Proxy::Depends))
        );
        assert_eq!(explained(&deployment("")), (Proxy::Depends, vec![("nodes-unknown", None)], Some(Proxy::Depends)));
        let label = "    metadata: {labels: {sidecar.istio.io/inject: \"false\"}}\n";
        assert_eq!(explained(&deployment(label)), (Proxy::None, vec![("label-opts-out", Some(6))], None));
        let gateway = "    metadata: {annotations: {inject.istio.io/templates: gateway}}\n";
        let (proxy, reasons, without) = explained(&deployment(gateway));
        assert_eq!((proxy, without), (Proxy::Regular, Some(Proxy::Regular)));
        assert_eq!(reasons.first(), Some(&("template-never-native", Some(6))));
    }

    #[test]
    fn what_istiod_refuses_is_an_error() {
        let text = deployment("    metadata: {annotations: {status.sidecar.istio.io/port: port}}\n");
        let tree = Tree::parse(&text, 1).unwrap();
        let found = objects(&tree, &Kinds::default()).unwrap();
        let (meshes, object) = (meshes(), found.workloads.first().unwrap());
        let error = Explanation::of(&meshes, &tree, object, "shop").unwrap_err();
        assert!(error.to_string().contains("must be a port"), "{error}");
    }
}
