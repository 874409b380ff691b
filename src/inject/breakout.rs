//! Annotations and labels that reach beyond the place a mesh's own template gives them.
//!
//! Templates put values into YAML as text, mostly between double quotes and without escaping them. A value with a quote
//! or a line break can end its place and say more: another argument, a privileged container. Istio's releases differ in
//! what they check. So where a value could do that, the template is rendered once more with a harmless value in its
//! place: all that does not hold the value must come out the same.

use serde_json::Value;

use super::error::InjectError;
use super::pod;
use crate::istio::names::annotation;

/// Stands for a value; nothing that a template holds is like it.
const HARMLESS: &str = "zzHarmlessValuezz";

/// Annotations whose text is JSON or YAML, which templates and istiod read before they use what is in it.
const READ: [&str; 6] = [
    annotation::STATUS,
    annotation::OVERRIDES,
    annotation::PROXY_CONFIG,
    annotation::USER_VOLUME,
    annotation::USER_VOLUME_MOUNT,
    annotation::CNI_NETWORKS,
];

/// A label or annotation by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Suspect {
    part: &'static str,
    name: String,
}

/// The values of a pod that could end their place early.
pub(super) fn suspects(pod: &Value) -> Vec<Suspect> {
    let of_part = |part: &'static str| {
        let entries = pod::part(pod::part(pod, "metadata"), part).as_object();
        let odd = entries.into_iter().flatten().filter(|(name, value)| {
            !READ.contains(&name.as_str())
                && value.as_str().is_some_and(|text| text.contains(['"', '\'', '\n', '\r', '\\']))
        });
        odd.map(move |(name, _)| Suspect { part, name: name.clone() })
    };
    of_part("annotations").chain(of_part("labels")).collect()
}

impl Suspect {
    /// The pod with a harmless value in the place of this one.
    fn disarmed(&self, pod: &Value) -> Value {
        let mut pod = pod.clone();
        let value = pod.get_mut("metadata").and_then(|metadata| metadata.get_mut(self.part)?.get_mut(&self.name));
        if let Some(value) = value {
            *value = HARMLESS.into();
        }
        pod
    }

    fn described(&self) -> String {
        format!("{} {}", self.part.trim_end_matches('s'), self.name)
    }
}

/// What reaches beyond its place, of the suspects, as people name it. `render` makes the overlays of a pod.
pub(super) fn found(
    suspects: &[Suspect],
    pod: &Value,
    overlays: &[Value],
    render: impl Fn(&Value) -> Result<Vec<Value>, InjectError>,
) -> Vec<String> {
    let reaches = |suspect: &&Suspect| match render(&suspect.disarmed(pod)) {
        Ok(harmless) => !same_but_for_values(&Value::from(overlays), &Value::from(harmless)),
        // Without it the template fails: it makes use of what the value says.
        Err(_) => false,
    };
    suspects.iter().filter(reaches).map(Suspect::described).collect()
}

/// The suspect for which a template fails, if it is one: without it, it does not.
pub(super) fn culprit(
    suspects: &[Suspect],
    pod: &Value,
    render: impl Fn(&Value) -> Result<Vec<Value>, InjectError>,
) -> Option<String> {
    suspects.iter().find(|suspect| render(&suspect.disarmed(pod)).is_ok()).map(Suspect::described)
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
        let names: Vec<String> = suspects(&pod).iter().map(Suspect::described).collect();
        assert_eq!(names, ["annotation b", "label c"]);
    }
}
