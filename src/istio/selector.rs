//! Label selectors of the injector's configuration (`metav1.LabelSelector`).

use std::collections::HashSet;

use serde_json::Value;

/// A label selector. As in the injector, an empty or malformed selector matches nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    requirements: Vec<Requirement>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Operator {
    In(HashSet<String>),
    NotIn(HashSet<String>),
    Exists,
    DoesNotExist,
}

impl Selector {
    /// Reads a selector; a malformed one matches nothing.
    pub fn from_value(value: &Value) -> Self {
        Self { requirements: read(value).unwrap_or_default() }
    }

    /// Whether a pod matches. `label` returns the value of a label.
    pub fn matches<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        !self.requirements.is_empty()
            && self.requirements.iter().all(|Requirement { key, operator }| {
                let value = label(key);
                let listed = |values: &HashSet<String>| value.is_some_and(|value| values.contains(value));
                match operator {
                    Operator::In(values) => listed(values),
                    Operator::NotIn(values) => !listed(values),
                    Operator::Exists => value.is_some(),
                    Operator::DoesNotExist => value.is_none(),
                }
            })
    }

    /// A label that all selected objects have, and the values of which it must have one; none if there is no such label.
    pub(super) fn required_label(&self) -> Option<(&str, &HashSet<String>)> {
        self.requirements.iter().find_map(|requirement| match &requirement.operator {
            Operator::In(values) => Some((requirement.key.as_str(), values)),
            _ => None,
        })
    }
}

fn read(value: &Value) -> Option<Vec<Requirement>> {
    let mut requirements = Vec::new();
    for (key, value) in value.get("matchLabels").and_then(Value::as_object).into_iter().flatten() {
        let operator = Operator::In(HashSet::from([value.as_str()?.to_owned()]));
        requirements.push(Requirement { key: key.clone(), operator });
    }
    for expression in value.get("matchExpressions").and_then(Value::as_array).into_iter().flatten() {
        let key = expression.get("key")?.as_str()?.to_owned();
        let values = expression.get("values").and_then(Value::as_array);
        let values =
            values.into_iter().flatten().map(|v| v.as_str().map(str::to_owned)).collect::<Option<HashSet<_>>>()?;
        let operator = match (expression.get("operator")?.as_str()?, values.is_empty()) {
            ("In", false) => Operator::In(values),
            ("NotIn", false) => Operator::NotIn(values),
            ("Exists", true) => Operator::Exists,
            ("DoesNotExist", true) => Operator::DoesNotExist,
            _ => return None,
        };
        requirements.push(Requirement { key, operator });
    }
    Some(requirements)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn all_requirements_must_hold() {
        let labels = |key: &str| (key == "app").then_some("web");
        let matches = |value: Value| Selector::from_value(&value).matches(labels);
        assert!(matches(json!({"matchLabels": {"app": "web"}})));
        assert!(matches(json!({"matchExpressions": [{"key": "x", "operator": "DoesNotExist"}]})));
        assert!(matches(json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "web"]}]})));
        assert!(!matches(json!({"matchLabels": {"app": "web", "x": "y"}})));
        assert!(!matches(json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]})));
    }

    #[test]
    fn empty_and_malformed_selectors_match_nothing() {
        for value in [json!({}), json!({"matchExpressions": [{"key": "app", "operator": "Near"}]}), json!([])] {
            assert!(!Selector::from_value(&value).matches(|_| Some("web")), "{value}");
        }
    }
}
