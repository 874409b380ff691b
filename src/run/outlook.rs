//! What a workload's proxy becomes once its annotation is set, as far as the mesh is known.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Target;
use super::revision::{Chosen, Meshes};
use crate::inject::{
    AnnotationChange, ExistingMode, InjectError, Injected, Injector, ModeRequest, Outcome as Injection, SkipReason,
    Warning as PodWarning, Workload, annotation_value, skip_reason,
};
use crate::istio::InjectorConfig;
use crate::istio::names::annotation::{NATIVE_SIDECAR, TEMPLATES};
use crate::istio::names::template::{NEVER_NATIVE, SIDECAR};
use crate::istio::native::{Mode, PodFacts, decide};
use crate::k8s::pod_value;
use crate::output::{Entry, Reason, Remark, Warning};

/// A workload, and the part of its pod template that decides whether it is injected.
pub(super) struct Outlook<'t, 'd, 'a> {
    target: &'t Target<'d, 'a>,
    workload: Workload,
    /// Labels, annotations, and the fields of the spec that matter; read alone, so that the rest may be anything.
    view: Value,
}

/// Whether a workload is injected.
pub(super) enum Verdict<'m> {
    /// It is not.
    NotInjected {
        reason: Reason,
        /// The reason is one for which a workload is skipped.
        is_skipped: bool,
    },
    /// By this mesh, and what speaks against it.
    Injected(&'m Injector, Option<Warning>),
    /// By a mesh of which nothing is known, or not even which, for this reason.
    Unknown(Option<Warning>),
}

impl<'t, 'd, 'a> Outlook<'t, 'd, 'a> {
    pub(super) fn new(target: &'t Target<'d, 'a>) -> Self {
        let object = target.object;
        let workload = Workload::new(&object.api_version, &object.kind, &object.name, target.namespace);
        Self { target, workload, view: policy_view(target) }
    }

    /// Whether the workload is injected by one of `meshes`. `include_uninjected`: nothing in the pod is a reason to skip it.
    pub(super) fn verdict<'m>(&self, meshes: Option<&'m Meshes>, include_uninjected: bool) -> Verdict<'m> {
        let skipped = |config: &InjectorConfig| skip_reason(&self.workload, &self.view, config);
        let not_injected = |reason: SkipReason| Verdict::NotInjected {
            is_skipped: reason.lies_in_pod() && !include_uninjected,
            reason: Reason::Skipped(reason),
        };
        // First, as no revision has to be known for it.
        if let Some(reason) = skipped(&InjectorConfig::default()).filter(SkipReason::lies_in_pod) {
            return not_injected(reason);
        }
        // Without a pod spec, there is nothing to inject.
        let Some(meshes) = meshes.filter(|_| self.target.object.pod_metadata.is_none()) else {
            return Verdict::Unknown(None);
        };
        match meshes.choose(&self.workload, &self.view) {
            Ok(Chosen::Injector(injector, warning)) => match skipped(&injector.mesh().injector) {
                Some(reason) => not_injected(reason),
                None => Verdict::Injected(injector, warning.map(Warning::Revision)),
            },
            Ok(Chosen::LeftOut(reason)) => Verdict::NotInjected { reason, is_skipped: meshes.respect_namespaces },
            Err(error) => Verdict::Unknown(Some(Warning::RevisionUndecided { error: error.to_string() })),
        }
    }

    /// Fills in what the proxy becomes after `change`, and a warning if that is not the mode of the annotation.
    pub(super) fn foresee(
        &self,
        verdict: &Verdict<'_>,
        request: ModeRequest,
        change: &AnnotationChange,
        existing: &ExistingMode,
        entry: &mut Entry,
    ) {
        match verdict {
            Verdict::NotInjected { reason, .. } => {
                entry.reasons.push(Reason::NotInjected(Box::new(reason.clone())));
            }
            Verdict::Unknown(why) => {
                entry.warnings.extend(why.clone());
                entry.mode = change.mode().or_else(|| existing.valid());
                self.apply_known_templates(entry);
            }
            Verdict::Injected(injector, warning) => {
                entry.warnings.extend(warning.clone());
                self.by_injection(injector, request, change, entry);
                if entry.mode == Some(Mode::Native) {
                    let node = self.view.pointer("/spec/nodeName").and_then(Value::as_str);
                    entry.run_warning = kubelet_warning(injector, node);
                }
            }
        }
    }

    /// Asks the mesh itself; where it cannot tell, the annotation, the nodes and the templates' names have to.
    fn by_injection(&self, injector: &Injector, request: ModeRequest, change: &AnnotationChange, entry: &mut Entry) {
        let pod = pod_value(self.target.tree, self.target.object.template);
        match pod.ok().map(|pod| injector.inject(&self.workload, &pod, request)) {
            Some(Ok(Injection::Injected(injected) | Injection::Unchanged(injected))) => {
                entry.mode = Some(injected.mode);
                if injected.annotation.mode().is_some_and(|annotated| annotated != injected.mode) {
                    entry.warnings.push(against(injector, &injected));
                }
                return;
            }
            // The first depends on the cluster, the second on what is built in: neither is a fault of the pod.
            Some(Err(InjectError::DependsOnNodes | InjectError::TemplateNotBuiltIn { .. }) | Ok(_)) | None => {}
            Some(Err(error)) => entry.warnings.push(Warning::MeshRefuses { error: error.to_string() }),
        }
        let at = |path: &str| self.view.pointer(path).and_then(Value::as_str);
        let annotations = self.view.pointer("/metadata/annotations");
        let found = annotations.and_then(|annotations| annotations.get(NATIVE_SIDECAR)?.as_str());
        let annotation = change.written().map(annotation_value).or(found);
        entry.mode = decide(injector.mesh(), PodFacts { annotation, node_name: at("/spec/nodeName") }).mode();
        self.apply_known_templates(entry);
    }

    /// Corrects the mode where the pod asks for templates other than the sidecar's: those of the chart are never native, and
    /// of others nothing is known.
    fn apply_known_templates(&self, entry: &mut Entry) {
        let annotations = self.view.pointer("/metadata/annotations");
        let Some(asked) = annotations.and_then(|annotations| annotations.get(TEMPLATES)?.as_str()) else { return };
        let names: Vec<&str> = asked.split(',').map(str::trim).collect();
        if entry.mode != Some(Mode::Native) || names == [SIDECAR] {
            return;
        }
        let templates = names.join(", ");
        if names.iter().all(|name| NEVER_NATIVE.contains(name)) {
            entry.mode = Some(Mode::Regular);
            entry.warnings.push(Warning::Pod(PodWarning::TemplateIsNeverNative { templates }));
        } else {
            entry.mode = None;
            entry.warnings.push(Warning::TemplateDecides { templates });
        }
    }
}

/// The warning about kubelets that are too old for a native sidecar on the node, or on any.
pub(super) fn kubelet_warning(injector: &Injector, node: Option<&str>) -> Option<Remark> {
    injector.kubelet_warning(node).map(|text| Remark::new("kubelet-too-old", Arc::clone(text)))
}

/// Why the proxy does not have the mode of the annotation.
fn against(injector: &Injector, injected: &Injected) -> Warning {
    let never_native = |warning: &&PodWarning| matches!(warning, PodWarning::TemplateIsNeverNative { .. });
    if let Some(warning) = injected.warnings.iter().find(never_native) {
        return Warning::Pod(warning.clone());
    }
    let (release, reasons) = (injector.mesh().release.clone(), injected.reasons.clone());
    Warning::OtherMode { release, mode: injected.mode, reasons }
}

/// The part of a pod that decides whether it is injected, and by what kubelet it runs.
fn policy_view(target: &Target<'_, '_>) -> Value {
    let tree = target.tree;
    let get = |path: &[&str]| {
        let mut at = target.object.template;
        for key in path {
            at = tree.get_last(at, key).ok().flatten()?;
        }
        tree.value(at).ok()
    };
    let metadata = target.object.metadata_key();
    let texts = |key: &str| get(&[metadata, key]).map(as_texts);
    json!({
        "metadata": {"labels": texts("labels"), "annotations": texts("annotations")},
        "spec": {"hostNetwork": get(&["spec", "hostNetwork"]), "nodeName": get(&["spec", "nodeName"])},
    })
}

/// Labels or annotations whose values are all texts: an opt-out that lacks its quotes is one nevertheless.
fn as_texts(mut map: Value) -> Value {
    for value in map.as_object_mut().into_iter().flat_map(|map| map.values_mut()) {
        if value.is_boolean() || value.is_number() {
            *value = value.to_string().into();
        }
    }
    map
}
