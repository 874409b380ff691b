//! The configuration of the function: a `NativeSidecar`, or a `ConfigMap` with the same keys.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::Answer;
use crate::cli::{Failure, usage_error};
use crate::config::{FieldError, Fields};

/// The kind of configuration that is this program's own.
const KIND: &str = "NativeSidecar";

/// What a configuration asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// A command with its flags.
    pub words: Vec<String>,
    /// The files and folders in them.
    pub files: Vec<PathBuf>,
    pub answer: Answer,
}

/// `spec` of a configuration; plugin/kustomize/functionconfig.schema.json is its schema.
struct Spec {
    action: Action,
    check: bool,
    mode: Option<String>,
    keep_existing: bool,
    istio: Option<String>,
    revision: Option<String>,
    mesh_files: Vec<String>,
    values: Vec<String>,
    istiod_env: BTreeMap<String, String>,
    node_versions: Vec<String>,
    target: Option<String>,
    selector: Option<String>,
    kinds: Vec<String>,
    names: Vec<String>,
    only_namespaces: Vec<String>,
    namespace: Option<String>,
    pod_template_paths: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    /// The whole sidecar.
    Inject,
    /// The annotation only.
    Annotate,
    /// The annotation goes.
    Remove,
}

/// Reads a configuration; null is one that says nothing.
pub(super) fn call(config: &Value) -> Result<Call, Failure> {
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
            return Err(usage_error(format!("functionConfig: {kind} is not known"), Some(hint)));
        }
    };
    let spec = Fields::new(spec, &[key]).and_then(Spec::read);
    Ok(spec.map_err(|error| usage_error(format!("functionConfig: {error}"), error.hint))?.call())
}

/// All values of a `ConfigMap` are texts: items of lists stand apart by commas or on lines of their own.
fn of_config_map(data: &Value) -> Value {
    let items = |text: &str| -> Vec<String> {
        text.split(['\n', ',']).map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    };
    let value = |key: &str, text: &str| match key {
        "check" | "keepExisting" => text.parse().map_or_else(|_| text.into(), Value::Bool),
        "meshFiles" | "values" | "nodeVersions" | "kinds" | "names" | "onlyNamespaces" | "podTemplatePaths" => {
            items(text).into()
        }
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
        let actions = [("inject", Action::Inject), ("annotate", Action::Annotate), ("remove", Action::Remove)];
        let spec = Self {
            action: fields.choice("action", &actions)?.unwrap_or(Action::Inject),
            check: fields.flag("check")?,
            mode: fields.text("mode")?,
            keep_existing: fields.flag("keepExisting")?,
            istio: fields.text("istio")?,
            revision: fields.text("revision")?,
            mesh_files: fields.texts("meshFiles")?,
            values: fields.texts("values")?,
            istiod_env: fields.pairs("istiodEnv")?,
            node_versions: fields.texts("nodeVersions")?,
            target: fields.text("target")?,
            selector: fields.text("selector")?,
            kinds: fields.texts("kinds")?,
            names: fields.texts("names")?,
            only_namespaces: fields.texts("onlyNamespaces")?,
            namespace: fields.text("namespace")?,
            pod_template_paths: fields.texts("podTemplatePaths")?,
        };
        fields.finish()?;
        Ok(spec)
    }

    fn call(self) -> Call {
        let files = self.values.iter().chain(&self.mesh_files).map(PathBuf::from).collect();
        let command = if self.action == Action::Inject { "inject" } else { "annotate" };
        let mut words = vec![command.to_owned()];
        let mut flag = |name: &str, value: String| words.push(format!("--{name}={value}"));
        for (name, value) in [
            ("mode", self.mode),
            ("target", self.target),
            ("selector", self.selector),
            ("namespace", self.namespace),
            ("istio", self.istio),
            ("revision", self.revision),
        ] {
            if let Some(value) = value {
                flag(name, value);
            }
        }
        for (name, values) in [
            ("kind", self.kinds),
            ("name", self.names),
            ("only-namespace", self.only_namespaces),
            ("pod-template-path", self.pod_template_paths),
        ] {
            for value in values {
                flag(name, value);
            }
        }
        let variables = self.istiod_env.into_iter().map(|(name, value)| ("istiod-env", format!("{name}={value}")));
        let values = self.values.into_iter().map(|file| ("values", file));
        let meshes = self.mesh_files.into_iter().map(|file| ("mesh-file", file));
        let nodes = self.node_versions.into_iter().map(|node| ("node-version", node));
        for (name, value) in meshes.chain(values).chain(nodes).chain(variables) {
            flag(name, value);
        }
        if self.keep_existing {
            words.push("--keep-existing".to_owned());
        }
        if self.action == Action::Remove {
            words.push("--remove".to_owned());
        }
        Call { words, files, answer: if self.check { Answer::Verdict } else { Answer::List } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn words(config: &Value) -> Vec<String> {
        call(config).unwrap_or_else(|failure| panic!("{}", failure.message)).words
    }

    #[test]
    fn both_kinds_of_configuration_say_the_same() {
        let own = json!({"kind": "NativeSidecar", "spec": {
            "istio": "1.30", "mode": "native", "keepExisting": true, "istiodEnv": {"A": "b"}, "kinds": ["Job", "Pod"],
            "nodeVersions": ["v1.33.2"], "values": ["a.yaml", "b.yaml"],
        }});
        let map = json!({"kind": "ConfigMap", "data": {
            "istio": "1.30", "mode": "native", "keepExisting": "true", "istiodEnv": "A=b", "kinds": "Job, Pod",
            "nodeVersions": "v1.33.2", "values": "a.yaml\nb.yaml\n",
        }});
        let expected = "inject --mode=native --istio=1.30 --kind=Job --kind=Pod --values=a.yaml --values=b.yaml \
                        --node-version=v1.33.2 --istiod-env=A=b --keep-existing";
        assert_eq!(words(&own).join(" "), expected);
        assert_eq!(words(&map).join(" "), expected);
        assert_eq!(words(&Value::Null), ["inject"]);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let message =
            |config: Value| call(&config).map(|call| call.words).map_err(|failure| failure.message).unwrap_err();
        assert!(
            message(json!({"kind": "NativeSidecar", "spec": {"istios": "1"}}))
                .contains("spec.istios is not a known key")
        );
        assert!(
            message(json!({"kind": "NativeSidecar", "spec": {"istio": 1.3}})).contains("spec.istio must be a string")
        );
        assert!(
            message(json!({"kind": "ConfigMap", "data": {"check": "yes"}})).contains("data.check must be a boolean")
        );
        assert!(message(json!({"kind": "Other"})).contains("Other is not known"));
        assert!(message(json!({"kind": "NativeSidecar", "spec": []})).contains("spec must be a mapping"));
        assert!(message(json!({"kind": "ConfigMap", "data": "x"})).contains("data must be a mapping"));
    }

    #[test]
    fn the_files_in_a_configuration_are_known() {
        let config = json!({"kind": "NativeSidecar", "spec": {"values": ["a.yaml"], "meshFiles": ["mesh"]}});
        let call = call(&config).unwrap_or_else(|failure| panic!("{}", failure.message));
        assert_eq!(call.files, [PathBuf::from("a.yaml"), PathBuf::from("mesh")]);
    }

    #[test]
    fn the_schema_has_the_keys_that_are_read() {
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
