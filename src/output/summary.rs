//! `--summary`: one line per workload with the changes of the injection.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::form::{Changed, Form, Layout, Pieces};
use super::report::plural;
use crate::inject::PROBES;
use crate::istio::names::container::PROXY;
use crate::istio::native::Mode;

/// The fields of a pod with containers, the noun for one of them, and the mode of a proxy there.
const CONTAINERS: [(&str, &str, Mode); 2] =
    [("initContainers", "init container", Mode::Native), ("containers", "container", Mode::Regular)];

/// The field with a container's hooks. The injection redirects hooks and [`PROBES`] to the proxy's agent.
const LIFECYCLE: &str = "lifecycle";

/// One line per workload with the changes of the injection.
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
    // Containers by name, without the proxy.
    for (field, noun, _) in CONTAINERS {
        let [before, after] = [old, new].map(|pod| named(pod.pointer(&format!("/spec/{field}"))));
        let is_other = |name: &&&str| **name != PROXY;
        let added: Vec<&str> = after.keys().difference(&before.keys()).filter(is_other).copied().collect();
        let removed: Vec<&str> = before.keys().difference(&after.keys()).filter(is_other).copied().collect();
        parts.extend(counted_names('+', &added, noun));
        parts.extend(counted_names('-', &removed, noun));
    }
    parts.extend(proxy(old, new));
    // Other parts of the pod by number.
    parts.extend(counted(old, new, "/spec/volumes", "volume"));
    for (field, noun) in [("labels", "label"), ("annotations", "annotation")] {
        parts.extend(counted(old, new, &format!("/metadata/{field}"), noun));
    }
    // What changed in the user's containers, and in the remaining fields.
    parts.extend(changed_containers(old, new));
    parts.extend(other_fields(old, new));
    format!("{}: {}", changed.entry.short_name(), parts.join(", "))
}

/// The items of a list by name, or the entries of a mapping by key.
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

fn counted_names(sign: char, names: &[&str], noun: &str) -> Option<String> {
    (!names.is_empty()).then(|| format!("{sign}{} ({})", plural(names.len(), noun), names.join(", ")))
}

/// The numbers of added, removed and changed entries at `path`.
fn counted(old: &Value, new: &Value, path: &str, noun: &str) -> Vec<String> {
    let [before, after] = [old, new].map(|pod| named(pod.pointer(path)));
    let (old_keys, new_keys) = (before.keys(), after.keys());
    let changed = old_keys.iter().filter(|key| after.get(key).is_some_and(|now| Some(now) != before.get(key)));
    let counts = [
        ("+", new_keys.difference(&old_keys).count(), ""),
        ("-", old_keys.difference(&new_keys).count(), ""),
        ("", changed.count(), " changed"),
    ];
    let shown = counts.into_iter().filter(|(_, count, _)| *count > 0);
    shown.map(|(sign, count, verb)| format!("{sign}{}{verb}", plural(count, noun))).collect()
}

/// A pod's proxy and its mode.
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

/// The changes in containers that both pods have.
fn changed_containers(old: &Value, new: &Value) -> Vec<String> {
    let (mut probes, mut hooks, mut containers) = (0, 0, Vec::new());
    for (field, _, _) in CONTAINERS {
        let [before, after] = [old, new].map(|pod| named(pod.pointer(&format!("/spec/{field}"))));
        for (name, was) in before.0.iter().filter(|(name, _)| *name != PROXY) {
            let Some(is) = after.get(name) else { continue };
            probes += PROBES.iter().filter(|(probe, _)| was.get(*probe) != is.get(*probe)).count();
            hooks += usize::from(was.get(LIFECYCLE) != is.get(LIFECYCLE));
            if other_settings(was) != other_settings(is) {
                containers.push(*name);
            }
        }
    }
    let rewritten = |count: usize, noun| (count > 0).then(|| format!("{} rewritten", plural(count, noun)));
    let changed = (!containers.is_empty()).then(|| format!("changed: {}", containers.join(", ")));
    [rewritten(probes, "probe"), rewritten(hooks, "lifecycle hook"), changed].into_iter().flatten().collect()
}

/// A container without probes and hooks.
fn other_settings(container: &Value) -> Map<String, Value> {
    let is_other = |key: &str| key != LIFECYCLE && PROBES.iter().all(|(probe, _)| key != *probe);
    let entries = container.as_object().into_iter().flatten().filter(|(key, _)| is_other(key));
    entries.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The changed fields of the pod's spec without containers and volumes.
fn other_fields(old: &Value, new: &Value) -> Vec<String> {
    let [before, after] = [old, new].map(|pod| named(pod.get("spec")));
    let (old_keys, new_keys) = (before.keys(), after.keys());
    let is_other = |key: &&&str| !["initContainers", "containers", "volumes"].contains(*key);
    let differing = old_keys.union(&new_keys).filter(is_other).filter(|key| before.get(key) != after.get(key));
    let change = |key: &&str| match (before.get(key), after.get(key)) {
        (None, _) => format!("+{key}"),
        (_, None) => format!("-{key}"),
        _ => format!("{key} changed"),
    };
    differing.map(change).collect()
}
