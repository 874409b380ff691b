//! `--summary`: what an injection adds to a workload, in one line.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::form::{Changed, Form, Layout, Pieces};
use super::report::plural;
use crate::istio::names::container::PROXY;
use crate::istio::native::Mode;

/// Kinds of containers: where a pod has them, how one is called, and which kind of proxy is among them.
const CONTAINERS: [(&str, &str, Mode); 2] =
    [("initContainers", "init container", Mode::Native), ("containers", "container", Mode::Regular)];

/// What a container asks of the kubelet: the injection points it at the proxy's agent.
const PROBES: [&str; 4] = ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle"];

/// What an injection adds to each workload.
#[derive(Debug)]
pub struct Summary;

impl Form for Summary {
    fn name(&self) -> &'static str {
        "summary"
    }

    fn help(&self) -> &'static str {
        "One line per workload with what is added"
    }

    fn layout(&self) -> Layout {
        Layout::LINES
    }

    fn pieces(&self) -> Pieces {
        Pieces::Changes { piece: line, of_each_template: true, needs_name: false }
    }
}

/// `deployment/web: +1 init container (istio-init), +istio-proxy (native), +7 volumes, 2 probes rewritten`
fn line(changed: &Changed<'_>) -> String {
    let [old, new] = changed.pods;
    let mut parts = Vec::new();
    for (field, what, _) in CONTAINERS {
        let [before, after] = [old, new].map(|pod| named(pod.pointer(&format!("/spec/{field}"))));
        let is_other = |name: &&&str| **name != PROXY;
        let added: Vec<&str> = after.keys().difference(&before.keys()).filter(is_other).copied().collect();
        let removed: Vec<&str> = before.keys().difference(&after.keys()).filter(is_other).copied().collect();
        parts.extend(counted_names('+', &added, what));
        parts.extend(counted_names('-', &removed, what));
    }
    parts.extend(proxy(old, new));
    parts.extend(counted(old, new, "/spec/volumes", "volume"));
    for (field, what) in [("labels", "label"), ("annotations", "annotation")] {
        parts.extend(counted(old, new, &format!("/metadata/{field}"), what));
    }
    parts.extend(rewritten(old, new));
    parts.extend(others(old, new));
    format!("{}: {}", changed.entry.short_name(), parts.join(", "))
}

/// Entries of a list by their names, or of a mapping by its keys.
struct Named<'v>(Vec<(&'v str, &'v Value)>);

impl<'v> Named<'v> {
    fn keys(&self) -> BTreeSet<&'v str> {
        self.0.iter().map(|(name, _)| *name).collect()
    }

    fn get(&self, name: &str) -> Option<&'v Value> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}

fn named(value: Option<&Value>) -> Named<'_> {
    let entries = match value {
        Some(Value::Array(items)) => {
            items.iter().filter_map(|item| Some((item.get("name")?.as_str()?, item))).collect()
        }
        Some(Value::Object(map)) => map.iter().map(|(key, value)| (key.as_str(), value)).collect(),
        _ => Vec::new(),
    };
    Named(entries)
}

fn counted_names(sign: char, names: &[&str], what: &str) -> Option<String> {
    let is_some = !names.is_empty();
    is_some.then(|| format!("{sign}{} ({})", plural(names.len(), what), names.join(", ")))
}

/// How many entries at `path` are added, removed and changed.
fn counted(old: &Value, new: &Value, path: &str, what: &str) -> Vec<String> {
    let [before, after] = [old, new].map(|pod| named(pod.pointer(path)));
    let (old_keys, new_keys) = (before.keys(), after.keys());
    let changed = old_keys.iter().filter(|key| after.get(key).is_some_and(|now| Some(now) != before.get(key)));
    let counts = [
        ("+", new_keys.difference(&old_keys).count(), ""),
        ("-", old_keys.difference(&new_keys).count(), ""),
        ("", changed.count(), " changed"),
    ];
    let shown = counts.into_iter().filter(|(_, count, _)| *count > 0);
    shown.map(|(sign, count, verb)| format!("{sign}{}{verb}", plural(count, what))).collect()
}

/// The proxy, and its mode, in a pod.
fn proxy_of(pod: &Value) -> Option<(Mode, &Value)> {
    CONTAINERS.into_iter().find_map(|(field, _, mode)| {
        named(pod.pointer(&format!("/spec/{field}"))).get(PROXY).map(|proxy| (mode, proxy))
    })
}

fn proxy(old: &Value, new: &Value) -> Option<String> {
    match (proxy_of(old), proxy_of(new)) {
        (None, Some((mode, _))) => Some(format!("+{PROXY} ({mode})")),
        (Some((mode, _)), None) => Some(format!("-{PROXY} ({mode})")),
        (Some((was, _)), Some((is, _))) if was != is => Some(format!("{PROXY}: {was} to {is}")),
        (Some((mode, was)), Some((_, is))) if was != is => Some(format!("{PROXY} ({mode}) changed")),
        _ => None,
    }
}

/// What differs in containers that were there before.
fn rewritten(old: &Value, new: &Value) -> Vec<String> {
    let (mut probes, mut hooks, mut containers) = (0, 0, Vec::new());
    for (field, _, _) in CONTAINERS {
        let [before, after] = [old, new].map(|pod| named(pod.pointer(&format!("/spec/{field}"))));
        for (name, was) in before.0.iter().filter(|(name, _)| *name != PROXY) {
            let Some(is) = after.get(name) else { continue };
            let differs = PROBES.iter().filter(|probe| was.get(**probe) != is.get(**probe));
            let (of_lifecycle, of_probes): (Vec<&str>, Vec<&str>) = differs.partition(|probe| **probe == "lifecycle");
            probes += of_probes.len();
            hooks += of_lifecycle.len();
            if without(was, &PROBES) != without(is, &PROBES) {
                containers.push(*name);
            }
        }
    }
    let rewritten = |count: usize, what| (count > 0).then(|| format!("{} rewritten", plural(count, what)));
    let changed = (!containers.is_empty()).then(|| format!("changed: {}", containers.join(", ")));
    [rewritten(probes, "probe"), rewritten(hooks, "lifecycle hook"), changed].into_iter().flatten().collect()
}

fn without(value: &Value, keys: &[&str]) -> Map<String, Value> {
    let entries = value.as_object().into_iter().flatten().filter(|(key, _)| !keys.contains(&key.as_str()));
    entries.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Other fields of the pod's spec.
fn others(old: &Value, new: &Value) -> Vec<String> {
    let [before, after] = [old, new].map(|pod| named(pod.get("spec")));
    let (old_keys, new_keys) = (before.keys(), after.keys());
    let is_other = |key: &&&str| !["initContainers", "containers", "volumes"].contains(*key);
    let differing = old_keys.union(&new_keys).filter(is_other).filter(|key| before.get(key) != after.get(key));
    let put = |key: &&str| match (before.get(key), after.get(key)) {
        (None, _) => format!("+{key}"),
        (_, None) => format!("-{key}"),
        _ => format!("{key} changed"),
    };
    differing.map(put).collect()
}
