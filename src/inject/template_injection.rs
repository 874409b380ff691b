//! Annotations and labels that reach beyond the place a mesh's own template gives them.
//!
//! Templates put values into YAML as text, mostly between double quotes and without escaping them. A value with a quote
//! or a line break can end its place and say more: another argument, a privileged container. Istio's releases differ in
//! what they check. So where a value could do that, the template is rendered once more with a harmless value in its
//! place: all that does not hold the value must come out the same.

use serde_json::Value;

use super::error::InjectError;
use super::pod;
use crate::istio::ProxyConfig;
use crate::istio::names::annotation;
use crate::k8s::Element;

/// Stands for a value; nothing that a template holds is like it.
const HARMLESS: &str = "zzHarmlessValuezz";

/// Annotations whose text is JSON or YAML, which templates and istiod read before they use what is in it. What the proxy's
/// configuration sets in its environment is looked at by itself.
const READ: [&str; 6] = [
    annotation::STATUS,
    annotation::OVERRIDES,
    annotation::PROXY_CONFIG,
    annotation::USER_VOLUME,
    annotation::USER_VOLUME_MOUNT,
    annotation::CNI_NETWORKS,
];

/// How many values are looked at one by one; more are named together.
const MAX_ALONE: usize = 16;

/// A label or annotation, or a variable that the proxy's configuration sets, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Suspect {
    Metadata { part: &'static str, name: String },
    Variable { name: String },
}

/// A pod and its proxy configuration with harmless values in the place of some.
pub(super) struct Substituted {
    pub(super) pod: Value,
    /// None where the configuration is the mesh's own, or has no suspect.
    pub(super) config: Option<ProxyConfig>,
}

/// Could a value end its place early?
fn is_odd(text: &str) -> bool {
    text.contains(['"', '\'', '\n', '\r', '\\'])
}

/// The values of a pod that could end their place early.
pub(super) fn suspects(pod: &Value, config: Option<&ProxyConfig>) -> Vec<Suspect> {
    let of_part = |part: &'static str| {
        let entries = pod::part(pod::part(pod, "metadata"), part).as_object();
        let odd = entries
            .into_iter()
            .flatten()
            .filter(|(name, value)| !READ.contains(&name.as_str()) && value.as_str().is_some_and(is_odd));
        odd.map(move |(name, _)| Suspect::Metadata { part, name: name.clone() })
    };
    let variables = config.into_iter().flat_map(ProxyConfig::metadata).filter(|(_, value)| is_odd(value));
    let variables = variables.map(|(name, _)| Suspect::Variable { name: name.to_owned() });
    of_part("annotations").chain(of_part("labels")).chain(variables).collect()
}

fn substituted(suspects: &[Suspect], pod: &Value, config: Option<&ProxyConfig>) -> Substituted {
    let mut out = Substituted { pod: pod.clone(), config: None };
    for suspect in suspects {
        match suspect {
            Suspect::Metadata { part, name } => {
                let metadata = out.pod.get_mut("metadata");
                if let Some(value) = metadata.and_then(|metadata| metadata.get_mut(part)?.get_mut(name)) {
                    *value = HARMLESS.into();
                }
            }
            Suspect::Variable { name } => {
                if out.config.is_none() {
                    out.config = config.cloned();
                }
                if let Some(config) = &mut out.config {
                    config.set_metadata(name, HARMLESS);
                }
            }
        }
    }
    out
}

impl Suspect {
    fn described(&self) -> String {
        match self {
            Self::Metadata { part, name } => format!("{} {name}", part.trim_end_matches('s')),
            Self::Variable { name } => format!("proxyMetadata {name}"),
        }
    }

    /// Its place in the pod.
    fn path(&self) -> Vec<Element> {
        let (part, name) = match self {
            Self::Metadata { part, name } => (*part, name.as_str()),
            Self::Variable { .. } => ("annotations", annotation::PROXY_CONFIG),
        };
        ["metadata", part, name].map(|key| Element::Key(key.to_owned())).into()
    }
}

/// Several suspects, as people name them.
fn described(suspects: &[Suspect]) -> String {
    let mut names: Vec<String> = suspects.iter().take(MAX_ALONE).map(Suspect::described).collect();
    if suspects.len() > MAX_ALONE {
        names.push(format!("{} more", suspects.len() - MAX_ALONE));
    }
    names.join(", ")
}

/// What reaches beyond its place, of the suspects, as people name it. `render` makes the overlays of what is harmless.
pub(super) fn found(
    suspects: &[Suspect],
    (pod, config): (&Value, Option<&ProxyConfig>),
    overlays: &[Value],
    render: impl Fn(&Substituted) -> Result<Vec<Value>, InjectError>,
) -> Result<Option<String>, InjectError> {
    if suspects.is_empty() {
        return Ok(None);
    }
    let overlays = Value::from(overlays);
    let changed = |suspects: &[Suspect]| match render(&substituted(suspects, pod, config)) {
        Ok(harmless) => Ok(Some(!same_but_for_values(&overlays, &harmless.into()))),
        Err(error) if error.is_limit() => Err(error),
        // Where it fails without them, the template makes use of what they say.
        Err(_) => Ok(None),
    };
    let alone = || {
        let mut reaching = Vec::new();
        for one in suspects.iter().take(MAX_ALONE) {
            if changed(std::slice::from_ref(one))? == Some(true) {
                reaching.push(one.clone());
            }
        }
        Ok::<_, InjectError>(reaching)
    };
    Ok(match changed(suspects)? {
        Some(false) => None,
        Some(true) => {
            let alone = alone()?;
            // They may need each other.
            Some(described(if alone.is_empty() { suspects } else { &alone }))
        }
        None => Some(alone()?).filter(|alone| !alone.is_empty()).map(|alone| described(&alone)),
    })
}

/// The error for the suspects that make a template fail; none if it fails without them too.
pub(super) fn culprit(
    suspects: &[Suspect],
    (pod, config): (&Value, Option<&ProxyConfig>),
    render: impl Fn(&Substituted) -> Result<Vec<Value>, InjectError>,
) -> Option<InjectError> {
    let renders = |suspects: &[Suspect]| render(&substituted(suspects, pod, config)).is_ok();
    let alone = suspects.iter().take(MAX_ALONE).find(|one| renders(std::slice::from_ref(*one)));
    match alone {
        Some(alone) => Some(InjectError::TemplateInjection { what: alone.described(), path: alone.path() }),
        None => (!suspects.is_empty() && renders(suspects))
            .then(|| InjectError::TemplateInjection { what: described(suspects), path: Vec::new() }),
    }
}

/// Are two overlays the same, apart from strings that hold the harmless value in the second?
fn same_but_for_values(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a == b || b.contains(HARMLESS),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_but_for_values(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same_but_for_values(a, b)))
        }
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_holds_the_value_may_differ() {
        let with = |value: &str| json!([{"args": [format!("--level={value}")], "privileged": false}]);
        assert!(same_but_for_values(&with("a"), &with(HARMLESS)));
        let mut more = with("a");
        more[0]["args"].as_array_mut().unwrap().push("--more".into());
        assert!(!same_but_for_values(&more, &with(HARMLESS)));
        let mut other = with("a");
        other[0]["privileged"] = true.into();
        assert!(!same_but_for_values(&other, &with(HARMLESS)));
    }

    #[test]
    fn ordinary_values_are_no_suspects() {
        let pod = json!({"metadata": {
            "annotations": {"a": "10.0.0.0/8,*", "b": "x\"y", annotation::PROXY_CONFIG: "a:\n  b: \"c\""},
            "labels": {"c": "d'", "e": null}
        }});
        let names: Vec<String> = suspects(&pod, None).iter().map(Suspect::described).collect();
        assert_eq!(names, ["annotation b", "label c"]);
    }
}
