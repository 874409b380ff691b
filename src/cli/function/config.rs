//! The configuration of the function: a `NativeSidecar`, or a `ConfigMap` with the same keys.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Answer;
use crate::cli::Failure;

/// The kind of configuration that is this program's own.
const KIND: &str = "NativeSidecar";

/// What a configuration asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// A command with its flags.
    pub words: Vec<String>,
    pub answer: Answer,
}

/// `spec` of a configuration; plugin/kustomize/functionconfig.schema.json is its schema.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Action {
    /// The whole sidecar.
    #[default]
    Inject,
    /// The annotation only.
    Annotate,
    /// The annotation goes.
    Remove,
}

/// Reads a configuration; null is one that says nothing.
pub(super) fn call(config: &Value) -> Result<Call, Failure> {
    let spec = match config.get("kind").and_then(Value::as_str) {
        None if config.is_null() => Value::Object(Map::new()),
        Some("ConfigMap") => of_config_map(config.get("data")),
        Some(KIND) => match config.get("spec") {
            None | Some(Value::Null) => Value::Object(Map::new()),
            Some(spec) => spec.clone(),
        },
        kind => {
            let kind = kind.unwrap_or("no kind");
            let hint = format!("write one of kind {KIND} (nativesidecar.dev/v1alpha1), or a ConfigMap");
            return Err(Failure::usage(format!("functionConfig: {kind} is not known"), Some(hint)));
        }
    };
    let spec = Spec::deserialize(spec).map_err(|error| {
        let message = error.to_string();
        let hint = message.contains("expected a string").then(|| "quote it: \"1.30\", \"true\"".to_owned());
        Failure::usage(format!("functionConfig: spec: {message}"), hint)
    })?;
    Ok(spec.call())
}

/// All values of a `ConfigMap` are texts: items of lists stand apart by commas or on lines of their own.
fn of_config_map(data: Option<&Value>) -> Value {
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
    let entries = data.and_then(Value::as_object).into_iter().flatten();
    entries
        .map(|(key, data)| {
            let text = data.as_str();
            (key.clone(), text.map_or_else(|| data.clone(), |text| value(key, text)))
        })
        .collect()
}

impl Spec {
    fn call(self) -> Call {
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
        let files = self.values.into_iter().map(|file| ("values", file));
        let meshes = self.mesh_files.into_iter().map(|file| ("mesh-file", file));
        let nodes = self.node_versions.into_iter().map(|node| ("node-version", node));
        for (name, value) in meshes.chain(files).chain(nodes).chain(variables) {
            flag(name, value);
        }
        if self.keep_existing {
            words.push("--keep-existing".to_owned());
        }
        if self.action == Action::Remove {
            words.push("--remove".to_owned());
        }
        Call { words, answer: if self.check { Answer::Verdict } else { Answer::List } }
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
        assert!(message(json!({"kind": "NativeSidecar", "spec": {"istios": "1"}})).contains("unknown field `istios`"));
        assert!(message(json!({"kind": "NativeSidecar", "spec": {"istio": 1.3}})).contains("expected a string"));
        assert!(message(json!({"kind": "ConfigMap", "data": {"check": "yes"}})).contains("expected a boolean"));
        assert!(message(json!({"kind": "Other"})).contains("Other is not known"));
    }

    #[test]
    fn the_schema_has_the_keys_that_are_read() {
        let schema = include_str!("../../../plugin/kustomize/functionconfig.schema.json");
        let schema: Value = serde_json::from_str(schema).unwrap();
        let described: Vec<&String> = schema["properties"]["spec"]["properties"].as_object().unwrap().keys().collect();
        // The error for a key that is not known lists those that are.
        let unknown = Spec::deserialize(json!({"no": 1})).unwrap_err().to_string();
        let read: Vec<&str> = unknown.split('`').skip(3).step_by(2).collect();
        assert_eq!(described, read);
    }
}
