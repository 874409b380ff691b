//! Label selectors as in kubectl: `app=web,tier!=cache,env in (a, b),!legacy` (Kubernetes documentation,
//! "Labels and Selectors").

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

/// A label selector, with requirements that must all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelSelector(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    /// Whether the value must be one of `values` (or, without values, the key present) or must not.
    wanted: bool,
    values: HashSet<String>,
}

/// A text is not a label selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a label selector (expected app=web, app!=web, app in (web, api), app or !app)")]
pub struct SelectorError(String);

impl FromStr for LabelSelector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        let wrong = || SelectorError(text.to_owned());
        split(text).map(|part| requirement(part.trim()).ok_or_else(wrong)).collect::<Result<_, _>>().map(Self)
    }
}

/// Splits at the commas outside of parentheses.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    text.split(move |c| {
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        c == ',' && depth == 0
    })
}

fn requirement(part: &str) -> Option<Requirement> {
    let key = |key: &str| {
        let key = key.trim();
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        (!key.is_empty() && key.chars().all(is_name)).then(|| key.to_owned())
    };
    if let Some(rest) = part.strip_prefix('!') {
        return Some(Requirement { key: key(rest)?, wanted: false, values: HashSet::new() });
    }
    if let Some(list) = part.strip_suffix(')') {
        let (name, list) = list.split_once('(')?;
        let name = name.trim();
        let (name, wanted) = match name.strip_suffix(" notin") {
            Some(name) => (name, false),
            None => (name.strip_suffix(" in")?, true),
        };
        let values = list.split(',').map(|v| v.trim().to_owned()).collect();
        return Some(Requirement { key: key(name)?, wanted, values });
    }
    let (name, value, wanted) = match part.split_once("!=") {
        Some((name, value)) => (name, Some(value), false),
        None => match part.split_once("==").or_else(|| part.split_once('=')) {
            Some((name, value)) => (name, Some(value), true),
            None => (part, None, true),
        },
    };
    Some(Requirement { key: key(name)?, wanted, values: value.map(|v| v.trim().to_owned()).into_iter().collect() })
}

/// A requirement as API objects have it (`metav1.LabelSelectorRequirement`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchExpression<'s> {
    /// The label's name.
    pub key: &'s str,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: &'static str,
    /// The values, sorted; none for `Exists` and `DoesNotExist`.
    pub values: Vec<&'s str>,
}

impl fmt::Display for MatchExpression<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, operator, values } = self;
        match (*operator, &values[..]) {
            ("In", [value]) => write!(f, "{key}={value}"),
            ("NotIn", [value]) => write!(f, "{key}!={value}"),
            ("In", values) => write!(f, "{key} in ({})", values.join(",")),
            ("NotIn", values) => write!(f, "{key} notin ({})", values.join(",")),
            ("Exists", _) => write!(f, "{key}"),
            _ => write!(f, "!{key}"),
        }
    }
}

impl fmt::Display for LabelSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, expression) in self.match_expressions().enumerate() {
            write!(f, "{}{expression}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl LabelSelector {
    /// The requirements as API objects have them.
    pub fn match_expressions(&self) -> impl Iterator<Item = MatchExpression<'_>> {
        self.0.iter().map(|Requirement { key, wanted, values }| {
            let operator = match (wanted, values.is_empty()) {
                (true, false) => "In",
                (false, false) => "NotIn",
                (true, true) => "Exists",
                (false, true) => "DoesNotExist",
            };
            let mut values: Vec<&str> = values.iter().map(String::as_str).collect();
            values.sort_unstable();
            MatchExpression { key, operator, values }
        })
    }

    /// Whether an object with these labels is selected.
    pub fn matches(&self, labels: &[(String, String)]) -> bool {
        self.0.iter().all(|requirement| {
            let value = labels.iter().find(|(key, _)| *key == requirement.key).map(|(_, value)| value);
            let found = value.is_some_and(|v| requirement.values.is_empty() || requirement.values.contains(v));
            found == requirement.wanted
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(selector: &str, labels: &[(&str, &str)]) -> bool {
        let labels: Vec<_> = labels.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect();
        selector.parse::<LabelSelector>().unwrap().matches(&labels)
    }

    #[test]
    fn requirements_match_as_in_kubectl() {
        let web = [("app", "web"), ("env", "prod")];
        for selector in ["app=web", "app==web", "app", "app!=api", "tier!=cache", "!tier", "app in (api, web),env=prod"]
        {
            assert!(matches(selector, &web), "{selector}");
        }
        for selector in ["app=api", "app!=web", "!app", "tier", "app notin (web)", "app=web,env=test"] {
            assert!(!matches(selector, &web), "{selector}");
        }
    }

    #[test]
    fn requirements_become_match_expressions() {
        let selector: LabelSelector = "app=web,tier!=cache,env in (test, prod),!legacy,team".parse().unwrap();
        let expressions: Vec<_> =
            selector.match_expressions().map(|one| (one.key, one.operator, one.values.join(" "))).collect();
        let text = |text: &str| text.to_owned();
        let expected = [
            ("app", "In", text("web")),
            ("tier", "NotIn", text("cache")),
            ("env", "In", text("prod test")),
            ("legacy", "DoesNotExist", text("")),
            ("team", "Exists", text("")),
        ];
        assert_eq!(expressions, expected);
        assert_eq!(selector.to_string(), "app=web,tier!=cache,env in (prod,test),!legacy,team");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "=web", "app in web", "app in (web", "a b=c", "app=web,"] {
            assert!(text.parse::<LabelSelector>().is_err(), "{text}");
        }
    }
}
