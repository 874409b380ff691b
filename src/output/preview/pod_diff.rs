//! The diff between two renderings of a pod template.
//!
//! Pods are written as kubectl writes them, with two exceptions that keep diffs short and readable: init containers come
//! right before the containers, so that a proxy that moves between the lists stays in its place, and a container begins with
//! its name.

use serde_json::{Map, Value};

use crate::k8s::yaml_text::to_yaml;
use crate::output::{Entry, UnifiedDiff, changes, printable_file};

/// The unified diff of a workload's pod template by the mesh before and after a change. `titles` name the meshes.
pub fn pod_diff(entry: &Entry, titles: [&str; 2], pods: [&Value; 2], context: usize) -> String {
    let name = entry.short_name();
    let place = format!("{}:{}: {name}", printable_file(&entry.file), entry.line);
    let names = titles.map(|title| format!("{place} ({title})"));
    let [old, new] = pods.map(PodText::of);
    let (mut diff, mut out) = (UnifiedDiff::between(names, context), Vec::new());
    let label = |line: usize| match old.container_at(line) {
        Some(container) => format!("{name}: {container}"),
        None => name.clone(),
    };
    let (before, after) = (old.text.as_bytes(), new.text.as_bytes());
    diff.part(before, after, &changes(before, after), label, &mut out);
    diff.finish(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// A pod template as text.
#[derive(Default)]
struct PodText {
    text: String,
    lines: usize,
    /// The first line of each container, and of what follows the containers.
    parts: Vec<(usize, Option<String>)>,
}

impl PodText {
    fn of(pod: &Value) -> Self {
        let mut text = Self::default();
        for part in ["metadata", "spec"] {
            let Some(fields) = pod.get(part).and_then(Value::as_object).filter(|fields| !fields.is_empty()) else {
                continue;
            };
            text.push(0, &format!("{part}:\n"));
            let (containers, mut others): (Vec<_>, Vec<_>) =
                fields.iter().partition(|(key, _)| part == "spec" && CONTAINER_LISTS.contains(&key.as_str()));
            for list in CONTAINER_LISTS {
                if let Some((_, value)) = containers.iter().find(|(key, _)| *key == list) {
                    text.containers(list, value);
                }
            }
            text.parts.push((text.lines + 1, None));
            others.sort_by_key(|(key, _)| *key);
            for (key, value) in others {
                let field: Map<String, Value> = [(key.clone(), value.clone())].into_iter().collect();
                text.value(2, &field.into());
            }
        }
        text
    }

    fn containers(&mut self, list: &str, value: &Value) {
        let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
        self.push(2, &format!("{list}:{}\n", if items.is_empty() { " []" } else { "" }));
        for item in items {
            let name = item.get("name").and_then(Value::as_str);
            let label = name.map(|name| crate::output::printable(name).into_owned());
            self.parts.push((self.lines + 1, label));
            let Some((name, fields)) = name.zip(item.as_object()) else {
                self.value(2, &Value::Array(vec![item.clone()]));
                continue;
            };
            self.value(2, &serde_json::json!([{"name": name}]));
            let others = fields.iter().filter(|(key, _)| *key != "name");
            let others: Map<String, Value> = others.map(|(key, value)| (key.clone(), value.clone())).collect();
            if !others.is_empty() {
                self.value(4, &others.into());
            }
        }
    }

    fn value(&mut self, indent: usize, value: &Value) {
        let yaml = to_yaml(value, usize::MAX);
        debug_assert!(yaml.is_some(), "the length is not limited");
        self.push(indent, &yaml.unwrap_or_default());
    }

    fn push(&mut self, indent: usize, text: &str) {
        for line in text.split_inclusive('\n') {
            if line != "\n" {
                self.text.extend(std::iter::repeat_n(' ', indent));
            }
            self.text.push_str(line);
            self.lines += 1;
        }
    }

    /// The container at a line.
    fn container_at(&self, line: usize) -> Option<&str> {
        let part = self.parts.iter().rev().find(|(first, _)| *first <= line)?;
        part.1.as_deref()
    }
}

/// The lists of containers, in the order in which they are written.
const CONTAINER_LISTS: [&str; 2] = ["initContainers", "containers"];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_proxy_that_moves_stays_in_its_place() {
        let proxy = json!({"image": "proxy:1", "name": "istio-proxy"});
        let init = json!({"image": "init:1", "name": "istio-init"});
        let web = json!({"image": "web:1", "name": "web"});
        let before = json!({"spec": {"containers": [proxy, web], "initContainers": [init]}});
        let after = json!({"metadata": {"labels": {}}, "spec": {"containers": [web], "initContainers": [init, proxy], "a": "\n x\n"}});
        let entry = Entry::new("k8s/a.yaml".into(), "apps", "Deployment", "web");
        let diff = pod_diff(&entry, ["NOW", "AFTER"], [&before, &after], 0);
        let expected = "\
--- k8s/a.yaml:1: deployment/web (NOW)
+++ k8s/a.yaml:1: deployment/web (AFTER)
@@ -0,0 +1,2 @@ deployment/web
+metadata:
+  labels: {}
@@ -5 +6,0 @@ deployment/web: istio-init
-  containers:
@@ -7,0 +9 @@ deployment/web: istio-proxy
+  containers:
@@ -9,0 +12,3 @@ deployment/web: web
+  a: |2
+
+     x
";
        assert_eq!(diff, expected);
    }
}
