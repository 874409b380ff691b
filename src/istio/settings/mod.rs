//! Settings of Istio's own values, as a user says them on top of what a mesh has: laid over an installation's values or
//! over a mesh's own configuration, with what the chart would make of them there.

mod check;
mod form;
mod set;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::names::env;
use super::release::Release;
use super::schema;
use super::value::{at, merge, text};
use super::values::{chart_mesh_config, compatibility};

pub use check::Finding;
pub use set::SetError;

/// Values to lay over those of a mesh.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    values: Value,
    env: BTreeMap<String, String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { values: Value::Object(Map::new()), env: BTreeMap::new() }
    }
}

/// Why settings cannot be taken in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A document of values is no mapping.
    #[error("istio's values must be a mapping")]
    NotAMapping,
    /// A document is an object of another kind.
    #[error("this is a {0}, and neither istio's values nor an IstioOperator")]
    Object(String),
    /// A text of `--set` is none.
    #[error(transparent)]
    Set(#[from] SetError),
    /// A value is of a type that istiod cannot load.
    #[error("{} must be {expected}: istiod cannot load it", path.join("."))]
    WrongType {
        /// Its path.
        path: Vec<String>,
        /// What belongs there.
        expected: &'static str,
    },
}

/// What is to be said of settings that were taken in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remarks {
    /// Keys that a sidecar does not read.
    pub findings: Vec<Finding>,
    /// What is not followed.
    pub notes: Vec<String>,
}

/// A mesh's configuration, with settings laid over it.
#[derive(Debug, PartialEq)]
pub(super) struct Laid<'a> {
    pub config: Cow<'a, Value>,
    pub values: Value,
    pub mesh: Value,
}

impl Settings {
    /// Lays a document of values over these: as the istiod chart takes them, or an `IstioOperator`.
    pub fn document(&mut self, document: Value) -> Result<Remarks, SettingsError> {
        let field = |key: &str| document.get(key).and_then(Value::as_str);
        if let (Some(_), Some(kind)) = (field("apiVersion"), field("kind").filter(|kind| *kind != "IstioOperator")) {
            return Err(SettingsError::Object(kind.to_owned()));
        }
        let form = form::read(document).ok_or(SettingsError::NotAMapping)?;
        if let Some(wrong) = schema::wrong_type(&form.values) {
            return Err(SettingsError::WrongType { path: wrong.path, expected: wrong.expected });
        }
        let findings = check::findings(&form.values);
        lay(&mut self.values, form.values);
        self.env.extend(form.env);
        Ok(Remarks { findings, notes: form.notes })
    }

    /// Lays what `--set` says over these, in Helm's syntax.
    pub fn set(&mut self, text: &str) -> Result<Remarks, SettingsError> {
        let mut said = Value::Object(Map::new());
        for mut assignment in set::parse(text)? {
            let key = |part: Option<&set::Part>| match part {
                Some(set::Part::Key(key)) => key.clone(),
                _ => String::new(),
            };
            match (key(assignment.path.first()).as_str(), key(assignment.path.get(1)).as_str()) {
                ("values", _) => drop(assignment.path.remove(0)),
                // As the chart takes them at the top.
                ("env", _) | ("cni", "enabled" | "provider") => {
                    assignment.path.insert(0, set::Part::Key("pilot".to_owned()));
                }
                _ => {}
            }
            set::assign(&mut said, &assignment)?;
            set::assign(&mut self.values, &assignment)?;
        }
        if let Some(wrong) = schema::wrong_type(&self.values) {
            return Err(SettingsError::WrongType { path: wrong.path, expected: wrong.expected });
        }
        Ok(Remarks { findings: check::findings(&said), notes: Vec::new() })
    }

    /// Names the revision.
    pub fn set_revision(&mut self, revision: &str) {
        if let Value::Object(values) = &mut self.values {
            values.insert("revision".to_owned(), revision.into());
        }
    }

    /// The values, as the chart takes them.
    pub fn values(&self) -> &Value {
        &self.values
    }

    /// Variables of istiod's environment: those of the values, and others.
    pub fn env(&self) -> BTreeMap<String, String> {
        let env = at(&self.values, &["pilot", "env"]).and_then(Value::as_object);
        let env = env.into_iter().flatten().map(|(name, value)| (name.clone(), text(Some(value))));
        platform(&self.values).into_iter().chain(env).chain(self.env.clone()).collect()
    }

    /// Lays them over what a mesh has: its values, what the chart derives from these in the mesh configuration, and in
    /// the injector's.
    pub(super) fn over<'a>(
        &self,
        release: &Release,
        config: &'a Value,
        values: &'a Value,
        mesh: &'a Value,
    ) -> Laid<'a> {
        let mut laid = Laid { config: Cow::Borrowed(config), values: values.clone(), mesh: mesh.clone() };
        let Some(own) = self.values.as_object().filter(|own| !own.is_empty()) else { return laid };
        let mut above = own.clone();
        let mesh_config = above.shift_remove("meshConfig");
        let version = text(above.shift_remove("compatibilityVersion").as_ref());
        merge(&mut laid.values, &compatibility(release, &version));
        let above = Value::Object(above);
        merge(&mut laid.values, &above);
        if let Some(derived) = changes(&chart_mesh_config(values), &chart_mesh_config(&laid.values)) {
            merge(&mut laid.mesh, &derived);
        }
        if let Some(mesh_config) = mesh_config.filter(Value::is_object) {
            merge(&mut laid.mesh, &mesh_config);
        }
        if let Some(policy) = at(&above, &["global", "proxy", "autoInject"]) {
            merge(laid.config.to_mut(), &serde_json::json!({"policy": text(Some(policy))}));
        }
        for key in
            ["alwaysInjectSelector", "neverInjectSelector", "injectedAnnotations", "defaultTemplates", "templates"]
        {
            if let Some(value) = at(&above, &["sidecarInjectorWebhook", key]) {
                merge(laid.config.to_mut(), &Value::Object(Map::from_iter([(key.to_owned(), value.clone())])));
            }
        }
        laid
    }
}

/// The platform that the chart tells istiod in its environment.
pub(super) fn platform(values: &Value) -> Option<(String, String)> {
    let platform = at(values, &["global", "platform"]).or_else(|| at(values, &["platform"]));
    let platform = text(platform);
    (!platform.is_empty()).then(|| (env::PLATFORM.to_owned(), platform))
}

/// Lays values over others, as Helm does with its files: mappings are merged, and what is null stays so, to take a
/// default away.
fn lay(below: &mut Value, above: Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (key, value) in above {
                lay(below.entry(key).or_insert(Value::Null), value);
            }
        }
        (below, above) => *below = above,
    }
}

/// What makes `after` of `before`: `null` for what is gone; none if they are the same.
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

    fn over(settings: Value) -> Laid<'static> {
        let release = "1.30.3".parse().unwrap();
        let values = json!({"global": {"istioNamespace": "istio-system", "proxy": {"logLevel": "warning"}}});
        let mesh = json!({"defaultConfig": {"discoveryAddress": "elsewhere:15012", "concurrency": 2}});
        let config = json!({"policy": "enabled", "templates": {"sidecar": "x"}});
        let laid = Settings { values: settings, ..Settings::default() }.over(&release, &config, &values, &mesh);
        Laid { config: Cow::Owned(laid.config.into_owned()), ..laid }
    }

    #[test]
    fn files_and_flags_lie_over_each_other() {
        let mut settings = Settings::default();
        let first = json!({"global": {"hub": "a", "tag": "b"}, "env": {"A": "1"}});
        settings.document(first).unwrap();
        settings
            .document(json!({"global": {"tag": null, "platform": "openshift"}, "pilot": {"resources": {}}}))
            .unwrap();
        let remarks = settings.set("values.global.hub=c,env.B=2,cni.enabled=true,global.prox.image=x").unwrap();
        assert_eq!(remarks.findings[0].meant.as_deref(), Some("global.proxy"));
        assert_eq!(settings.values()["global"]["hub"], "c");
        assert_eq!(settings.values()["global"]["tag"], Value::Null);
        assert_eq!(settings.values()["pilot"]["cni"]["enabled"], true);
        let env: Vec<(String, String)> = settings.env().into_iter().collect();
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(env, [pair("A", "1"), pair("B", "2"), pair("PLATFORM", "openshift")]);
        assert!(matches!(settings.set("global.logAsJson=1"), Err(SettingsError::WrongType { .. })));
        assert_eq!(settings.document(json!("x")), Err(SettingsError::NotAMapping));
    }

    #[test]
    fn values_and_mesh_configuration_are_laid_over() {
        let laid = over(json!({"global": {"proxy": {"logLevel": "debug"}}, "meshConfig": {"trustDomain": "a"}}));
        assert_eq!(laid.values["global"]["proxy"], json!({"logLevel": "debug"}));
        let expected = json!({
            "defaultConfig": {"discoveryAddress": "elsewhere:15012", "concurrency": 2}, "trustDomain": "a"
        });
        assert_eq!(laid.mesh, expected);
    }

    #[test]
    fn what_the_chart_derives_follows() {
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
}
