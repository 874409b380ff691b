//! Predicts the mode of a proxy once the annotation of its workload is set, if the mesh is known.

use serde_json::{Value, json};

use super::WorkloadNode;
use crate::inject::{
    AnnotationChange, ExistingMode, Injector, InjectorChoice, Meshes, ModeRequest, SkipReason, TemplateRole, Verdict,
    Warning as PodWarning, Workload, skip_reason,
};
use crate::istio::InjectorConfig;
use crate::istio::names::annotation::TEMPLATES;
use crate::istio::native::Mode;
use crate::k8s::pod_value;
use crate::output::{Entry, Reason, Remark, Warning};

/// Predicts the injection of one workload.
pub(super) struct Prediction<'t, 'd, 'a> {
    target: &'t WorkloadNode<'d, 'a>,
    workload: Workload,
    /// The parts of the pod template that decide: labels, annotations and some fields of the spec. The rest may be
    /// invalid.
    view: Value,
}

/// Whether a mesh injects a workload.
pub(super) enum Forecast<'m> {
    /// No mesh injects it.
    NotInjected {
        reason: Reason,
        /// Whether `annotate` skips a workload for this reason.
        is_skipped: bool,
    },
    /// This mesh injects it, perhaps with a warning.
    Injected(&'m Injector, Option<Warning>),
    /// The mesh, or the revision that injects it, is not known.
    Unknown(Option<Warning>),
}

impl<'t, 'd, 'a> Prediction<'t, 'd, 'a> {
    pub(super) fn new(target: &'t WorkloadNode<'d, 'a>) -> Self {
        let object = target.object;
        let workload = Workload::new(&object.api_version, &object.kind, &object.name, target.namespace);
        Self { target, workload, view: policy_view(target) }
    }

    /// Whether one of `meshes` injects the workload. With `include_uninjected`, a pod that opts out is not skipped.
    pub(super) fn forecast<'m>(&self, meshes: Option<&'m Meshes>, include_uninjected: bool) -> Forecast<'m> {
        let skipped = |config: &InjectorConfig| skip_reason(&self.workload, &self.view, config);
        let not_injected = |reason: SkipReason| Forecast::NotInjected {
            is_skipped: reason.lies_in_pod() && !include_uninjected,
            reason: Reason::Skipped(reason),
        };
        // First, because it does not depend on the revision.
        if let Some(reason) = skipped(&InjectorConfig::default()).filter(SkipReason::lies_in_pod) {
            return not_injected(reason);
        }
        // Without a pod spec, there is nothing to inject into.
        let Some(meshes) = meshes.filter(|_| self.target.object.pod_metadata.is_none()) else {
            return Forecast::Unknown(None);
        };
        match meshes.choose(&self.workload, &self.view) {
            Ok(InjectorChoice::Injector(injector, warning)) => match skipped(&injector.mesh().injector) {
                Some(reason) => not_injected(reason),
                None => Forecast::Injected(injector, warning.map(Warning::Revision)),
            },
            Ok(InjectorChoice::Skipped(reason)) => {
                Forecast::NotInjected { reason: Reason::Skipped(reason), is_skipped: meshes.respect_namespaces }
            }
            Ok(InjectorChoice::NoWebhook(warning)) => {
                Forecast::NotInjected { reason: Reason::NoWebhook(warning), is_skipped: meshes.respect_namespaces }
            }
            Err(error) => Forecast::Unknown(Some(Warning::RevisionUndecided { error: error.to_string() })),
        }
    }

    /// Records the mode of the proxy after `change`, with a warning if it is not the mode of the annotation.
    pub(super) fn record(
        &self,
        forecast: &Forecast<'_>,
        request: ModeRequest,
        change: &AnnotationChange,
        existing: &ExistingMode,
        entry: &mut Entry,
    ) {
        match forecast {
            Forecast::NotInjected { reason, .. } => {
                entry.reasons.push(Reason::NotInjected(Box::new(reason.clone())));
            }
            Forecast::Unknown(why) => {
                entry.warnings.extend(why.clone());
                entry.mode = change.mode().or_else(|| existing.valid());
                self.apply_known_templates(entry);
            }
            Forecast::Injected(injector, warning) => {
                entry.warnings.extend(warning.clone());
                self.by_decision(injector, request, change, entry);
                if entry.mode == Some(Mode::Native) {
                    let node = self.view.pointer("/spec/nodeName").and_then(Value::as_str);
                    entry.run_warning = kubelet_warning(injector, node);
                }
            }
        }
    }

    /// Records what the mesh decides. If it does not decide about the whole pod, its annotations and its node decide.
    fn by_decision(&self, injector: &Injector, request: ModeRequest, change: &AnnotationChange, entry: &mut Entry) {
        let pod = pod_value(self.target.tree, self.target.object.template);
        let decided = match pod.ok().map(|pod| injector.decide(&self.workload, &pod, request)) {
            Some(Ok(Verdict::Injected(decision))) => decision,
            Some(Ok(Verdict::Skipped(_))) | None => injector.decide_incomplete(&self.view, change.clone()),
            Some(Err(error)) => {
                entry.warnings.push(Warning::MeshRefuses { error: error.to_string() });
                injector.decide_incomplete(&self.view, change.clone())
            }
        };
        let mode = decided.decision.mode();
        entry.mode = mode;
        record_templates(&decided.templates, entry);
        let is_other = |mode| decided.annotation.mode().is_some_and(|annotated| annotated != mode);
        if let Some(mode) = mode.filter(|mode| is_other(*mode)) {
            let (release, reasons) = (injector.mesh().release.clone(), decided.decision.reasons);
            entry.warnings.push(Warning::OtherMode { release, mode, reasons });
        }
    }

    /// Corrects the mode if the pod requests other templates than the sidecar's, which are known only by name.
    fn apply_known_templates(&self, entry: &mut Entry) {
        let annotations = self.view.pointer("/metadata/annotations");
        let asked = annotations.and_then(|annotations| annotations.get(TEMPLATES)?.as_str());
        record_templates(&TemplateRole::by_names(asked), entry);
    }
}

/// Corrects the mode of a native proxy whose templates do something else.
fn record_templates(role: &TemplateRole, entry: &mut Entry) {
    if entry.mode != Some(Mode::Native) {
        return;
    }
    match role {
        TemplateRole::Follow => {}
        TemplateRole::NeverNative { templates } => {
            entry.mode = Some(Mode::Regular);
            entry.warnings.push(Warning::Pod(PodWarning::TemplateIsNeverNative { templates: templates.clone() }));
        }
        TemplateRole::Unknown { templates } => {
            entry.mode = None;
            entry.warnings.push(Warning::TemplateDecides { templates: templates.clone() });
        }
    }
}

/// The warning about kubelets on which a native sidecar would not start: that of the pod's node, or any.
pub(super) fn kubelet_warning(injector: &Injector, node: Option<&str>) -> Option<Remark> {
    injector.old_kubelets(node).map(|problem| Remark::new("kubelet-too-old", problem))
}

/// The parts of a pod that decide whether it is injected, and which kubelet runs it.
fn policy_view(target: &WorkloadNode<'_, '_>) -> Value {
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

/// Labels or annotations with all values as strings: `sidecar.istio.io/inject: false` without quotes opts out, too.
fn as_texts(mut map: Value) -> Value {
    for value in map.as_object_mut().into_iter().flat_map(|map| map.values_mut()) {
        if value.is_boolean() || value.is_number() {
            *value = value.to_string().into();
        }
    }
    map
}
