//! The configuration of the function: a `NativeSidecar`, or a `ConfigMap` with the same keys.

use serde_json::Value;

use super::Answer;
use crate::config::{FieldError, Fields, MeshSettings, ModeSetting};
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::k8s::{LabelSelector, TemplatePath};

/// This program's own kind of configuration.
const KIND: &str = "NativeSidecar";

/// `spec` of a configuration; plugin/kustomize/functionconfig.schema.json is its schema.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Spec {
    pub action: Action,
    pub answer: Answer,
    pub mode: Option<ModeSetting>,
    pub keep_existing: bool,
    pub mesh: MeshSettings,
    pub target: Option<String>,
    pub selector: Option<LabelSelector>,
    pub kinds: Vec<String>,
    pub names: Vec<String>,
    pub only_namespaces: Vec<String>,
    pub percent: Option<u8>,
    pub namespace: Option<String>,
    pub pod_template_paths: Vec<TemplatePath>,
    /// The rules to run instead of the default ones.
    pub select: Vec<String>,
    /// The rules not to run.
    pub ignore: Vec<String>,
}

/// What is done to the workloads of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// The sidecar is added.
    Inject,
    /// The annotation is set.
    Annotate,
    /// The annotation is removed.
    Remove,
    /// The list is linted.
    Lint,
}

/// Reads a configuration; null is an empty one.
pub(super) fn read(config: &Value) -> Result<Spec, Diagnostic> {
    let nothing = Value::Null;
    let of_map;
    let (key, spec) = match config.get("kind").and_then(Value::as_str) {
        None if config.is_null() => ("spec", &nothing),
        Some("ConfigMap") => {
            of_map = of_config_map(config.get("data").unwrap_or(&nothing));
            ("data", &of_map)
        }
        Some(KIND) => ("spec", config.get("spec").unwrap_or(&nothing)),
        kind => {
            let kind = kind.unwrap_or("no kind");
            let hint = format!("write one of kind {KIND} (nativesidecar.dev/v1alpha1), or a ConfigMap");
            return Err(wrong(&format!("{kind} is not known"), Some(hint)));
        }
    };
    if let Some(unknown) = unknown_key(config, key) {
        return Err(wrong(&format!("{unknown} is not a known key"), Some(format!("settings belong under {key}"))));
    }
    let spec = Fields::new(spec, &[key]).and_then(Spec::read).map_err(|error| wrong(&error.to_string(), error.hint))?;
    if spec.action == Action::Remove && spec.keep_existing {
        let hint = "remove keepExisting: only annotations of the given mode are removed";
        return Err(wrong(&format!("{key}.keepExisting and action remove cannot be combined"), Some(hint.to_owned())));
    }
    Ok(spec)
}

/// The first key beside those of every object, and the one with the settings.
fn unknown_key<'c>(config: &'c Value, settings: &str) -> Option<&'c str> {
    let known = |name: &str| ["apiVersion", "immutable", "kind", "metadata", "status", settings].contains(&name);
    config.as_object()?.keys().map(String::as_str).find(|name| !known(name))
}

/// The error of a configuration that cannot be used.
pub(super) fn wrong(message: &str, hint: Option<String>) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code::FunctionConfig, ExitCode::Usage, format!("functionConfig: {message}"));
    Diagnostic { hint, ..diagnostic }
}

/// Converts the data of a `ConfigMap`, where all values are strings: items of lists are separated by commas or line ends.
fn of_config_map(data: &Value) -> Value {
    let items = |text: &str| -> Vec<String> {
        text.split(['\n', ',']).map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    };
    let value = |key: &str, text: &str| match key {
        "check" | "keepExisting" => text.parse().map_or_else(|_| text.into(), Value::Bool),
        "meshFiles" | "values" | "nodeVersions" | "kinds" | "names" | "onlyNamespaces" | "podTemplatePaths"
        | "select" | "ignore" => items(text).into(),
        "percent" => text.parse::<u64>().map_or_else(|_| text.into(), Value::from),
        "istiodEnv" => {
            let pairs = items(text).into_iter().map(|item| {
                let (name, value) = item.split_once('=').unwrap_or((&item, ""));
                (name.to_owned(), value.into())
            });
            Value::Object(pairs.collect())
        }
        _ => text.into(),
    };
    let Some(entries) = data.as_object() else { return data.clone() };
    entries
        .iter()
        .map(|(key, data)| {
            let text = data.as_str();
            (key.clone(), text.map_or_else(|| data.clone(), |text| value(key, text)))
        })
        .collect()
}

impl Spec {
    fn read(mut fields: Fields<'_>) -> Result<Self, FieldError> {
        let actions = [
            ("inject", Action::Inject),
            ("annotate", Action::Annotate),
            ("remove", Action::Remove),
            ("lint", Action::Lint),
        ];
        let spec = Self {
            action: fields.choice("action", &actions)?.unwrap_or(Action::Inject),
            answer: if fields.flag("check")? { Answer::Verdict } else { Answer::List },
            mode: fields.choice("mode", &ModeSetting::WORDS)?,
            keep_existing: fields.flag("keepExisting")?,
            mesh: MeshSettings::read(&mut fields)?,
            target: fields.text("target")?,
            selector: fields.parsed("selector", "a label selector such as app=web,tier!=cache")?,
            kinds: fields.texts("kinds")?,
            names: fields.texts("names")?,
            only_namespaces: fields.texts("onlyNamespaces")?,
            percent: fields.percent("percent")?,
            namespace: fields.text("namespace")?,
            pod_template_paths: fields.each(
                "podTemplatePaths",
                str::parse,
                "a list of paths in the form KIND.GROUP=PATH",
            )?,
            select: fields.texts("select")?,
            ignore: fields.texts("ignore")?,
        };
        fields.finish()?;
        Ok(spec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn spec(config: &Value) -> Spec {
        read(config).unwrap_or_else(|failure| panic!("{}", failure.message))
    }

    #[test]
    fn both_kinds_of_configuration_mean_the_same() {
        let own = json!({"kind": "NativeSidecar", "spec": {
            "istio": "1.30", "mode": "native", "keepExisting": true, "istiodEnv": {"A": "b"}, "kinds": ["Job", "Pod"],
            "nodeVersions": ["v1.33.2"], "values": ["a.yaml", "b.yaml"], "percent": 10,
        }});
        let map = json!({"kind": "ConfigMap", "data": {
            "istio": "1.30", "mode": "native", "keepExisting": "true", "istiodEnv": "A=b", "kinds": "Job, Pod",
            "nodeVersions": "v1.33.2", "values": "a.yaml\nb.yaml\n", "percent": "10",
        }});
        let own = spec(&own);
        assert_eq!(own, spec(&map));
        assert_eq!((own.mode, own.keep_existing, own.kinds.len()), (Some(ModeSetting::Native), true, 2));
        assert_eq!((own.mesh.values.len(), own.mesh.node_versions.len(), own.mesh.istiod_env.len()), (2, 1, 1));
        let empty = spec(&Value::Null);
        assert_eq!((empty.action, empty.answer, empty.mesh), (Action::Inject, Answer::List, MeshSettings::default()));
    }

    #[test]
    fn unknown_and_wrong_keys_are_refused() {
        let message = |config: Value| read(&config).map_err(|failure| failure.message).unwrap_err();
        let own = |spec: Value| message(json!({"kind": "NativeSidecar", "spec": spec}));
        let map = |data: Value| message(json!({"kind": "ConfigMap", "data": data}));
        for (message, expected) in [
            (own(json!({"istios": "1"})), "spec.istios is not a known key"),
            (own(json!({"istio": 1.3})), "spec.istio must be a string"),
            (own(json!({"istio": "latest"})), "spec.istio must be an Istio version"),
            (own(json!({"mode": "both"})), "spec.mode must be one of native, regular, mesh"),
            (own(json!({"nodeVersions": ["a=b", "=c"]})), "spec.nodeVersions must be a list of kubelet versions"),
            (own(json!({"podTemplatePaths": ["x"]})), "spec.podTemplatePaths must be a list of paths"),
            (own(json!({"action": "remove", "keepExisting": true})), "cannot be combined"),
            (own(json!([])), "spec must be a mapping"),
            (map(json!({"check": "yes"})), "data.check must be a boolean"),
            (map(json!("x")), "data must be a mapping"),
            (message(json!({"kind": "Other"})), "Other is not known"),
            (message(json!({"kind": "NativeSidecar", "action": "lint"})), "action is not a known key"),
            (message(json!({"kind": "ConfigMap", "spec": {}})), "spec is not a known key"),
        ] {
            assert!(message.starts_with("functionConfig: ") && message.contains(expected), "{message}");
        }
    }

    #[test]
    fn the_schema_has_all_keys() {
        let schema = include_str!("../../../plugin/kustomize/functionconfig.schema.json");
        let schema: Value = serde_json::from_str(schema).unwrap();
        let described: Vec<&String> = schema["properties"]["spec"]["properties"].as_object().unwrap().keys().collect();
        // The error for an unknown key lists those that are known.
        let unknown = json!({"no": 1});
        let unknown = Fields::new(&unknown, &[]).and_then(Spec::read).map(|_| ()).unwrap_err().to_string();
        let read: Vec<&str> = unknown.split_once("known: ").unwrap().1.trim_end_matches(')').split(", ").collect();
        assert_eq!(described, read);
    }
}
