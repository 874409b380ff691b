//! The user's values of the istiod chart, from files and flags. They are applied to an installation's values, or to a
//! mesh's configuration with the chart's derivations.

mod document;
mod error;
mod operator;
mod read;
mod resource;
mod set;
mod spec;
mod unused;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::chart::{Chart, derived_mesh_config};
use super::profiles::{self, UnknownProfile};
use super::release::Release;
use super::schema;
use super::value::{at, merge, merge_keeping_nulls, text};
use crate::k8s::Element;

pub use error::UserValuesError;
pub use set::SetError;
pub use unused::{UnusedKey, WhyUnused};

/// Values to apply to those of a mesh.
#[derive(Clone, Debug, PartialEq)]
pub struct UserValues {
    /// The values in the chart's form, as they were written: `null` removes a default.
    values: Value,
    /// Variables of istiod's environment that are not among the values.
    env: BTreeMap<String, String>,
    /// The version next to the values of a document.
    version: Option<String>,
    /// The version range next to the values of a document.
    version_range: Option<String>,
    /// Only the values of flags.
    flags: Value,
}

impl Default for UserValues {
    fn default() -> Self {
        let none = || Value::Object(Map::new());
        Self { values: none(), env: BTreeMap::new(), version: None, version_range: None, flags: none() }
    }
}

/// What to report about values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remarks {
    /// Keys that do not affect sidecars.
    pub unused_keys: Vec<UnusedKey>,
    /// How a document was read.
    pub notes: Vec<String>,
    /// Parts of a document that are not read.
    pub warnings: Vec<String>,
}

/// The user's values for a mesh of a known release, with profiles.
pub(super) struct Changes<'s> {
    chart: Chart,
    env: &'s BTreeMap<String, String>,
}

/// A mesh's configuration with the user's values applied.
#[derive(Debug, PartialEq)]
pub(super) struct Merged<'a> {
    pub config: Cow<'a, Value>,
    pub values: Value,
    pub mesh: Value,
}

impl UserValues {
    /// Applies a document: values of the istiod chart, or an object that contains them.
    pub fn document(&mut self, document: Value) -> Result<Remarks, UserValuesError> {
        let document = read::read(document)?;
        if let Some(schema::WrongType { path, expected, hint }) = schema::wrong_type(&document.values) {
            return Err(UserValuesError::WrongType { path: document.in_document(path), expected, hint });
        }
        let unused_keys = unused::unused_keys(&document.values);
        let has_no_known_key = !unused_keys.is_empty()
            && unused_keys.iter().filter(|found| found.why == WhyUnused::Unknown && found.path.len() == 1).count()
                == document.values.as_object().map_or(0, Map::len);
        if has_no_known_key {
            return Err(UserValuesError::NoKnownKey);
        }
        let mut warnings = document.warnings;
        warnings.extend(unused::unresolved_in(&document.values));
        merge_keeping_nulls(&mut self.values, document.values);
        self.env.extend(document.env);
        self.version = document.version.or(self.version.take());
        self.version_range = document.version_range.or(self.version_range.take());
        Ok(Remarks { unused_keys, notes: document.notes, warnings })
    }

    /// Applies a `--set`, in Helm's syntax.
    pub fn set(&mut self, text: &str) -> Result<Remarks, UserValuesError> {
        let mut given = Value::Object(Map::new());
        for mut assignment in set::parse(text)? {
            if matches!(assignment.path.first(), Some(Element::Key(key)) if key == "values") {
                assignment.path.remove(0);
            }
            set::assign(&mut given, &assignment)?;
            set::assign(&mut self.values, &assignment)?;
        }
        if let Some(schema::WrongType { path, expected, hint }) = schema::wrong_type(&self.values) {
            // The shell would remove quotes.
            let hint = hint.map(|_| "put a backslash before the value to make it a string");
            return Err(UserValuesError::WrongType { path, expected, hint });
        }
        let (unused_keys, warnings) = (unused::unused_keys(&given), unused::unresolved_in(&given));
        merge_keeping_nulls(&mut self.flags, given);
        Ok(Remarks { unused_keys, notes: Vec::new(), warnings })
    }

    /// Sets the revision.
    pub fn set_revision(&mut self, revision: &str) {
        if let Value::Object(values) = &mut self.values {
            values.insert("revision".to_owned(), revision.into());
        }
    }

    /// Sets the platform, unless one is set.
    pub fn set_default_platform(&mut self, platform: &str) {
        let is_set = [&["platform"][..], &["global", "platform"]].iter().any(|path| at(&self.values, path).is_some());
        if !is_set {
            merge(&mut self.values, &json!({"global": {"platform": platform}}));
        }
    }

    /// The values, in the chart's form.
    pub fn values(&self) -> &Value {
        &self.values
    }

    /// Variables of istiod's environment that are not among the values.
    pub fn env(&self) -> &BTreeMap<String, String> {
        &self.env
    }

    /// The release next to the values of a document or, if absent, in the tag.
    pub fn release(&self) -> Result<Option<Release>, UserValuesError> {
        let tag = self.tag();
        match self.named_releases().next() {
            None if !tag.is_empty() => Err(UserValuesError::Tag(tag)),
            named => Ok(named),
        }
    }

    /// All releases: next to the values, and in the tag.
    pub fn named_releases(&self) -> impl Iterator<Item = Release> {
        let beside = self.version.as_deref().and_then(Release::of_tag);
        beside.into_iter().chain(Release::of_tag(&self.tag()))
    }

    /// The version range next to the values of a document, such as `~1.29`, which does not name a release.
    pub fn version_range(&self) -> Option<&str> {
        self.version_range.as_deref()
    }

    /// Checks that a release has the selected profiles.
    pub fn check_profiles(&self, release: &Release) -> Result<(), UnknownProfile> {
        profiles::of(release, &self.values).map(drop)
    }

    /// Whether the name of a profile comes from a flag rather than a document.
    pub fn is_from_flag(&self, unknown: &UnknownProfile) -> bool {
        let paths: [&[&str]; 2] = [&[unknown.key], &["global", unknown.key]];
        paths.iter().any(|path| text(at(&self.flags, path)) == unknown.name)
    }

    fn tag(&self) -> String {
        text(at(&self.values, &["global", "tag"]))
    }

    /// The values for a mesh of this release, with the profiles that they select.
    pub(super) fn changes(&self, release: &Release) -> Result<Changes<'_>, UnknownProfile> {
        Ok(Changes { chart: Chart::of_changes(release, &self.values)?, env: &self.env })
    }
}

impl Changes<'_> {
    /// The variables that they set in istiod's environment.
    pub(super) fn env(&self) -> BTreeMap<String, String> {
        let mut env = self.chart.env();
        env.extend(self.env.iter().map(|(name, value)| (name.clone(), value.clone())));
        env
    }

    /// Applies them to the configuration of a mesh: the values, and what the chart derives from them in the mesh
    /// configuration and the injector's configuration.
    pub(super) fn over<'a>(&self, config: &'a Value, values: &'a Value, mesh: &'a Value) -> Merged<'a> {
        let mut laid = Merged { config: Cow::Borrowed(config), values: values.clone(), mesh: mesh.clone() };
        if self.chart.is_empty() {
            return laid;
        }
        merge(&mut laid.values, &self.chart.injector_values());
        let after = derived_mesh_config(&self.chart.laid_over(values));
        if let Some(derived) = changes(&derived_mesh_config(values), &after) {
            merge(&mut laid.mesh, &derived);
        }
        if let Some(mesh_config) = self.chart.user_mesh_config() {
            merge(&mut laid.mesh, mesh_config);
        }
        let of_injector = self.chart.injector_config();
        if of_injector.as_object().is_some_and(|keys| !keys.is_empty()) {
            merge(laid.config.to_mut(), &of_injector);
        }
        laid
    }
}

/// The difference from `before` to `after`, with `null` for removed keys; none if they are equal.
fn changes(before: &Value, after: &Value) -> Option<Value> {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let gone = before.keys().filter(|key| !after.contains_key(*key)).map(|key| (key.clone(), Value::Null));
            let new = after.iter().filter_map(|(key, value)| {
                let old = before.get(key).unwrap_or(&Value::Null);
                Some((key.clone(), changes(old, value)?))
            });
            let changed: Map<String, Value> = gone.chain(new).collect();
            (!changed.is_empty()).then_some(Value::Object(changed))
        }
        (before, after) if before == after => None,
        (_, after) => Some(after.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn over(settings: Value) -> Merged<'static> {
        let release = "1.30.3".parse().unwrap();
        let values = json!({"global": {"istioNamespace": "istio-system", "proxy": {"logLevel": "warning"}}});
        let mesh = json!({"defaultConfig": {"discoveryAddress": "elsewhere:15012", "concurrency": 2}});
        let config = json!({"policy": "enabled", "templates": {"sidecar": "x"}});
        let settings = UserValues { values: settings, ..UserValues::default() };
        let laid = settings.changes(&release).unwrap().over(&config, &values, &mesh);
        Merged { config: Cow::Owned(laid.config.into_owned()), ..laid }
    }

    #[test]
    fn files_and_flags_are_applied_in_order() {
        let mut settings = UserValues::default();
        let first = json!({"global": {"hub": "a", "tag": "b"}, "env": {"A": "1"}});
        settings.document(first).unwrap();
        settings
            .document(json!({"global": {"tag": null, "platform": "openshift"}, "pilot": {"resources": {}}}))
            .unwrap();
        let remarks = settings.set("values.global.hub=c,env.B=2,cni.enabled=false,global.prox.image=x").unwrap();
        assert_eq!(remarks.unused_keys[0].why, WhyUnused::Meant("global.proxy".to_owned()));
        assert_eq!(settings.values()["global"]["hub"], "c");
        assert_eq!(settings.values()["global"]["tag"], Value::Null);
        let changes = settings.changes(&"1.30.3".parse().unwrap()).unwrap();
        // The platform sets CNI under `pilot`, which takes precedence over the top level.
        assert_eq!(changes.chart.injector_values()["pilot"]["cni"]["enabled"], true);
        let env: Vec<(String, String)> = changes.env().into_iter().collect();
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(env, [pair("A", "1"), pair("B", "2"), pair("PLATFORM", "openshift")]);
        assert!(matches!(settings.set("global.logAsJson=1"), Err(UserValuesError::WrongType { .. })));
        assert_eq!(settings.document(json!("x")), Err(UserValuesError::NotAMapping));
        assert_eq!(settings.document(json!({"ingress": {}, "podinfo": 1})), Err(UserValuesError::NoKnownKey));
        assert!(settings.document(json!({"replicaCount": 1, "podinfo": 1})).is_ok());
    }

    #[test]
    fn a_tag_names_the_release() {
        let release = |document: Value| {
            let mut settings = UserValues::default();
            settings.document(document).unwrap();
            settings.release().map(|release| release.map(|release| release.to_string()))
        };
        assert_eq!(release(json!({"global": {"hub": "h"}})), Ok(None));
        assert_eq!(release(json!({"global": {"tag": "1.24.6-distroless"}})), Ok(Some("1.24.6".to_owned())));
        assert_eq!(release(json!({"global": {"tag": "latest"}})), Err(UserValuesError::Tag("latest".to_owned())));
        let operator = json!({"kind": "IstioOperator", "spec": {"tag": "1.27.3"}});
        assert_eq!(release(operator), Ok(Some("1.27.3".to_owned())));
        let istio = json!({
            "apiVersion": "sailoperator.io/v1", "kind": "Istio",
            "spec": {"version": "v1.30.3", "values": {"global": {"tag": "fork"}}}
        });
        assert_eq!(release(istio), Ok(Some("1.30.3".to_owned())));
    }

    #[test]
    fn values_and_mesh_configuration_are_applied() {
        let laid = over(json!({"global": {"proxy": {"logLevel": "debug"}}, "meshConfig": {"trustDomain": "a"}}));
        assert_eq!(laid.values["global"]["proxy"], json!({"logLevel": "debug"}));
        let expected = json!({
            "defaultConfig": {"discoveryAddress": "elsewhere:15012", "concurrency": 2}, "trustDomain": "a"
        });
        assert_eq!(laid.mesh, expected);
    }

    #[test]
    fn derived_configuration_is_updated() {
        let laid = over(json!({
            "global": {"meshID": "m", "variant": "distroless", "proxy": {"autoInject": "disabled"}},
            "sidecarInjectorWebhook": {"templates": {"more": "y"}, "neverInjectSelector": [{"matchLabels": {"a": "b"}}]},
            "compatibilityVersion": "1.26",
        }));
        let expected = json!({
            "discoveryAddress": "elsewhere:15012", "concurrency": 2, "meshId": "m", "image": {"imageType": "distroless"}
        });
        assert_eq!(laid.mesh["defaultConfig"], expected);
        assert_eq!(laid.config["policy"], "disabled");
        assert_eq!(laid.config["templates"], json!({"sidecar": "x", "more": "y"}));
        assert_eq!(laid.config["neverInjectSelector"], json!([{"matchLabels": {"a": "b"}}]));
        assert_eq!(laid.values["pilot"]["env"]["ENABLE_NATIVE_SIDECARS"], "false");
    }

    #[test]
    fn profiles_are_applied_to_a_mesh() {
        let laid = over(json!({"profile": "ambient", "pilot": {"crlConfigMapName": "crl"}}));
        assert_eq!(laid.values["global"]["variant"], "distroless");
        assert_eq!(laid.values["pilot"], json!({"env": {"PILOT_ENABLE_AMBIENT": "true"}}));
        let expected = json!({
            "discoveryAddress": "elsewhere:15012", "concurrency": 2, "image": {"imageType": "distroless"},
            "proxyMetadata": {"ISTIO_META_ENABLE_HBONE": "true"}
        });
        assert_eq!(laid.mesh["defaultConfig"], expected);
    }
}
