//! `status`: which proxies the pods of each workload run, what the mesh would inject now, and what to do.
//!
//! | file | job |
//! |---|---|
//! | `collect` | collects the objects that matter |
//! | `workload` | reads the objects that own pods |
//! | `next` | what the mesh would inject now |
//! | `action` | what to do with a workload, and why |
//! | `note` | notes about a workload |

mod action;
mod collect;
mod next;
mod note;
mod workload;

use std::collections::BTreeMap;

use self::workload::{Template, WorkloadObject, is_workload};
use super::owners::{ObjectKey, workload};
use super::pod::{Pod, RunningProxy};
use super::printing::{Columns, columns};
use crate::explain::Proxy;
use crate::inject::Meshes;
use crate::istio::names::annotation::NATIVE_SIDECAR;
use crate::k8s::{LabelSelector, Time};
use action::{Situation, hangs};
use next::{Next, knows_images};
use note::proxy_quit;

pub use action::{Action, ActionReason, Fault, Wrong};
pub use collect::Collected;
pub use note::Note;

/// The pods to include. An empty criterion selects all.
#[derive(Clone, Debug, Default)]
pub struct PodSelection {
    /// Selects by namespace.
    pub namespace: Option<String>,
    /// Selects by the labels of pods.
    pub selector: Option<LabelSelector>,
}

/// The state of the workloads of a cluster.
#[derive(Clone, Debug)]
pub struct Status {
    /// The workloads by namespace and name.
    pub rows: Vec<Row>,
    /// Notes about the whole cluster.
    pub notes: Vec<Note>,
}

/// A workload and its pods.
#[derive(Clone, Debug)]
pub struct Row {
    /// The workload.
    pub key: ObjectKey,
    /// How many pods run or start.
    pub pods: usize,
    /// How many of them have a native proxy.
    pub native: usize,
    /// How many of them have a regular proxy.
    pub regular: usize,
    /// What the mesh would inject now; `None` if it is not known, or not the same for all pods.
    pub next: Option<Proxy>,
    /// The action.
    pub action: Action,
    /// The reason for the action.
    pub reason: ActionReason,
    /// Notes.
    pub notes: Vec<Note>,
    /// All pods, including those that ended or are being deleted.
    pub all_pods: Vec<PodRow>,
    /// How many pods have a proxy of another version or revision than they would get now; `None` if that is not known.
    pub outdated: Option<usize>,
    /// The pods that the mesh would make differently now.
    pub wrong: Vec<String>,
    /// Whether Flux applies the workload.
    pub is_applied_by_flux: bool,
}

impl Row {
    /// How many pods have no proxy.
    pub fn none(&self) -> usize {
        self.pods.saturating_sub(self.native + self.regular)
    }
}

/// A pod of a workload.
#[derive(Clone, Debug)]
pub struct PodRow {
    /// The name.
    pub name: String,
    /// The proxy that it runs.
    pub proxy: RunningProxy,
    /// What kubectl prints.
    pub columns: Columns,
}

/// A pod that has not ended and is not being deleted.
struct CountedPod<'s> {
    pod: &'s Pod,
    proxy: RunningProxy,
    next: &'s Next,
    /// Whether the mesh would inject another version or revision.
    is_outdated: bool,
    /// Why it needs a restart, if it does.
    fault: Option<Fault>,
}

impl<'s> CountedPod<'s> {
    fn new(pod: &'s Pod, next: &'s Next) -> Self {
        let proxy = pod.proxy();
        let is_outdated = proxy != RunningProxy::None && next.is_newer_than(pod);
        let fault = match (proxy, &next.proxy) {
            (RunningProxy::Native, Ok(Proxy::Regular)) => Some(Fault::Native),
            (RunningProxy::Regular, Ok(Proxy::Native)) => Some(Fault::Regular),
            (RunningProxy::Native | RunningProxy::Regular, _) if is_outdated => Some(Fault::Outdated),
            _ => None,
        };
        Self { pod, proxy, next, is_outdated, fault }
    }
}

impl Status {
    /// Whether no workload needs an action, and no rollout is under way.
    pub fn is_settled(&self) -> bool {
        let is_settled =
            |row: &Row| !row.action.is_needed() && !matches!(row.reason, ActionReason::RolloutUnderWay { .. });
        self.rows.iter().all(is_settled)
    }

    /// The state at the time `now`, with what `meshes` would inject.
    pub fn of(collected: &Collected, meshes: &Meshes, selection: &PodSelection, now: Time) -> Self {
        let owners = collected.owners();
        let is_selected = |namespace: &str| selection.namespace.as_ref().is_none_or(|only| only == namespace);
        let mut groups: BTreeMap<ObjectKey, Vec<&Pod>> = BTreeMap::new();
        // 1. Pods by their workload.
        for (key, pod) in collected.pods.iter().filter(|(key, _)| is_selected(&key.namespace)) {
            let labels = || pod.labels.clone().into_iter().collect::<Vec<_>>();
            if selection.selector.as_ref().is_none_or(|selector| selector.matches(&labels())) {
                groups.entry(workload(key.clone(), pod.owner.as_ref(), &owners)).or_default().push(pod);
            }
        }
        // 2. Pods that could not be created, and workloads without pods.
        let newest = newest_pods(collected);
        let mut failures: BTreeMap<ObjectKey, Vec<Note>> = BTreeMap::new();
        if selection.selector.is_none() {
            for event in collected.failures.iter().filter(|event| is_selected(&event.object.namespace)) {
                // It worked later.
                if newest.get(&event.object).is_some_and(|created| *created > event.last) {
                    continue;
                }
                let note = if event.is_stripped_sidecar() {
                    Note::RestartPolicyStripped { count: event.count, last: event.last }
                } else {
                    Note::FailedCreate { count: event.count, last: event.last, message: event.message.clone() }
                };
                let owner = owners.get(&event.object).and_then(Option::as_ref);
                let above = workload(event.object.clone(), owner, &owners);
                groups.entry(above.clone()).or_default();
                failures.entry(above).or_default().push(note);
            }
            for (key, object) in &collected.workloads {
                let is_top = workload(key.clone(), object.owner.as_ref(), &owners) == *key;
                if is_top && is_workload(&key.kind) && is_selected(&key.namespace) {
                    groups.entry(key.clone()).or_default();
                }
            }
        }
        // 3. A row for each.
        let knows_images = meshes.injectors.iter().any(knows_images);
        let builder = Builder {
            collected,
            meshes,
            now,
            knows_images,
            setters: collected.setters(),
            revisions: revisions(collected),
        };
        let mut rows: Vec<Row> = groups
            .into_iter()
            .map(|(key, pods)| {
                let notes = failures.remove(&key).unwrap_or_default();
                builder.row(key, &pods, notes)
            })
            .collect();
        rows.sort_by_cached_key(|row| (row.key.namespace.clone(), row.key.display_name()));
        let policies = Some(builder.setters).filter(|policies| !policies.is_empty());
        let notes = policies.map(|policies| Note::SettingPolicies { policies }).into_iter();
        let notes = notes.chain(collected.has_kyma.then_some(Note::KymaRestarter)).collect();
        Self { rows, notes }
    }
}

struct Builder<'s> {
    collected: &'s Collected,
    meshes: &'s Meshes,
    now: Time,
    knows_images: bool,
    /// The policies that set the annotation of pods.
    setters: Vec<String>,
    /// The revisions of the `ReplicaSet`s of each Deployment, by name.
    revisions: BTreeMap<ObjectKey, BTreeMap<String, i64>>,
}

impl Builder<'_> {
    fn row(&self, key: ObjectKey, pods: &[&Pod], mut notes: Vec<Note>) -> Row {
        let object = self.collected.workloads.get(&key);
        let counted: Vec<&&Pod> = pods.iter().filter(|pod| !pod.is_finished() && pod.deleted.is_none()).collect();
        // What the mesh would inject: by the workload's pod template or, without one, by each pod.
        let template = object.and_then(|object| self.template(object));
        let by_policy = self.annotated_by_policy(template, &counted);
        let shared = template.filter(|_| by_policy.is_empty());
        let next: Vec<Next> = match (shared, template) {
            (Some(template), _) => vec![Next::of(self.meshes, &key, template)],
            (None, template) => {
                let of_pod = |pod: &&&Pod| match (template, pod.annotations.get(NATIVE_SIDECAR)) {
                    (Some(template), Some(value)) => template.with_annotation(value),
                    (Some(template), None) => template.clone(),
                    (None, _) => Template::of_pod(pod),
                };
                counted.iter().map(|pod| Next::of(self.meshes, &key, &of_pod(pod))).collect()
            }
        };
        let proxy = match next.split_first() {
            Some((Next { proxy: Ok(first), .. }, others)) if others.iter().all(|other| other.proxy == Ok(*first)) => {
                Some(*first)
            }
            _ => None,
        };
        let of_pod = |index: usize| if shared.is_some() { next.first() } else { next.get(index) };
        let counted = counted.iter().enumerate();
        let counted = counted.filter_map(|(index, pod)| Some(CountedPod::new(pod, of_pod(index)?)));
        let counted: Vec<CountedPod<'_>> = counted.collect();
        let none = BTreeMap::new();
        let revisions = self.revisions.get(&key).unwrap_or(&none);
        let refuses_stripped = notes.iter().any(|note| matches!(note, Note::RestartPolicyStripped { .. }));
        let situation = Situation { key: &key, object, pods: &counted, refuses_stripped, revisions };
        let (action, reason) = situation.action();
        let count = |proxy: RunningProxy| counted.iter().filter(|pod| pod.proxy == proxy).count();
        let (native, regular) = (count(RunningProxy::Native), count(RunningProxy::Regular));
        if !by_policy.is_empty() {
            notes.push(Note::AnnotationByPolicy { policies: self.setters.clone(), pods: by_policy });
        }
        let quit = pods.iter().filter_map(|pod| Some((pod.name.clone(), proxy_quit(pod)?)));
        let quit: Vec<(String, Time)> = quit.collect();
        if !quit.is_empty() {
            notes.push(Note::ProxyQuitByApp { pods: quit });
        }
        let hanging = pods.iter().filter(|pod| pod.proxy() == RunningProxy::Regular && is_of_job(pod) && hangs(pod));
        let hanging: Vec<String> = hanging.map(|pod| pod.name.clone()).collect();
        if !hanging.is_empty() {
            notes.push(Note::JobHangs { pods: hanging });
        }
        let pod_row =
            |pod: &&Pod| PodRow { name: pod.name.clone(), proxy: pod.proxy(), columns: columns(pod, self.now) };
        Row {
            pods: counted.len(),
            native,
            regular,
            next: proxy,
            outdated: self.knows_images.then(|| counted.iter().filter(|pod| pod.is_outdated).count()),
            action,
            reason,
            notes,
            all_pods: pods.iter().map(pod_row).collect(),
            wrong: counted.iter().filter(|pod| pod.fault.is_some()).map(|pod| pod.pod.name.clone()).collect(),
            is_applied_by_flux: object.is_some_and(WorkloadObject::is_applied_by_flux),
            key,
        }
    }

    /// The pods whose annotation is not that of their pod template, if policies set it.
    fn annotated_by_policy(&self, template: Option<&Template>, pods: &[&&Pod]) -> Vec<String> {
        let Some(template) = template.filter(|_| !self.setters.is_empty()) else { return Vec::new() };
        let is_set = |pod: &&&&Pod| {
            let value = pod.annotations.get(NATIVE_SIDECAR);
            value.is_some() && value != template.annotated()
        };
        pods.iter().filter(is_set).map(|pod| pod.name.clone()).collect()
    }

    /// The pod template of a workload, or the one that it refers to.
    fn template<'o>(&'o self, object: &'o WorkloadObject) -> Option<&'o Template> {
        let referred = || self.collected.workloads.get(object.template_of.as_ref()?)?.template.as_ref();
        object.template.as_ref().or_else(referred)
    }
}

/// Whether a Job controls a pod.
fn is_of_job(pod: &Pod) -> bool {
    pod.owner.as_ref().is_some_and(|owner| owner.kind.is("batch", "Job"))
}

/// The revisions of the `ReplicaSet`s of each Deployment, by name.
fn revisions(collected: &Collected) -> BTreeMap<ObjectKey, BTreeMap<String, i64>> {
    let mut revisions: BTreeMap<ObjectKey, BTreeMap<String, i64>> = BTreeMap::new();
    for (key, object) in collected.workloads.iter().filter(|(key, _)| key.kind.is("apps", "ReplicaSet")) {
        if let Some(owner) = &object.owner {
            revisions.entry(owner.key(&key.namespace)).or_default().insert(key.name.clone(), object.revision);
        }
    }
    revisions
}

/// When the newest pod of each controller was created.
fn newest_pods(collected: &Collected) -> BTreeMap<ObjectKey, Option<Time>> {
    let mut newest = BTreeMap::new();
    for pod in collected.pods.values() {
        if let Some(owner) = &pod.owner {
            let created = newest.entry(owner.key(&pod.namespace)).or_default();
            *created = pod.created.max(*created);
        }
    }
    newest
}
