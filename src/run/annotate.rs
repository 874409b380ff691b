//! The task of `annotate`: one annotation on each pod template, and nothing else.

use std::sync::Arc;

use serde_json::{Value, json};

use super::revision::{Chosen, Meshes};
use super::{Target, Task, TaskError};
use crate::inject::{Workload, skip_reason};
use crate::istio::InjectorConfig;
use crate::istio::names::annotation::NATIVE_SIDECAR;
use crate::istio::native::Mode;
use crate::k8s::{Element, metadata_goes_before};
use crate::output::{Entry, Outcome};
use crate::yaml::{Draft, NodeId, Scalar, Step, Tree, YamlErrorKind};

/// What becomes of the annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It says this mode; a valid value that is there stays if `keep_valid`.
    Set {
        /// The mode.
        mode: Mode,
        /// A valid value stays.
        keep_valid: bool,
    },
    /// It stays as it is.
    Leave,
    /// It goes.
    Remove,
}

/// Sets, checks or removes the annotation `sidecar.istio.io/nativeSidecar`.
pub struct Annotate {
    /// What to do.
    pub change: Change,
    /// The meshes, which tell where they would not inject; else a default installation does.
    pub meshes: Option<Meshes>,
}

/// What stands in the place of the annotation.
pub(super) enum Annotation {
    Absent,
    Valid(Mode),
    /// Something else, as it is told to people.
    Invalid(String),
}

impl Task for Annotate {
    fn apply(&self, target: &Target<'_, '_>, draft: &mut Draft<'_, '_>, entry: &mut Entry) -> Result<(), TaskError> {
        // Where the annotation goes, only what a mesh says of its namespaces matters.
        let asks = self.change != Change::Remove || self.meshes.is_some();
        let (not_injected, kubelet_warning) = if asks { self.judge(target, entry) } else { (None, None) };
        if let Some(NotInjected { reason, is_left_out: true }) = not_injected {
            entry.outcome = Outcome::Skipped;
            entry.reasons.push(reason);
            return Ok(());
        }
        let path: Vec<Step<'_>> = target.object.path.iter().map(Element::step).collect();
        let found = find(target)?;
        let annotation =
            [&path[..], &[Step::Key("metadata"), Step::Key("annotations"), Step::Key(NATIVE_SIDECAR)]].concat();
        match self.change {
            Change::Remove => {
                if !matches!(found, Annotation::Absent) {
                    if draft.remove(&annotation)? {
                        entry.outcome = Outcome::Removed;
                    } else {
                        entry.warnings.push("the annotation comes by a merge key, and stays".to_owned());
                    }
                }
            }
            Change::Leave => match found {
                Annotation::Absent => {}
                Annotation::Valid(mode) => entry.mode = Some(mode),
                Annotation::Invalid(what) => entry.warnings.push(format!("annotation {NATIVE_SIDECAR} is {what}")),
            },
            Change::Set { mode, keep_valid } => {
                let (value, reason) = match found {
                    Annotation::Valid(found) if found == mode || keep_valid => {
                        entry.mode = Some(found);
                        if found == mode {
                            (None, None)
                        } else {
                            entry.outcome = Outcome::Kept;
                            (None, Some("the annotation says so: somebody's decision, it stays".to_owned()))
                        }
                    }
                    Annotation::Valid(found) => (Some(mode), Some(format!("it said {found} before"))),
                    Annotation::Absent => (Some(mode), None),
                    Annotation::Invalid(what) => (Some(mode), Some(format!("repaired: it was {what}"))),
                };
                if let Some(mode) = value {
                    let keys = keys(target.tree, target.object.template);
                    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                    let text = if mode == Mode::Native { "true" } else { "false" };
                    let before = if keys.contains(&"metadata") { None } else { metadata_goes_before(&keys) };
                    draft.set(&annotation, Value::String(text.to_owned()), before)?;
                    (entry.outcome, entry.mode) = (Outcome::Annotated, Some(mode));
                }
                entry.reasons.extend(reason);
            }
        }
        if self.change != Change::Remove {
            let reason = not_injected.map(|why| format!("the mesh would not inject it: {}", why.reason));
            entry.reasons.extend(reason);
        }
        entry.run_warning = kubelet_warning.filter(|_| entry.mode == Some(Mode::Native));
        Ok(())
    }
}

/// Why the mesh would not inject a workload.
struct NotInjected {
    reason: String,
    /// Whether it is left alone for that.
    is_left_out: bool,
}

impl Annotate {
    /// Makes this change, whatever the mesh is.
    pub fn new(change: Change) -> Self {
        Self { change, meshes: None }
    }

    /// Why the mesh would not inject a workload; if it would, what to warn of should its proxy be native.
    fn judge(&self, target: &Target<'_, '_>, entry: &mut Entry) -> (Option<NotInjected>, Option<Arc<str>>) {
        let object = target.object;
        let workload = Workload::new(&object.api_version, &object.kind, &object.name, target.namespace);
        let pod = policy_view(target);
        let skipped = |injector: &InjectorConfig| {
            let reason = skip_reason(&workload, &pod, injector)?.to_string();
            Some(NotInjected { reason, is_left_out: false })
        };
        let Some(meshes) = &self.meshes else { return (skipped(&InjectorConfig::default()), None) };
        match meshes.choose(&workload, &pod) {
            Ok(Chosen::Injector(injector, doubt)) => {
                entry.warnings.extend(doubt.map(|doubt| doubt.to_string()));
                let not_injected = skipped(&injector.mesh().injector);
                let node = pod.pointer("/spec/nodeName").and_then(Value::as_str);
                let warning = injector.kubelet_warning(node).filter(|_| not_injected.is_none()).cloned();
                (not_injected, warning)
            }
            Ok(Chosen::LeftOut(reason)) => (Some(NotInjected { reason, is_left_out: meshes.respect_namespaces }), None),
            // The annotation is the same for all of them.
            Err(error) => {
                entry.warnings.push(error.to_string());
                (None, None)
            }
        }
    }
}

/// The part of a pod that decides whether it is injected, and by what kubelet it runs.
fn policy_view(target: &Target<'_, '_>) -> Value {
    let tree = target.tree;
    let get = |path: &[&str]| {
        let mut at = target.object.template;
        for key in path {
            at = tree.get(at, key).ok().flatten()?;
        }
        tree.value(at).ok()
    };
    json!({
        "metadata": {"labels": get(&["metadata", "labels"]), "annotations": get(&["metadata", "annotations"])},
        "spec": {"hostNetwork": get(&["spec", "hostNetwork"]), "nodeName": get(&["spec", "nodeName"])},
    })
}

fn keys(tree: &Tree<'_>, map: NodeId) -> Vec<String> {
    tree.entries(map).filter_map(|(key, _)| tree.key(key).ok().map(std::borrow::Cow::into_owned)).collect()
}

/// Looks for the annotation on the pod template.
pub(super) fn find(target: &Target<'_, '_>) -> Result<Annotation, TaskError> {
    let tree = target.tree;
    let mut at = target.object.template;
    for key in ["metadata", "annotations"] {
        match tree.get(at, key)? {
            Some(node) => at = node,
            None => return Ok(Annotation::Absent),
        }
    }
    let Some(node) = tree.get(at, NATIVE_SIDECAR)? else { return Ok(Annotation::Absent) };
    Ok(match tree.scalar_value(node)? {
        Some(Scalar::Str("true")) => Annotation::Valid(Mode::Native),
        Some(Scalar::Str("false")) => Annotation::Valid(Mode::Regular),
        Some(Scalar::Str(text)) => Annotation::Invalid(format!("{text:?}")),
        Some(Scalar::Bool(b)) => Annotation::Invalid(format!("the boolean {b}")),
        Some(Scalar::Null) => Annotation::Invalid("null".to_owned()),
        Some(_) => Annotation::Invalid("a number".to_owned()),
        None => {
            let message = "a list or mapping stands here, a string is expected";
            return Err(tree.node_error(YamlErrorKind::WrongType, node, message, None).into());
        }
    })
}

/// Annotations and labels must be strings: where the API server would refuse the pod, say so, and where.
pub(super) fn check_strings(target: &Target<'_, '_>) -> Result<(), TaskError> {
    let tree = target.tree;
    let Some(metadata) = tree.get(target.object.template, "metadata")? else { return Ok(()) };
    for map in ["labels", "annotations"] {
        let Some(map) = tree.get(metadata, map)? else { continue };
        for (key, value) in tree.entries(map) {
            let found = match tree.scalar_value(value)? {
                _ if tree.is_merge(key) => continue,
                Some(Scalar::Str(_) | Scalar::Null) => continue,
                Some(Scalar::Bool(_)) => "a boolean",
                Some(_) => "a number",
                None => "a list or mapping",
            };
            let message = format!("must be a string, found {found}");
            let written = tree.scalar(value);
            let hint = (!written.is_empty()).then(|| format!("quote it: \"{written}\""));
            return Err(tree.node_error(YamlErrorKind::WrongType, value, message, hint).into());
        }
    }
    Ok(())
}
