//! Pull secrets of service accounts. The admission plugin `ServiceAccount` sets them in pods without any before
//! webhooks are called (kubernetes API reference, `ServiceAccount`).

use std::collections::BTreeMap;

use serde_json::Value;

use super::PULL_SECRETS;
use super::fields::{Field, Wrong};

/// The account of a pod that does not name one.
const DEFAULT: &str = "default";

/// The names of pull secrets, by namespace and service account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceAccounts(BTreeMap<String, BTreeMap<String, Vec<String>>>);

impl ServiceAccounts {
    /// The names of the pull secrets of a service account; empty if it has none or is unknown.
    pub fn pull_secrets(&self, namespace: &str, account: &str) -> &[String] {
        self.0.get(namespace).and_then(|accounts| accounts.get(account)).map(Vec::as_slice).unwrap_or_default()
    }

    /// The pull secrets of the service account of a pod with this `spec`.
    pub fn pull_secrets_of_pod(&self, namespace: &str, spec: Option<&Value>) -> &[String] {
        if self.0.is_empty() {
            return &[];
        }
        let text = |key: &str| spec?.get(key)?.as_str().filter(|name| !name.is_empty());
        let account = text("serviceAccountName").or_else(|| text("serviceAccount")).unwrap_or(DEFAULT);
        self.pull_secrets(namespace, account)
    }

    /// Adds a `ServiceAccount`. Without the field, known pull secrets are kept.
    pub(super) fn take(&mut self, namespace: &str, name: &str, object: &Value) -> Result<(), Wrong> {
        let object = Field::root(object);
        if object.get(PULL_SECRETS)?.is_none() {
            return Ok(());
        }
        let mut names = Vec::new();
        for secret in object.items(PULL_SECRETS)? {
            names.extend(secret.text("name")?.map(str::to_owned));
        }
        self.0.entry(namespace.to_owned()).or_default().insert(name.to_owned(), names);
        Ok(())
    }

    /// Adds the accounts of `over`, which replace those of the same name.
    pub(super) fn extend(&mut self, over: Self) {
        for (namespace, accounts) in over.0 {
            self.0.entry(namespace).or_default().extend(accounts);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::istio::cluster_objects::tests::read;
    use serde_json::json;

    #[test]
    fn pull_secrets_are_those_of_the_pods_account() {
        let (mut found, warnings) = read(
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\nimagePullSecrets:\n- name: a\n- name: b\n---\n\
             apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default, namespace: pay}\nimagePullSecrets: [{name: c}]\n",
        );
        assert!(warnings.is_empty(), "{warnings:?}");
        let of = |namespace: &str, spec| found.service_accounts.pull_secrets_of_pod(namespace, Some(&spec)).to_vec();
        assert_eq!(of("shop", json!({"serviceAccountName": "web"})), ["a", "b"]);
        assert_eq!(of("shop", json!({"serviceAccount": "web", "serviceAccountName": ""})), ["a", "b"]);
        assert_eq!(of("pay", json!({})), ["c"]);
        assert!(of("shop", json!({})).is_empty());
        assert!(of("pay", json!({"serviceAccountName": "web"})).is_empty());
        // An empty list removes them; an absent one does not.
        found.extend(read("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n# imagePullSecrets\n").0);
        assert_eq!(found.service_accounts.pull_secrets("shop", "web"), ["a", "b"]);
        found.extend(read("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\nimagePullSecrets: []\n").0);
        assert!(found.service_accounts.pull_secrets("shop", "web").is_empty());
    }

    #[test]
    fn wrong_types_are_named() {
        let warnings =
            read("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\nimagePullSecrets:\n- name: [a]\n").1;
        let expected = "a.yaml:5:9: ServiceAccount web: imagePullSecrets[0].name must be a string, found a list";
        assert!(warnings[0].starts_with(expected), "{warnings:?}");
    }
}
