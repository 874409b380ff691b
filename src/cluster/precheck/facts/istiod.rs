//! istiod, as its Deployment describes it.

use serde_json::Value;

use super::{items, text};
use crate::istio::names::{DEFAULT_REVISION, env, label};
use crate::istio::platform::{AKS_NAMESPACE, AksRevision};
use crate::istio::{Release, image_tag};

/// A variable in a Deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cluster::precheck) enum Variable {
    Absent,
    Value(String),
    /// Its value is in another object.
    Elsewhere,
}

/// An istiod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cluster::precheck) struct Istiod {
    pub namespace: String,
    pub name: String,
    pub revision: String,
    /// The tag of its image.
    pub tag: String,
    pub release: Option<Release>,
    /// `ENABLE_NATIVE_SIDECARS`.
    pub native: Variable,
    /// The label `app.kubernetes.io/version`, which Kyma's module sets to its own version.
    pub version_label: String,
}

impl Istiod {
    /// Reads a Deployment; none if it is not istiod's.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let labels = [&["metadata", "labels"][..], &["spec", "template", "metadata", "labels"]];
        let label = |name: &str| {
            let texts = labels.iter().map(|path| text(value, &[path, &[name][..]].concat()));
            texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
        };
        if label(label::APP) != "istiod" {
            return None;
        }
        let containers = items(value, &["spec", "template", "spec", "containers"]);
        let discovery = containers.iter().find(|container| text(container, &["name"]) == "discovery");
        let discovery = discovery.unwrap_or(&Value::Null);
        let variable = |name: &str| {
            let entry = items(discovery, &["env"]).iter().rfind(|entry| text(entry, &["name"]) == name);
            match entry {
                None => Variable::Absent,
                Some(entry) if entry.get("valueFrom").is_some_and(|from| !from.is_null()) => Variable::Elsewhere,
                Some(entry) => Variable::Value(text(entry, &["value"]).to_owned()),
            }
        };
        let revision = match (label(label::REVISION), variable("REVISION")) {
            ("", Variable::Value(revision)) if !revision.is_empty() => revision,
            ("", _) => DEFAULT_REVISION.to_owned(),
            (revision, _) => revision.to_owned(),
        };
        let tag = image_tag(text(discovery, &["image"])).unwrap_or_default().to_owned();
        Some(Self {
            namespace: text(value, &["metadata", "namespace"]).to_owned(),
            name: text(value, &["metadata", "name"]).to_owned(),
            release: Release::of_tag(&tag).or_else(|| AksRevision::of_name(&revision)?.release()),
            revision,
            tag,
            native: variable(env::ENABLE_NATIVE_SIDECARS),
            version_label: label(label::APP_VERSION).to_owned(),
        })
    }

    /// Whether AKS runs it.
    pub(in crate::cluster::precheck) fn is_of_addon(&self) -> bool {
        self.namespace == AKS_NAMESPACE || (self.namespace.is_empty() && AksRevision::of_name(&self.revision).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_environment_is_that_of_the_container_discovery() {
        let istiod = |env: Value| {
            let containers = json!([{"name": "other", "env": [{"name": "ENABLE_NATIVE_SIDECARS", "value": "true"}]},
                {"name": "discovery", "image": "istio/pilot:1.29.1-distroless", "env": env}]);
            Istiod::of(&json!({"metadata": {"name": "istiod", "labels": {"app": "istiod"}},
                "spec": {"template": {"spec": {"containers": containers}}}}))
            .unwrap()
        };
        let plain = istiod(json!([]));
        assert_eq!((plain.revision.as_str(), &plain.native), (DEFAULT_REVISION, &Variable::Absent));
        assert_eq!(plain.release.unwrap().to_string(), "1.29.1");
        let native = |entry: Value| istiod(json!([entry, {"name": "REVISION", "value": "canary"}]));
        let found = native(json!({"name": "ENABLE_NATIVE_SIDECARS", "value": "true"}));
        assert_eq!((found.revision.as_str(), found.native), ("canary", Variable::Value("true".to_owned())));
        let found = native(json!({"name": "ENABLE_NATIVE_SIDECARS", "valueFrom": {"configMapKeyRef": {}}}));
        assert_eq!(found.native, Variable::Elsewhere);
        assert_eq!(Istiod::of(&json!({"metadata": {"labels": {"app": "web"}}})), None);
    }
}
