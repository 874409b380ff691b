//! Guards against template injection: labels, annotations and variables whose value changes more of an overlay than its own
//! place.
//!
//! Templates write values into YAML text, mostly between double quotes and without escaping them. A value with a quote or a
//! line break can end the string and add another argument or a privileged container. Istio's releases differ in what they
//! validate. So if a value could do that, the templates are rendered again with a harmless value instead: everything that
//! does not contain the value must stay the same.

use serde_json::Value;

use super::error::InjectError;
use super::pod;
use crate::istio::ProxyConfig;
use crate::istio::names::annotation;
use crate::k8s::Path;

/// Replaces a value. No template contains it.
const HARMLESS: &str = "zzHarmlessValuezz";

/// Annotations of JSON or YAML, which templates and istiod parse. The variables of the proxy's configuration are checked by
/// themselves.
const PARSED: [&str; 6] = [
    annotation::STATUS,
    annotation::OVERRIDES,
    annotation::PROXY_CONFIG,
    annotation::USER_VOLUME,
    annotation::USER_VOLUME_MOUNT,
    annotation::CNI_NETWORKS,
];

/// How many values are tried one by one.
const MAX_SINGLE: usize = 16;

/// A label, an annotation, or a variable of the proxy's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Suspect {
    Metadata { part: &'static str, name: String },
    Variable { name: String },
}

/// A pod and its proxy configuration with harmless values instead of some.
pub(super) struct Substituted {
    pub(super) pod: Value,
    /// `None` if the configuration has no suspects.
    pub(super) config: Option<ProxyConfig>,
}

/// Whether a value could end the string that it is in.
fn is_odd(text: &str) -> bool {
    text.contains(['"', '\'', '\n', '\r', '\\'])
}

/// The values of a pod that could end the string that they are in.
pub(super) fn suspects(pod: &Value, config: Option<&ProxyConfig>) -> Vec<Suspect> {
    let of_part = |part: &'static str| {
        let entries = pod::part(pod::part(pod, "metadata"), part).as_object();
        let odd = entries
            .into_iter()
            .flatten()
            .filter(|(name, value)| !PARSED.contains(&name.as_str()) && value.as_str().is_some_and(is_odd));
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
    fn description(&self) -> String {
        match self {
            Self::Metadata { part, name } => format!("{} {name}", part.trim_end_matches('s')),
            Self::Variable { name } => format!("proxyMetadata {name}"),
        }
    }

    /// The path in the pod.
    fn path(&self) -> Path {
        let (part, name) = match self {
            Self::Metadata { part, name } => (*part, name.as_str()),
            Self::Variable { .. } => ("annotations", annotation::PROXY_CONFIG),
        };
        Path::of_keys(["metadata", part, name])
    }
}

/// The names of suspects, for messages.
fn description_of(suspects: &[Suspect]) -> String {
    let mut names: Vec<String> = suspects.iter().take(MAX_SINGLE).map(Suspect::description).collect();
    if suspects.len() > MAX_SINGLE {
        names.push(format!("{} more", suspects.len() - MAX_SINGLE));
    }
    names.join(", ")
}

/// The suspects that change more than their own place, for messages. `render` makes the overlays of harmless data.
pub(super) fn injecting(
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
        // The templates need these values.
        Err(_) => Ok(None),
    };
    let single = || {
        let mut injecting = Vec::new();
        for one in suspects.iter().take(MAX_SINGLE) {
            if changed(std::slice::from_ref(one))? == Some(true) {
                injecting.push(one.clone());
            }
        }
        Ok::<_, InjectError>(injecting)
    };
    Ok(match changed(suspects)? {
        Some(false) => None,
        Some(true) => {
            let single = single()?;
            // Several may only work together.
            Some(description_of(if single.is_empty() { suspects } else { &single }))
        }
        None => Some(single()?).filter(|single| !single.is_empty()).map(|single| description_of(&single)),
    })
}

/// The error for the suspects that make a template fail; `None` if it fails without them too.
pub(super) fn culprit(
    suspects: &[Suspect],
    (pod, config): (&Value, Option<&ProxyConfig>),
    render: impl Fn(&Substituted) -> Result<Vec<Value>, InjectError>,
) -> Option<InjectError> {
    let renders = |suspects: &[Suspect]| render(&substituted(suspects, pod, config)).is_ok();
    let single = suspects.iter().take(MAX_SINGLE).find(|one| renders(std::slice::from_ref(*one)));
    match single {
        Some(single) => Some(InjectError::TemplateInjection { what: single.description(), path: single.path() }),
        None => (!suspects.is_empty() && renders(suspects))
            .then(|| InjectError::TemplateInjection { what: description_of(suspects), path: Path::default() }),
    }
}

/// Whether two overlays are equal, except for strings that contain the harmless value in the second.
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
    fn only_strings_with_the_value_may_differ() {
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
    fn only_values_with_quotes_or_line_breaks_are_suspects() {
        let pod = json!({"metadata": {
            "annotations": {"a": "10.0.0.0/8,*", "b": "x\"y", annotation::PROXY_CONFIG: "a:\n  b: \"c\""},
            "labels": {"c": "d'", "e": null}
        }});
        let names: Vec<String> = suspects(&pod, None).iter().map(Suspect::description).collect();
        assert_eq!(names, ["annotation b", "label c"]);
    }
}
