//! The words of a workload that a mesh copies into the sidecar: names, labels and ports.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::inject::Workload;
use crate::istio::names::label;
use crate::k8s::{container_name, pod_containers};

/// Labels whose values name the workload in the mesh.
const NAMING_LABELS: [&str; 7] = [
    label::CANONICAL_NAME,
    label::CANONICAL_REVISION,
    label::WORKLOAD_NAME,
    label::APP_NAME,
    label::APP_VERSION,
    label::APP,
    label::VERSION,
];

/// The words of a workload, with what replaces them.
pub(super) struct OwnWords(BTreeMap<String, &'static str>);

impl OwnWords {
    /// The words of a workload with this pod template. Containers in `injected` are not its own.
    pub(super) fn of(workload: &Workload, pod: &Value, injected: &BTreeSet<String>) -> Self {
        let mut words = BTreeMap::new();
        let mut add = |word: &str, placeholder| {
            if !word.is_empty() {
                words.entry(word.to_owned()).or_insert(placeholder);
            }
        };
        add(&workload.name, "<name>");
        let part = |path: &str| pod.pointer(path);
        for key in NAMING_LABELS {
            let value = part("/metadata/labels").and_then(|labels| labels.get(key)).and_then(Value::as_str);
            add(value.unwrap_or_default(), "<name>");
        }
        add(&workload.namespace, "<namespace>");
        let account = part("/spec/serviceAccountName").and_then(Value::as_str);
        add(account.unwrap_or_default(), "<service account>");
        for container in ["containers", "initContainers"].into_iter().flat_map(|list| pod_containers(pod, list)) {
            let name = container_name(container);
            if injected.contains(name) {
                continue;
            }
            add(name, "<container>");
            for port in container.get("ports").and_then(Value::as_array).into_iter().flatten() {
                let number = port.get("containerPort").map(Value::to_string);
                add(number.as_deref().unwrap_or_default(), "<port>");
            }
        }
        Self(words)
    }

    /// The text with placeholders for the words. A word is replaced where it stands alone, or between dots.
    pub(super) fn generalized(&self, text: &str) -> String {
        let is_inner = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find(|c| !is_inner(c)).unwrap_or(rest.len());
            let (run, after) = rest.split_at(end);
            match self.0.get(run) {
                Some(placeholder) => out.push_str(placeholder),
                None if run.contains('.') => {
                    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
                    let parts: Vec<&str> = run
                        .split('.')
                        .map(|part| self.0.get(part).filter(|_| !is_number(part)).copied().unwrap_or(part))
                        .collect();
                    out.push_str(&parts.join("."));
                }
                None => out.push_str(run),
            }
            let end = after.find(is_inner).unwrap_or(after.len());
            let (between, next) = after.split_at(end);
            out.push_str(between);
            rest = next;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn words_are_replaced_where_they_stand_alone() {
        let workload = Workload::new("apps/v1", "Deployment", "web", "shop");
        let pod = json!({"metadata": {"labels": {"version": "v2"}}, "spec": {"containers": [
            {"name": "app", "ports": [{"containerPort": 80}]}, {"name": "istio-proxy"}]}});
        let words = OwnWords::of(&workload, &pod, &["istio-proxy".to_owned()].into());
        for (text, expected) in [
            (
                "kubernetes://apis/apps/v1/namespaces/shop/deployments/web",
                "kubernetes://apis/apps/v1/namespaces/<namespace>/deployments/<name>",
            ),
            ("web.shop", "<name>.<namespace>"),
            ("website, web-2, app", "website, web-2, <container>"),
            ("10.80.0.1 80 v2 istio-proxy", "10.80.0.1 <port> <name> istio-proxy"),
            ("", ""),
            ("größe web\u{1b}", "größe <name>\u{1b}"),
        ] {
            assert_eq!(words.generalized(text), expected, "{text}");
        }
    }
}
