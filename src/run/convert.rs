//! The task of `convert`: moves sidecars of any vendor between `containers` and `initContainers`.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::{Task, TaskError, WorkloadNode};
use crate::convert::{self, Conversion, ConvertError, Converted, Facts};
use crate::diagnostic::{Code, Diagnostic, ExitCode, nearest};
use crate::inject::{Partial, SkipReason, Workload};
use crate::istio::native::Mode;
use crate::istio::{Node, Nodes, OldKubelets, RUNS_SIDECARS};
use crate::k8s::{Element, KubernetesVersion, Path, pod_containers, pod_value, update_pod};
use crate::output::{Entry, Outcome, Reason, Remark, Warning};
use lossless_yaml::{Draft, NodeId};

/// How many names of containers are kept to suggest one of them.
const MAX_NAMES: usize = 1000;

/// Converts sidecars.
pub struct Convert {
    conversion: Conversion,
    kubernetes: Option<KubernetesVersion>,
    old_kubelets: Option<OldKubelets>,
    seen: Mutex<Seen>,
}

/// The names of containers in all workloads.
#[derive(Default)]
struct Seen {
    /// Those that were requested.
    matched: BTreeSet<String>,
    others: BTreeSet<String>,
}

impl Convert {
    /// The task for a cluster of this version with these nodes, as far as they are known.
    pub fn new(conversion: Conversion, kubernetes: Option<KubernetesVersion>, nodes: Vec<Node>) -> Self {
        let old_kubelets = if nodes.is_empty() { None } else { OldKubelets::of(&Nodes::known(nodes)) };
        Self { conversion, kubernetes, old_kubelets, seen: Mutex::default() }
    }

    /// Keeps the names of a pod's containers.
    fn see(&self, pod: &Value) {
        let containers = ["containers", "initContainers"].into_iter().flat_map(|list| pod_containers(pod, list));
        let names = containers.filter_map(|container| container.get("name")?.as_str());
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for name in names {
            if self.conversion.containers.contains(name) {
                seen.matched.insert(name.to_owned());
            } else if seen.others.len() < MAX_NAMES && !seen.others.contains(name) {
                seen.others.insert(name.to_owned());
            }
        }
    }

    /// The warning about a cluster that does not run native sidecars.
    fn old_cluster(&self, pod: &Value) -> Option<Remark> {
        if self.conversion.to == Mode::Regular {
            return None;
        }
        if let Some(version) = self.kubernetes.filter(|version| *version < RUNS_SIDECARS) {
            let text = format!(
                "native sidecars require Kubernetes {RUNS_SIDECARS} or later: in {version}, they are init containers that \
                 never end, and the pod does not start"
            );
            return Some(Remark::new("kubernetes-too-old", text));
        }
        let node = pod.pointer("/spec/nodeName").and_then(Value::as_str);
        let old = self.old_kubelets.as_ref().filter(|old| old.concern(node))?;
        Some(Remark::new("kubelet-too-old", old.problem.clone()))
    }
}

impl Task for Convert {
    fn apply(
        &self,
        target: &WorkloadNode<'_, '_>,
        draft: &mut Draft<'_, '_>,
        entry: &mut Entry,
    ) -> Result<(), TaskError> {
        let (tree, object) = (target.tree, target.object);
        if object.pod_metadata.is_some() {
            entry.reasons.push(Reason::Converted(convert::Reason::NoContainer));
            return Ok(());
        }
        draft.take_last_of_equal_keys();
        let pod = pod_value(tree, object.template)?;
        self.see(&pod);
        let workload = Workload::of(tree, object, target.namespace)?;
        let facts = Facts {
            is_job: object.is_job(),
            images_filled_elsewhere: workload.images_filled_elsewhere,
            kubernetes: self.kubernetes,
        };
        let outcome = self.conversion.of(&pod, facts);
        if !matches!(outcome, Ok(convert::Outcome::Absent))
            && let Some((kind, name)) = object.controller(tree)
        {
            entry.skip(Reason::Controlled { kind, name });
            return Ok(());
        }
        match outcome.map_err(|error| refused(&error, target))? {
            convert::Outcome::Absent => entry.reasons.push(Reason::Converted(convert::Reason::NoContainer)),
            convert::Outcome::Already(names) => {
                entry.mode = Some(self.conversion.to);
                entry.reasons.push(Reason::Converted(convert::Reason::Already { names, to: self.conversion.to }));
            }
            convert::Outcome::Partial(container) => {
                entry.skip(Reason::Skipped(SkipReason::Partial(Partial::NoImage { container })));
            }
            convert::Outcome::Converted(converted) => {
                entry.run_warning = self.old_cluster(&pod);
                let Converted { pod: new, names, reasons, warnings } = *converted;
                (entry.outcome, entry.mode, entry.converted) = (Outcome::Converted, Some(self.conversion.to), names);
                entry.reasons.extend(reasons.into_iter().map(Reason::Converted));
                entry.warnings.extend(warnings.into_iter().map(Warning::Converted));
                update_pod(draft, &object.path.steps(), pod, new)?;
            }
        }
        Ok(())
    }

    fn unmatched(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = self.conversion.containers.iter().filter(|name| !seen.matched.contains(*name));
        let warning = |name: &String| {
            let nearest = nearest(name, seen.matched.iter().chain(&seen.others));
            let hint = nearest.map_or_else(String::new, |nearest| format!(" (did you mean {nearest}?)"));
            format!("--container {name} matches nothing{hint}")
        };
        missing.map(warning).collect()
    }
}

/// The error of a workload, at the place of the container.
fn refused(error: &ConvertError, target: &WorkloadNode<'_, '_>) -> TaskError {
    let (list, index) = error.place();
    let mut path = Path::of_keys(["spec", list]);
    path.extend(index.map(Element::Index));
    let node: NodeId = path.nearest_node(target.tree, target.object.template);
    let problem = Diagnostic::error(Code::NotConvertible, ExitCode::Input, error.to_string());
    let problem = Diagnostic { place: Some(target.tree.place(node)), ..problem };
    TaskError::Refused(vec![problem.with_hint(error.hint())])
}
