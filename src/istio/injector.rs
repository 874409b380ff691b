//! The injector's configuration (key `config` of its `ConfigMap`): which pods are injected, with which templates.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::release::{Release, ReleaseChange};
use super::selector::Selector;

/// The injector's configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct InjectorConfig {
    /// Whether pods without a label or annotation are injected.
    pub policy: Policy,
    /// Pods that are never injected.
    pub never: Vec<Selector>,
    /// Pods that are always injected.
    pub always: Vec<Selector>,
    /// Annotations that are set on every injected pod.
    pub injected_annotations: Vec<(String, String)>,
    /// The templates of pods that do not name any, in order; if empty, `sidecar`.
    pub default_templates: Vec<String>,
    /// Names for lists of templates.
    pub aliases: BTreeMap<String, Vec<String>>,
    /// The templates.
    pub templates: Templates,
    /// Whether `y`, `yes` and `on` also request injection, and any other text declines it (up to 1.26).
    pub yaml_answers: bool,
}

/// A key of the injector's configuration has a value of the wrong type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path} must be {expected}")]
pub struct InjectorConfigError {
    /// The key, such as `aliases.web`.
    pub path: String,
    /// The type that istiod expects.
    pub expected: &'static str,
}

/// The injector's policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Policy {
    /// Pods without a label or annotation are injected.
    Enabled,
    /// Pods without a label or annotation are not injected.
    Disabled,
    /// Any other value: no pod is ever injected.
    Other(String),
}

/// Where a mesh's templates come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Templates {
    /// Those of this program, with the templates that values add or replace.
    BuiltIn(BTreeMap<String, Arc<str>>),
    /// Those of the mesh's configuration, by name.
    Own(BTreeMap<String, Arc<str>>),
}

/// The configuration of a default installation.
impl Default for InjectorConfig {
    fn default() -> Self {
        Self {
            policy: Policy::Enabled,
            never: Vec::new(),
            always: Vec::new(),
            injected_annotations: Vec::new(),
            default_templates: Vec::new(),
            aliases: BTreeMap::new(),
            templates: Templates::BuiltIn(BTreeMap::new()),
            yaml_answers: false,
        }
    }
}

impl InjectorConfig {
    /// The configuration of an installation, as the chart writes it for the installation's values.
    pub(super) fn of_install(config: &Value, release: &Release) -> Result<Self, InjectorConfigError> {
        let read = Self::from_value(config, release).map_err(|InjectorConfigError { path, expected }| {
            InjectorConfigError { path: format!("sidecarInjectorWebhook.{path}"), expected }
        })?;
        let templates = match read.templates {
            Templates::Own(added) | Templates::BuiltIn(added) => Templates::BuiltIn(added),
        };
        Ok(Self { templates, ..read })
    }

    /// Reads the configuration of a mesh. Like istiod, it ignores unknown keys.
    pub(super) fn from_value(config: &Value, release: &Release) -> Result<Self, InjectorConfigError> {
        let Value::Object(config) = config else { return Err(wrong("config", "a mapping")) };
        let aliases = map(config, "aliases")?.map(|(name, value)| Ok((name.clone(), texts(value, "aliases", name)?)));
        let templates = map(config, "templates")?.map(|(name, value)| {
            let text = str_of(value).ok_or_else(|| wrong(&format!("templates.{name}"), "a string"))?;
            Ok((name.clone(), text.into()))
        });
        let annotations = map(config, "injectedAnnotations")?.map(|(name, value)| {
            Ok((name.clone(), string(value).ok_or_else(|| wrong(&format!("injectedAnnotations.{name}"), "a string"))?))
        });
        let policy = config.get("policy").map_or(Some(String::new()), string);
        Ok(Self {
            policy: Policy::of(policy.ok_or_else(|| wrong("policy", "a string"))?),
            never: selector_list(config, "neverInjectSelector")?,
            always: selector_list(config, "alwaysInjectSelector")?,
            injected_annotations: annotations.collect::<Result<_, InjectorConfigError>>()?,
            default_templates: config
                .get("defaultTemplates")
                .map_or(Ok(Vec::new()), |value| texts(value, "defaultTemplates", ""))?,
            aliases: aliases.collect::<Result<_, InjectorConfigError>>()?,
            templates: Templates::Own(templates.collect::<Result<_, InjectorConfigError>>()?),
            yaml_answers: yaml_answers(release),
        })
    }
}

fn yaml_answers(release: &Release) -> bool {
    !release.has(ReleaseChange::ExactAnswers)
}

impl Policy {
    fn of(text: String) -> Self {
        match text.as_str() {
            "enabled" => Self::Enabled,
            "disabled" => Self::Disabled,
            _ => Self::Other(text),
        }
    }
}

/// A list of selectors. Malformed selectors match nothing, but items of another type are errors.
fn selector_list(config: &Map<String, Value>, key: &str) -> Result<Vec<Selector>, InjectorConfigError> {
    match config.get(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) if items.iter().all(|item| item.is_object() || item.is_null()) => {
            Ok(items.iter().map(Selector::from_value).collect())
        }
        Some(_) => Err(wrong(key, "a list of label selectors")),
    }
}

/// The entries of a mapping; `null` is an empty mapping.
fn map<'a>(
    config: &'a Map<String, Value>,
    key: &str,
) -> Result<impl Iterator<Item = (&'a String, &'a Value)>, InjectorConfigError> {
    match config.get(key) {
        None | Some(Value::Null) => Ok(None.into_iter().flatten()),
        Some(Value::Object(entries)) => Ok(Some(entries).into_iter().flatten()),
        Some(_) => Err(wrong(key, "a mapping")),
    }
}

/// A list of strings; `null` is an empty list.
fn texts(value: &Value, key: &str, name: &str) -> Result<Vec<String>, InjectorConfigError> {
    let path = if name.is_empty() { key.to_owned() } else { format!("{key}.{name}") };
    let wrong = || wrong(&path, "a list of strings");
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(items) => items.iter().map(|item| string(item).ok_or_else(wrong)).collect(),
        _ => Err(wrong()),
    }
}

/// A string; `null` is an empty string, as in Go's YAML decoder.
fn str_of(value: &Value) -> Option<&str> {
    match value {
        Value::Null => Some(""),
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn string(value: &Value) -> Option<String> {
    str_of(value).map(str::to_owned)
}

fn wrong(path: &str, expected: &'static str) -> InjectorConfigError {
    InjectorConfigError { path: path.to_owned(), expected }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_configuration_is_read_with_its_templates() {
        let config = InjectorConfig::from_value(
            &json!({
                "policy": "disabled", "defaultTemplates": ["a"], "aliases": {"b": ["a", "c"]}, "templates": {"a": "x"},
                "template": "ignored", "injectedAnnotations": null
            }),
            &"1.30".parse().unwrap(),
        )
        .unwrap();
        assert_eq!((config.policy, config.default_templates), (Policy::Disabled, vec!["a".to_owned()]));
        assert_eq!(config.aliases, BTreeMap::from([("b".to_owned(), vec!["a".to_owned(), "c".to_owned()])]));
        assert_eq!(config.templates, Templates::Own(BTreeMap::from([("a".to_owned(), "x".into())])));
    }

    #[test]
    fn values_add_templates_to_the_built_in_ones() {
        let read = |config: Value| InjectorConfig::of_install(&config, &"1.30".parse().unwrap());
        let config =
            json!({"policy": "enabled", "templates": {"hello": "spec: {}"}, "defaultTemplates": ["sidecar", "hello"]});
        let config = read(config).unwrap();
        assert_eq!(config.templates, Templates::BuiltIn(BTreeMap::from([("hello".to_owned(), "spec: {}".into())])));
        assert_eq!(config.default_templates, ["sidecar", "hello"]);
        let error = read(json!({"templates": {"hello": 1}})).unwrap_err();
        assert_eq!(error.to_string(), "sidecarInjectorWebhook.templates.hello must be a string");
    }

    #[test]
    fn configurations_that_istiod_cannot_load_are_errors() {
        for (config, message) in [
            (json!([]), "config must be a mapping"),
            (json!({"templates": {"a": 1}}), "templates.a must be a string"),
            (json!({"defaultTemplates": "a"}), "defaultTemplates must be a list of strings"),
            (
                json!({"neverInjectSelector": {"matchLabels": {}}}),
                "neverInjectSelector must be a list of label selectors",
            ),
            (json!({"alwaysInjectSelector": [5]}), "alwaysInjectSelector must be a list of label selectors"),
            (json!({"aliases": {"b": [1]}}), "aliases.b must be a list of strings"),
            (json!({"injectedAnnotations": {"b": true}}), "injectedAnnotations.b must be a string"),
        ] {
            assert_eq!(InjectorConfig::from_value(&config, &"1.30".parse().unwrap()).unwrap_err().to_string(), message);
        }
    }
}
