//! Injection webhooks (`MutatingWebhookConfiguration`): which of them select a pod, by its labels and those of its
//! namespace, and the variables that their URLs set.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Value, json};

use super::names::{DEFAULT_REVISION, IGNORED_NAMESPACES, env, label};
use super::selector::Selector;
use super::value::at;

/// A webhook of an istiod.
#[derive(Clone, Debug, PartialEq)]
pub struct Webhook {
    /// The name of its configuration; empty for a webhook that was derived from values.
    pub configuration: String,
    /// The revision of its istiod.
    pub revision: String,
    /// The tag that it serves, if any.
    pub tag: Option<String>,
    /// The variables that its URL sets in the proxy's environment.
    pub url_env: BTreeMap<String, String>,
    namespaces: Match,
    pods: Match,
}

/// What has a label that a webhook selects by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bearer {
    Namespace,
    Pod,
}

/// A label that a webhook requires.
pub(super) struct RequiredLabel<'w> {
    pub bearer: Bearer,
    pub key: &'w str,
    pub values: &'w HashSet<String>,
}

/// A selector of a webhook. Unlike the injector's selectors, an empty one matches everything.
#[derive(Clone, Debug, PartialEq)]
enum Match {
    Everything,
    Selected(Selector),
}

impl Match {
    fn of(selector: Option<&Value>) -> Self {
        let is_empty = |key: &str| match selector.and_then(|s| s.get(key)) {
            None | Some(Value::Null) => true,
            Some(Value::Object(map)) => map.is_empty(),
            Some(Value::Array(items)) => items.is_empty(),
            Some(_) => false,
        };
        match selector {
            Some(selector) if !(is_empty("matchLabels") && is_empty("matchExpressions")) => {
                Self::Selected(Selector::from_value(selector))
            }
            _ => Self::Everything,
        }
    }

    fn matches<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        match self {
            Self::Everything => true,
            Self::Selected(selector) => selector.matches(label),
        }
    }

    fn required_label(&self) -> Option<(&str, &HashSet<String>)> {
        match self {
            Self::Everything => None,
            Self::Selected(selector) => selector.required_label(),
        }
    }
}

impl Webhook {
    /// The injection webhooks of a `MutatingWebhookConfiguration`; none if it belongs to another program.
    pub(crate) fn of_configuration(object: &Value) -> Vec<Self> {
        let label = |name: &str| at(object, &["metadata", "labels", name]).and_then(Value::as_str);
        let webhooks = object.get("webhooks").and_then(Value::as_array);
        let read = |webhook: &Value| {
            let text = |path: &[&str]| at(webhook, path).and_then(Value::as_str).unwrap_or_default().to_owned();
            let service = text(&["clientConfig", "service", "name"]);
            let path = match at(webhook, &["clientConfig", "url"]).and_then(Value::as_str) {
                Some(url) => path_of_url(url).to_owned(),
                None => text(&["clientConfig", "service", "path"]),
            };
            if !text(&["name"]).ends_with("sidecar-injector.istio.io") && !path.starts_with("/inject") {
                return None;
            }
            let by_service =
                service.strip_prefix("istiod").map(|suffix| suffix.strip_prefix('-').unwrap_or(DEFAULT_REVISION));
            Some(Self {
                configuration: at(object, &["metadata", "name"]).and_then(Value::as_str).unwrap_or_default().to_owned(),
                revision: label(label::REVISION).or(by_service).unwrap_or(DEFAULT_REVISION).to_owned(),
                tag: label(label::TAG).map(str::to_owned),
                url_env: url_env(&path),
                namespaces: Match::of(webhook.get("namespaceSelector")),
                pods: Match::of(webhook.get("objectSelector")),
            })
        };
        webhooks.into_iter().flatten().filter_map(read).collect()
    }

    /// The webhooks that the chart renders for an installation with these values.
    pub fn of_values(revision: &str, values: &Value) -> Vec<Self> {
        let by_default = at(values, &["sidecarInjectorWebhook", "enableNamespacesByDefault"]);
        let mut webhooks = Self::of_revision(revision, None, by_default.and_then(Value::as_bool) == Some(true));
        let tags = values.get("revisionTags").and_then(Value::as_array);
        for tag in tags.into_iter().flatten().filter_map(Value::as_str) {
            webhooks.extend(Self::of_revision(revision, Some(tag), by_default.and_then(Value::as_bool) == Some(true)));
        }
        webhooks
    }

    /// The webhooks that the chart renders for a revision or a tag of it (all built-in releases). `by_default`: pods in
    /// namespaces without labels are injected too (`enableNamespacesByDefault`).
    pub(crate) fn of_revision(revision: &str, tag: Option<&str>, by_default: bool) -> Vec<Self> {
        let name = tag.unwrap_or(revision);
        let absent = |key: &str| json!({"key": key, "operator": "DoesNotExist"});
        let among = |key: &str, values: &[&str]| json!({"key": key, "operator": "In", "values": values});
        let not = |key: &str, values: &[&str]| json!({"key": key, "operator": "NotIn", "values": values});
        let (rev, injection, inject) = (label::REVISION, label::INJECTION, label::INJECT);
        let neither = [absent(rev), absent(injection)];
        let mut selectors = vec![
            (vec![among(rev, &[name]), absent(injection)], vec![not(inject, &["false"])]),
            (neither.to_vec(), vec![not(inject, &["false"]), among(rev, &[name])]),
        ];
        if name == DEFAULT_REVISION {
            selectors.push((vec![among(injection, &["enabled"])], vec![not(inject, &["false"])]));
            selectors.push((neither.to_vec(), vec![among(inject, &["true"]), absent(rev)]));
            if by_default {
                let mut namespaces = neither.to_vec();
                namespaces.push(not(label::NAMESPACE_NAME, &IGNORED_NAMESPACES));
                selectors.push((namespaces, vec![absent(inject), absent(rev)]));
            }
        }
        let selector = |expressions: Vec<Value>| Match::of(Some(&json!({"matchExpressions": expressions})));
        let webhook = |(namespaces, pods)| Self {
            configuration: String::new(),
            revision: revision.to_owned(),
            tag: tag.map(str::to_owned),
            url_env: BTreeMap::new(),
            namespaces: selector(namespaces),
            pods: selector(pods),
        };
        selectors.into_iter().map(webhook).collect()
    }

    /// Whether it selects a pod in the namespace with this name and these labels. `pod` returns the value of a label of
    /// the pod.
    pub(crate) fn selects<'a>(
        &self,
        namespace: &'a str,
        labels: &'a BTreeMap<String, String>,
        pod: impl Fn(&str) -> Option<&'a str>,
    ) -> bool {
        // The API server sets this label on every namespace.
        let of_namespace = |key: &str| {
            if key == label::NAMESPACE_NAME { Some(namespace) } else { labels.get(key).map(String::as_str) }
        };
        self.namespaces.matches(of_namespace) && self.pods.matches(pod)
    }

    /// A label, and the values of which it must have one, without which the webhook does not select a pod.
    pub(super) fn required_label(&self) -> Option<RequiredLabel<'_>> {
        let of = |bearer| move |(key, values)| RequiredLabel { bearer, key, values };
        let of_namespace = self.namespaces.required_label().map(of(Bearer::Namespace));
        of_namespace.or_else(|| self.pods.required_label().map(of(Bearer::Pod)))
    }
}

fn path_of_url(url: &str) -> &str {
    let after = url.split_once("://").map_or(url, |(_, after)| after);
    after.find('/').and_then(|slash| after.get(slash..)).unwrap_or_default()
}

/// The variables that a webhook's path or URL sets in the proxy's environment: `/inject/cluster/a/net/b`, or the older
/// form `/inject/:ENV:cluster=a:ENV:net=b`.
pub(super) fn url_env(path: &str) -> BTreeMap<String, String> {
    let path = if path.contains("://") { path_of_url(path) } else { path };
    let path = path.strip_suffix('/').unwrap_or(path);
    let Some((_, rest)) = path.strip_prefix('/').and_then(|path| path.split_once('/')) else { return BTreeMap::new() };
    let pairs: Vec<(&str, String)> = if let Some(pairs) = rest.strip_prefix(":ENV:") {
        let pairs = pairs.split(":ENV:").filter_map(|pair| pair.split_once('='));
        pairs.filter(|(key, _)| !key.is_empty()).map(|(key, value)| (key, value.to_owned())).collect()
    } else {
        let mut parts = rest.split('/');
        std::iter::from_fn(|| Some((parts.next()?, parts.next()?.replace("--slash--", "/")))).collect()
    };
    let name = |key: &str| match key {
        "cluster" => env::CLUSTER_ID.to_owned(),
        "net" => env::NETWORK.to_owned(),
        other => other.to_uppercase(),
    };
    pairs.into_iter().map(|(key, value)| (name(key), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    fn selected(webhooks: &[Webhook], namespace: &[(&str, &str)], pod: &[(&str, &str)]) -> bool {
        let (namespace, pod) = (labels(namespace), labels(pod));
        webhooks.iter().any(|w| w.selects("shop", &namespace, |key| pod.get(key).map(String::as_str)))
    }

    #[test]
    fn webhooks_of_a_revision_select_by_its_name() {
        let canary = Webhook::of_revision("canary", None, false);
        let rev = (label::REVISION, "canary");
        assert!(selected(&canary, &[rev], &[]));
        assert!(!selected(&canary, &[rev], &[(label::INJECT, "false")]));
        assert!(!selected(&canary, &[rev, (label::INJECTION, "enabled")], &[]));
        assert!(selected(&canary, &[], &[rev]));
        assert!(!selected(&canary, &[(label::REVISION, "other")], &[rev]));
        assert!(!selected(&canary, &[(label::INJECTION, "enabled")], &[]));
        assert!(!selected(&canary, &[], &[]));
    }

    #[test]
    fn webhooks_of_the_default_revision_or_tag_select_more() {
        for webhooks in
            [Webhook::of_revision("default", None, false), Webhook::of_revision("canary", Some("default"), false)]
        {
            assert!(selected(&webhooks, &[(label::INJECTION, "enabled")], &[]));
            assert!(selected(&webhooks, &[], &[(label::INJECT, "true")]));
            assert!(!selected(&webhooks, &[(label::INJECTION, "disabled")], &[(label::INJECT, "true")]));
            assert!(!selected(&webhooks, &[], &[]));
        }
        let everywhere = Webhook::of_revision("default", None, true);
        assert!(selected(&everywhere, &[], &[]));
        assert!(!everywhere.iter().any(|w| w.selects("kube-system", &BTreeMap::new(), |_| None)));
    }

    #[test]
    fn configurations_of_other_programs_are_ignored() {
        let object = json!({
            "metadata": {"name": "istio-revision-tag-prod", "labels": {"istio.io/rev": "canary", "istio.io/tag": "prod"}},
            "webhooks": [
                {"name": "rev.namespace.sidecar-injector.istio.io", "namespaceSelector": {"matchLabels": {"a": "b"}},
                 "clientConfig": {"service": {"name": "istiod-canary", "path": "/inject/cluster/c1"}}},
                {"name": "all.sidecar-injector.istio.io", "namespaceSelector": {}, "objectSelector": {"matchLabels": {}}},
                {"name": "x.example.com", "clientConfig": {"service": {"name": "x", "path": "/mutate"}}},
            ]
        });
        let webhooks = Webhook::of_configuration(&object);
        assert_eq!(webhooks.len(), 2);
        assert_eq!((webhooks[0].revision.as_str(), webhooks[0].tag.as_deref()), ("canary", Some("prod")));
        assert_eq!(webhooks[0].url_env, labels(&[(env::CLUSTER_ID, "c1")]));
        assert!(!webhooks[0].selects("shop", &labels(&[]), |_| None));
        // Empty selectors match everything.
        assert!(webhooks[1].selects("shop", &labels(&[]), |_| None));
    }

    #[test]
    fn urls_set_variables_of_the_proxy() {
        for (path, expected) in [
            ("/inject", &[][..]),
            ("/inject/", &[]),
            ("/inject/cluster/a--slash--b/net/n", &[(env::CLUSTER_ID, "a/b"), (env::NETWORK, "n")]),
            ("/inject/foo/bar/left", &[("FOO", "bar")]),
            ("/inject/:ENV:cluster=c1:ENV:A=:ENV:=x:ENV:y", &[(env::CLUSTER_ID, "c1"), ("A", "")]),
            (path_of_url("https://istiod.example.com:15017/inject/net/n1"), &[(env::NETWORK, "n1")]),
        ] {
            assert_eq!(url_env(path), labels(expected), "{path}");
        }
    }
}
