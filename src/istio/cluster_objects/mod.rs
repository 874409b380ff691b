//! The objects of a cluster that injections depend on (namespaces, `ProxyConfig`s, `LimitRange`s and service accounts), and
//! those that bound what pods may request (quotas and autoscalers). They are read from mesh files and from manifests.
//! `mesh_file` reads webhooks, nodes and istiod.

mod autoscalers;
mod fields;
mod limit_ranges;
mod namespaces;
mod proxy_configs;
mod quotas;
mod service_accounts;

pub use autoscalers::{Autoscaler, Autoscalers};
pub use limit_ranges::{ContainerDefaults, LimitRanges};
pub use namespaces::{Namespace, Namespaces};
pub use proxy_configs::{ProxyConfigObject, ProxyConfigs};
pub use quotas::{Quota, Quotas};
pub use service_accounts::ServiceAccounts;

use super::object::{Object, ObjectError};
use fields::Wrong;

/// The kinds that are read. A text without any of these words has no such object.
const KINDS: [&str; 6] =
    ["Namespace", "ProxyConfig", "LimitRange", "ResourceQuota", "HorizontalPodAutoscaler", SERVICE_ACCOUNT];

/// Service accounts are common; only those with pull secrets matter.
const SERVICE_ACCOUNT: &str = "ServiceAccount";
const PULL_SECRETS: &str = "imagePullSecrets";

/// The maximum number of remarks on one object.
const MAX_REMARKS: usize = 10;

/// The objects of a cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClusterObjects {
    /// Labels and annotations of namespaces.
    pub namespaces: Namespaces,
    /// `ProxyConfig` objects, which change the configuration of proxies.
    pub proxy_configs: ProxyConfigs,
    /// Default resources of containers.
    pub limit_ranges: LimitRanges,
    /// Pull secrets of service accounts.
    pub service_accounts: ServiceAccounts,
    /// What the pods of a namespace may request together.
    pub quotas: Quotas,
    /// What sets the replicas of workloads.
    pub autoscalers: Autoscalers,
}

/// A document and its place.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// The file's name.
    pub file: &'a str,
    /// The line of the file on which the text begins, from 1.
    pub line: usize,
    /// The document's text.
    pub text: &'a str,
}

impl ClusterObjects {
    /// Reads the objects in a document of manifests; they replace those of the same name. Invalid YAML is ignored,
    /// since the run over the manifests reports it. Returns a warning for each object that the API server would reject,
    /// which is left out, and for each field that it would drop.
    pub fn read(&mut self, document: Document<'_>, default_namespace: &str) -> Vec<String> {
        let mut warnings = Vec::new();
        let Document { file, line, text } = document;
        for object in Object::all_in(file, text, line, &may_be).filter_map(Result::ok).flatten() {
            if let Err(error) = self.take(&object, default_namespace, &mut warnings) {
                warnings.push(format!("{error}: the API server would reject it, so it is not applied"));
            }
        }
        warnings
    }

    /// Adds an object, if it is of a kind that matters. `default_namespace` is for objects without a namespace.
    pub(super) fn take(
        &mut self,
        object: &Object<'_>,
        default_namespace: &str,
        warnings: &mut Vec<String>,
    ) -> Result<(), ObjectError> {
        let namespace = match object.text(&["metadata", "namespace"]) {
            "" => default_namespace,
            namespace => namespace,
        };
        let (name, value) = (object.name(), &object.value);
        let mut remarks = Vec::new();
        let read = match (object.group(), object.kind.as_str()) {
            ("", "Namespace") => {
                self.namespaces.take(value);
                Ok(())
            }
            ("", "LimitRange") => self.limit_ranges.take(namespace, name, value, &mut remarks),
            ("", "ResourceQuota") => self.quotas.take(namespace, name, value, &mut remarks),
            ("autoscaling", "HorizontalPodAutoscaler") => self.autoscalers.take(namespace, name, value),
            ("", SERVICE_ACCOUNT) => self.service_accounts.take(namespace, name, value),
            ("networking.istio.io", "ProxyConfig") => self.proxy_configs.take(namespace, name, value, &mut remarks),
            _ => Ok(()),
        };
        read.map_err(|Wrong { path, problem }| {
            let hint = "the API server rejects such an object: correct it, or export it again";
            object.error_at(&path, problem).with_hint(hint)
        })?;
        let remarks = remarks.iter().take(MAX_REMARKS);
        warnings.extend(remarks.map(|remark| object.error_at(&remark.path, remark.text.clone()).to_string()));
        Ok(())
    }

    /// Adds the objects of `over`. They replace those of the same name, but labels and annotations of namespaces are
    /// merged.
    pub fn extend(&mut self, over: Self) {
        self.namespaces.extend(over.namespaces);
        self.proxy_configs.extend(over.proxy_configs);
        self.limit_ranges.extend(over.limit_ranges);
        self.service_accounts.extend(over.service_accounts);
        self.quotas.extend(over.quotas);
        self.autoscalers.extend(over.autoscalers);
    }
}

/// Whether an object of this kind may matter. The kind is empty if it is not visible without parsing.
pub(super) fn may_be(kind: &str, text: &str) -> bool {
    match kind {
        "" => may_hold(text.as_bytes()),
        SERVICE_ACCOUNT => text.contains(PULL_SECRETS),
        kind => KINDS.contains(&kind),
    }
}

/// Whether a text may contain an object that matters. This is fast, and false positives are rare.
pub fn may_hold(text: &[u8]) -> bool {
    let has = |word: &str| memchr::memmem::find(text, word.as_bytes()).is_some();
    KINDS.iter().any(|kind| has(kind) && (*kind != SERVICE_ACCOUNT || has(PULL_SECRETS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The objects in a file `a.yaml`, with the warnings.
    pub(super) fn read(text: &str) -> (ClusterObjects, Vec<String>) {
        let mut objects = ClusterObjects::default();
        let warnings = objects.read(Document { file: "a.yaml", line: 1, text }, "shop");
        (objects, warnings)
    }

    #[test]
    fn objects_are_found_in_lists_and_in_json() {
        let (found, warnings) = read(
            "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: LimitRange\n  metadata: {name: a}\n  spec:\n    \
             limits: [{type: Container, default: {cpu: 1}}]\n---\n{\"apiVersion\": \"v1\", \"kind\": \"ServiceAccount\", \
             \"metadata\": {\"name\": \"b\", \"namespace\": \"pay\"}, \"imagePullSecrets\": [{\"name\": \"c\"}]}\n",
        );
        assert!(warnings.is_empty(), "{warnings:?}");
        assert_eq!(found.limit_ranges.defaults("shop").unwrap().limits["cpu"], 1);
        assert_eq!(found.service_accounts.pull_secrets("pay", "b"), ["c"]);
    }

    #[test]
    fn kinds_of_other_groups_are_ignored() {
        let (found, warnings) = read(
            "apiVersion: example.com/v1\nkind: LimitRange\nspec: 1\n---\napiVersion: v1\nkind: ProxyConfig\nspec: 1\n",
        );
        assert_eq!((found, warnings.len()), (ClusterObjects::default(), 0));
    }

    #[test]
    fn objects_that_the_api_server_rejects_are_left_out_with_a_warning() {
        let (found, warnings) = read(
            "\napiVersion: networking.istio.io/v1beta1\nkind: ProxyConfig\nmetadata: {name: pc}\nspec:\n  concurrency: two\n",
        );
        let expected = "a.yaml:6:16: ProxyConfig pc: spec.concurrency must be a non-negative integer, found a string: the \
                        API server would reject it, so it is not applied";
        assert_eq!((found, warnings), (ClusterObjects::default(), vec![expected.to_owned()]));
    }

    #[test]
    fn texts_without_the_names_of_kinds_are_skipped() {
        assert!(!may_hold(b"kind: Deployment\nimagePullSecrets: []\nserviceAccountName: a"));
        assert!(!may_hold(b"kind: ServiceAccount\nmetadata: {name: a}"));
        assert!(may_hold(b"kind: ServiceAccount\nimagePullSecrets: []"));
        assert!(may_hold(b"kind: ProxyConfig"));
    }
}
