//! The webhooks of a cluster, and which of them select a pod. There may be as many as there are workloads, so they are
//! looked up by the labels that they require.

use std::collections::{BTreeMap, HashMap};

use super::names::{DEFAULT_REVISION, label};
use super::webhooks::{Bearer, Webhook};

/// Webhooks, in the order in which the API server calls them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Webhooks {
    all: Vec<Webhook>,
    /// The indices of the webhooks that require a label of the namespace, by the label and its value.
    by_namespace: ByLabel,
    /// The indices of the others that require a label of the pod.
    by_pod: ByLabel,
    /// The indices of those that require neither.
    others: Vec<usize>,
    /// The index of the first webhook of the default tag.
    default_tag: Option<usize>,
}

type ByLabel = HashMap<String, HashMap<String, Vec<usize>>>;

impl From<Vec<Webhook>> for Webhooks {
    fn from(all: Vec<Webhook>) -> Self {
        let mut list = Self::default();
        for (index, webhook) in all.iter().enumerate() {
            let Some(required) = webhook.required_label() else {
                list.others.push(index);
                continue;
            };
            let by_label = match required.bearer {
                Bearer::Namespace => &mut list.by_namespace,
                Bearer::Pod => &mut list.by_pod,
            };
            let by_value = by_label.entry(required.key.to_owned()).or_default();
            for value in required.values {
                by_value.entry(value.clone()).or_default().push(index);
            }
        }
        list.default_tag = all.iter().position(|webhook| webhook.tag.as_deref() == Some(DEFAULT_REVISION));
        Self { all, ..list }
    }
}

impl Webhooks {
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The first webhook of the default tag.
    pub(super) fn default_tag(&self) -> Option<&Webhook> {
        self.default_tag.and_then(|index| self.all.get(index))
    }

    /// The webhooks that select a pod in the namespace with this name and these labels; see [`Webhook::selects`].
    pub(super) fn selecting<'a>(
        &'a self,
        namespace: &'a str,
        labels: &'a BTreeMap<String, String>,
        pod: &impl Fn(&str) -> Option<&'a str>,
    ) -> impl Iterator<Item = &'a Webhook> {
        let of_namespace = labels.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        // The API server sets this label on every namespace.
        let of_namespace = of_namespace.chain([(label::NAMESPACE_NAME, namespace)]);
        let by_namespace = of_namespace.filter_map(|(key, value)| self.by_namespace.get(key)?.get(value));
        let by_pod = self.by_pod.iter().filter_map(|(key, by_value)| by_value.get(pod(key)?));
        let mut candidates: Vec<usize> = by_namespace.chain(by_pod).flatten().chain(&self.others).copied().collect();
        candidates.sort_unstable();
        candidates.dedup();
        let candidates = candidates.into_iter().filter_map(|index| self.all.get(index));
        candidates.filter(move |webhook| webhook.selects(namespace, labels, pod))
    }
}
