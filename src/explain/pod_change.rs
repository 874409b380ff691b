//! What differs between two renderings of a workload's pod.
//!
//! Changes name neither the workload nor what derives from it, so that workloads that change alike have equal changes:
//! its own containers are not told apart, its names and ports are replaced by placeholders ([`OwnWords`]), and values that
//! the mesh computes from the pod ([`COMPUTED`]) are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::injection_record::InjectionRecord;
use super::own_words::OwnWords;
use crate::inject::{PROBES, Workload};
use crate::istio::names::{annotation, container, env};
use crate::k8s::pod_changes::{FieldChange, container_changes, pod_changes};
use crate::k8s::pod_containers;

/// What a change is about, in the order of a summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// Containers that are added, removed or moved, and when they start.
    Containers,
    /// Images and their pull policies.
    Images,
    /// Commands and arguments.
    Arguments,
    /// Environment variables.
    Environment,
    /// Requests and limits.
    Resources,
    /// Probes.
    Probes,
    /// `postStart` and `preStop`.
    Lifecycle,
    /// Ports of containers.
    Ports,
    /// Security contexts of the pod and of containers.
    SecurityContext,
    /// Volumes and their mounts.
    Volumes,
    /// Labels of the pod.
    Labels,
    /// Annotations of the pod.
    Annotations,
    /// Any other field.
    Other,
}

/// What a changed field belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "scope", content = "container")]
pub enum Scope {
    /// The pod itself.
    Pod,
    /// A container that the mesh injects.
    Injected(String),
    /// Containers of the workload, whichever they are.
    Own,
}

/// What happens to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is added.
    Added,
    /// It is removed.
    Removed,
    /// It gets another value.
    Changed,
    /// A container moves to the other list of containers.
    Moved,
    /// The same items come in another order.
    Reordered,
}

/// A field that differs between two renderings of a pod.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PodChange {
    /// What it is about.
    pub subject: Subject,
    /// What the field belongs to.
    #[serde(flatten)]
    pub scope: Scope,
    /// What happens to it.
    pub action: Action,
    /// The name of a variable, flag, volume, label or field.
    pub field: String,
    /// The path to what differs within it; empty if that is the field as a whole.
    pub part: String,
    /// The value before. `None` if there is none, or if it is computed from the workload.
    pub from: Option<String>,
    /// The value after, likewise.
    pub to: Option<String>,
}

/// Variables of the proxy whose values the mesh computes from the pod.
const COMPUTED: [&str; 6] = [
    "ISTIO_META_APP_CONTAINERS",
    "ISTIO_META_OWNER",
    "ISTIO_META_WORKLOAD_NAME",
    env::POD_PORTS,
    env::KUBE_APP_PROBERS,
    env::PROMETHEUS_ANNOTATIONS,
];

/// The fields of a pod with containers.
const CONTAINER_LISTS: [&str; 2] = ["containers", "initContainers"];

/// The record of an injection that does not only list what else changes.
const RECORDED: &str = "revision";

impl PodChange {
    /// What differs between two renderings of a workload whose pod template is `pod`, sorted and each once.
    pub fn between(workload: &Workload, pod: &Value, before: &Value, after: &Value) -> Vec<Self> {
        if before == after {
            return Vec::new();
        }
        let injected = injected_containers(before, after);
        let mut found = Collector { own: OwnWords::of(workload, pod, &injected), injected, changes: BTreeSet::new() };
        let moved = moved_containers(before, after);
        if moved.is_empty() {
            found.add_all(pod_changes(before, after));
        } else {
            for (name, lists, versions) in &moved {
                found.add(Self {
                    subject: Subject::Containers,
                    scope: found.scope(name),
                    action: Action::Moved,
                    field: (*name).to_owned(),
                    part: String::new(),
                    from: Some(lists[0].to_owned()),
                    to: Some(lists[1].to_owned()),
                });
                found.add_all(container_changes(lists[1], name, versions[0], versions[1]));
            }
            let names: Vec<&str> = moved.iter().map(|(name, ..)| *name).collect();
            found.add_all(pod_changes(&without(before, &names), &without(after, &names)));
        }
        found.changes.into_iter().collect()
    }

    /// The same for all workloads that change in the same way.
    pub fn fingerprint(changes: &[Self], proxies: impl Hash + Copy) -> u128 {
        let half = |seed: u8| {
            let mut hasher = DefaultHasher::new();
            (seed, proxies, changes).hash(&mut hasher);
            u128::from(hasher.finish())
        };
        (half(0) << 64) | half(1)
    }
}

/// The containers that a record or their name shows to be injected.
fn injected_containers(before: &Value, after: &Value) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = container::INJECTED.map(str::to_owned).into();
    names.insert(container::CORE_DUMP.to_owned());
    for record in [before, after].map(InjectionRecord::of) {
        names.extend(CONTAINER_LISTS.iter().flat_map(|list| record.added(list)).map(str::to_owned));
    }
    names
}

/// The containers of one of the pod's lists by name.
fn named<'p>(pod: &'p Value, list: &str) -> Vec<(&'p str, &'p Value)> {
    pod_containers(pod, list).filter_map(|item| Some((item.get("name")?.as_str()?, item))).collect()
}

type Moved<'p> = (&'p str, [&'static str; 2], [&'p Value; 2]);

/// The containers that are in one list before and in the other one after.
fn moved_containers<'p>(before: &'p Value, after: &'p Value) -> Vec<Moved<'p>> {
    let [regular, init] = CONTAINER_LISTS;
    let mut moved = Vec::new();
    for lists in [[regular, init], [init, regular]] {
        let [old, new] = [named(before, lists[0]), named(after, lists[1])];
        let stays = named(after, lists[0]);
        for (name, item) in old {
            let is_gone = stays.iter().all(|(other, _)| *other != name);
            if let Some((_, now)) = new.iter().find(|(other, _)| *other == name && is_gone) {
                moved.push((name, lists, [item, *now]));
            }
        }
    }
    moved
}

/// The pod without these containers.
fn without(pod: &Value, names: &[&str]) -> Value {
    let mut pod = pod.clone();
    for list in CONTAINER_LISTS {
        if let Some(items) = pod.get_mut("spec").and_then(|spec| spec.get_mut(list)).and_then(Value::as_array_mut) {
            items.retain(|item| item.get("name").and_then(Value::as_str).is_none_or(|name| !names.contains(&name)));
        }
    }
    pod
}

struct Collector {
    own: OwnWords,
    injected: BTreeSet<String>,
    changes: BTreeSet<PodChange>,
}

impl Collector {
    fn scope(&self, name: &str) -> Scope {
        if self.injected.contains(name) { Scope::Injected(name.to_owned()) } else { Scope::Own }
    }

    fn add(&mut self, mut change: PodChange) {
        // Images and quantities are the mesh's, even if a word in them is also one of the workload.
        if !matches!(change.subject, Subject::Images | Subject::Resources) {
            for text in [Some(&mut change.field), change.from.as_mut(), change.to.as_mut()].into_iter().flatten() {
                *text = self.own.generalized(text);
            }
        }
        self.changes.insert(change);
    }

    fn add_all(&mut self, changes: Vec<FieldChange>) {
        for change in changes {
            let path = change.path.words();
            let (from, to) = (change.from.as_ref(), change.to.as_ref());
            match &path[..] {
                ["metadata", "labels", key] => self.leaf((Subject::Labels, &Scope::Pod), key, &[], from, to),
                ["metadata", "annotations", annotation::STATUS] => self.record(from, to),
                ["metadata", "annotations", key] => {
                    self.json((Subject::Annotations, &Scope::Pod), key, from, to);
                }
                ["spec", list @ ("containers" | "initContainers"), name, rest @ ..] => {
                    self.in_container(list, name, rest, from, to);
                }
                ["spec", "volumes", name, rest @ ..] => {
                    self.leaf((Subject::Volumes, &Scope::Pod), name, rest, from, to);
                }
                ["spec", "securityContext", rest @ ..] => {
                    self.leaves((Subject::SecurityContext, &Scope::Pod), &rest.join("."), from, to);
                }
                ["spec", field, rest @ ..] => self.leaf((Subject::Other, &Scope::Pod), field, rest, from, to),
                _ => self.leaf((Subject::Other, &Scope::Pod), &change.path.to_string(), &[], from, to),
            }
        }
    }

    fn in_container(&mut self, list: &str, name: &str, rest: &[&str], from: Option<&Value>, to: Option<&Value>) {
        let scope = self.scope(name);
        match rest {
            // The order of containers, or a container as a whole.
            [] if from.is_some_and(Value::is_array) => self.add(PodChange {
                subject: Subject::Containers,
                scope: Scope::Pod,
                action: Action::Reordered,
                field: list.to_owned(),
                part: String::new(),
                from: from.map(|names| self.order(names)),
                to: to.map(|names| self.order(names)),
            }),
            [] => {
                let named = |value: Option<&Value>| value.map(|_| list.to_owned());
                self.add(PodChange {
                    subject: Subject::Containers,
                    field: if scope == Scope::Own { "container".to_owned() } else { name.to_owned() },
                    scope,
                    action: action(from, to),
                    part: String::new(),
                    from: named(from),
                    to: named(to),
                });
            }
            [field @ ("image" | "imagePullPolicy")] => self.leaf((Subject::Images, &scope), field, &[], from, to),
            [field @ ("args" | "command")] => self.arguments(&scope, field, from, to),
            ["env", variable, part @ ..] => self.variable(&scope, variable, part, from, to),
            ["resources", part @ ..] => self.leaves((Subject::Resources, &scope), &part.join("."), from, to),
            ["volumeMounts" | "volumeDevices", path, part @ ..] => {
                self.leaf((Subject::Volumes, &scope), path, part, from, to);
            }
            ["securityContext", part @ ..] => {
                self.leaves((Subject::SecurityContext, &scope), &part.join("."), from, to);
            }
            ["ports", number, part @ ..] => self.leaf((Subject::Ports, &scope), number, part, from, to),
            ["restartPolicy"] => self.leaf((Subject::Containers, &scope), "restartPolicy", &[], from, to),
            ["lifecycle", part @ ..] if from.or(to).is_some_and(Value::is_object) && part.is_empty() => {
                let hooks: BTreeSet<&String> =
                    [from, to].into_iter().flatten().filter_map(Value::as_object).flat_map(|map| map.keys()).collect();
                for hook in hooks {
                    let [from, to] = [from, to].map(|value| value.and_then(|value| value.get(hook)));
                    self.hook((Subject::Lifecycle, &scope), hook, &[], from, to);
                }
            }
            ["lifecycle", hook, part @ ..] => self.hook((Subject::Lifecycle, &scope), hook, part, from, to),
            [probe, part @ ..] if PROBES.iter().any(|(name, _)| name == probe) => {
                self.hook((Subject::Probes, &scope), probe, part, from, to);
            }
            [field, part @ ..] => self.leaf((Subject::Other, &scope), field, part, from, to),
        }
    }

    /// The names of containers in their order. Those of the workload are one word.
    fn order(&self, names: &Value) -> String {
        let names = names.as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut words: Vec<&str> =
            names.map(|name| if self.injected.contains(name) { name } else { "the workload's" }).collect();
        words.dedup();
        words.join(", ")
    }

    /// A probe or hook. Those of the workload's own containers differ from workload to workload.
    fn hook(&mut self, of: (Subject, &Scope), name: &str, part: &[&str], from: Option<&Value>, to: Option<&Value>) {
        if *of.1 != Scope::Own {
            return self.leaf(of, name, part, from, to);
        }
        let action = if part.is_empty() { action(from, to) } else { Action::Changed };
        self.computed(of, name, action);
    }

    /// A change whose values are the workload's.
    fn computed(&mut self, (subject, scope): (Subject, &Scope), field: &str, action: Action) {
        let (scope, field, part) = (scope.clone(), field.to_owned(), String::new());
        self.add(PodChange { subject, scope, action, field, part, from: None, to: None });
    }

    fn variable(&mut self, scope: &Scope, name: &str, part: &[&str], from: Option<&Value>, to: Option<&Value>) {
        let of = (Subject::Environment, scope);
        if COMPUTED.contains(&name) {
            let action = if part.is_empty() { action(from, to) } else { Action::Changed };
            return self.computed(of, name, action);
        }
        match part {
            ["value"] if from.is_some() && to.is_some() => self.json(of, name, from, to),
            // A whole variable.
            [] => {
                let value = |item: Option<&Value>| {
                    item.map(|item| {
                        item.get("value").or_else(|| item.get("valueFrom")).cloned().unwrap_or_else(|| "".into())
                    })
                };
                self.leaf(of, name, &[], value(from).as_ref(), value(to).as_ref());
            }
            _ => self.leaf(of, name, part, from, to),
        }
    }

    /// A text. If it is a JSON object before and after, its fields are compared.
    fn json(&mut self, of: (Subject, &Scope), field: &str, from: Option<&Value>, to: Option<&Value>) {
        let object = |value: Option<&Value>| {
            let text = value?.as_str()?.trim_start();
            text.starts_with('{').then(|| serde_json::from_str::<Value>(text).ok()).flatten()
        };
        match (object(from), object(to)) {
            (Some(from), Some(to)) => {
                let mut parts = Vec::new();
                leaves("", Some(&from), Some(&to), &mut parts);
                for (part, from, to) in parts {
                    self.leaf(of, field, &[&part], from, to);
                }
            }
            _ => self.leaf(of, field, &[], from, to),
        }
    }

    /// The record of the injection. It mostly lists what else changes.
    fn record(&mut self, from: Option<&Value>, to: Option<&Value>) {
        let (Some(Value::String(from)), Some(Value::String(to))) = (from, to) else {
            return self.computed((Subject::Annotations, &Scope::Pod), annotation::STATUS, action(from, to));
        };
        let [from, to] = [from, to].map(|text| serde_json::from_str::<Value>(text).unwrap_or_default());
        let revision = |record: &Value| record.get(RECORDED).cloned();
        let (from, to) = (revision(&from), revision(&to));
        if from != to {
            let of = (Subject::Annotations, &Scope::Pod);
            self.leaf(of, annotation::STATUS, &[RECORDED], from.as_ref(), to.as_ref());
        }
    }

    /// Arguments, flag by flag.
    fn arguments(&mut self, scope: &Scope, field: &str, from: Option<&Value>, to: Option<&Value>) {
        let [before, after] = [flags(field, from), flags(field, to)];
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let mut is_reordered = true;
        for name in names {
            let [was, is] =
                [before.get(name), after.get(name)].map(|values| values.map(|texts| Value::from(texts.join(" "))));
            if was != is {
                is_reordered = false;
                self.leaf((Subject::Arguments, scope), name, &[], was.as_ref(), is.as_ref());
            }
        }
        if is_reordered {
            self.computed((Subject::Arguments, scope), field, Action::Reordered);
        }
    }

    /// The fields of two objects that differ.
    fn leaves(&mut self, of: (Subject, &Scope), field: &str, from: Option<&Value>, to: Option<&Value>) {
        let mut found = Vec::new();
        leaves(field, from, to, &mut found);
        for (field, from, to) in found {
            self.leaf(of, &field, &[], from, to);
        }
    }

    fn leaf(
        &mut self,
        (subject, scope): (Subject, &Scope),
        field: &str,
        part: &[&str],
        from: Option<&Value>,
        to: Option<&Value>,
    ) {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        self.add(PodChange {
            subject,
            scope: scope.clone(),
            action: if part.is_empty() { action(from, to) } else { Action::Changed },
            field: field.to_owned(),
            part: part.join("."),
            from: from.map(text),
            to: to.map(text),
        });
    }
}

fn action(from: Option<&Value>, to: Option<&Value>) -> Action {
    match (from, to) {
        (None, _) => Action::Added,
        (_, None) => Action::Removed,
        _ => Action::Changed,
    }
}

/// The values below two objects that differ, with their paths.
fn leaves<'v>(
    path: &str,
    from: Option<&'v Value>,
    to: Option<&'v Value>,
    found: &mut Vec<(String, Option<&'v Value>, Option<&'v Value>)>,
) {
    let keys: BTreeSet<&String> =
        [from, to].into_iter().flatten().filter_map(Value::as_object).flat_map(|map| map.keys()).collect();
    let are_objects = [from, to].into_iter().flatten().all(Value::is_object);
    if keys.is_empty() || !are_objects {
        if from != to {
            found.push((path.to_owned(), from, to));
        }
        return;
    }
    for key in keys {
        let [from, to] = [from, to].map(|value| value.and_then(|value| value.get(key)));
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        leaves(&path, from, to, found);
    }
}

/// The values of each flag. Arguments before the first flag have the name of the field.
fn flags(field: &str, arguments: Option<&Value>) -> BTreeMap<String, Vec<String>> {
    let mut flags: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut last = field.to_owned();
    for argument in arguments.and_then(Value::as_array).into_iter().flatten() {
        let text = argument.as_str().map_or_else(|| argument.to_string(), str::to_owned);
        match text.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => {
                flags.entry(flag.to_owned()).or_default().push(value.to_owned());
                field.clone_into(&mut last);
            }
            _ if text.starts_with('-') && text.len() > 1 => {
                flags.entry(text.clone()).or_default();
                last = text;
            }
            _ => flags.entry(last.clone()).or_default().push(text),
        }
    }
    flags
}
