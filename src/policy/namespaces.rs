//! The namespaces of a policy.

use std::collections::BTreeSet;

use super::PolicyError;
use crate::istio::names::label::NAMESPACE_NAME;
use crate::istio::names::{IGNORED_NAMESPACES, MESH_NAMESPACES};
use crate::k8s::{LabelSelector, MatchExpression, shell_word, stable_hash};

/// The namespaces that a binding selects. System namespaces and those of the mesh are excluded by the policy itself.
#[derive(Clone, Debug)]
pub enum NamespaceChoice {
    /// These.
    Names(BTreeSet<String>),
    /// Those with labels that match a selector.
    Selector(LabelSelector),
    /// All.
    All,
}

/// A requirement of a `namespaceSelector`.
pub(super) struct Requirement {
    pub(super) key: String,
    pub(super) operator: &'static str,
    pub(super) values: Vec<String>,
}

impl NamespaceChoice {
    /// Checks that the API server will accept the selection, and that it is not about excluded namespaces.
    pub(super) fn check(&self, excluded: &BTreeSet<String>) -> Result<(), PolicyError> {
        match self {
            Self::Names(names) => names.iter().try_for_each(|name| {
                if excluded.contains(name) {
                    Err(PolicyError::ExcludedNamespace(name.clone()))
                } else if is_dns_label(name) {
                    Ok(())
                } else {
                    Err(PolicyError::InvalidNamespace(name.clone()))
                }
            }),
            Self::Selector(selector) => {
                let is_valid = selector.match_expressions().all(|one| {
                    is_label_key(one.key) && one.values.iter().all(|value| value.is_empty() || is_label_name(value))
                });
                is_valid.then_some(()).ok_or_else(|| PolicyError::InvalidSelector(selector.to_string()))
            }
            Self::All => Ok(()),
        }
    }

    /// What the binding requires of namespaces; empty for all.
    pub(super) fn requirements(&self) -> Vec<Requirement> {
        match self {
            Self::Names(names) => vec![Requirement {
                key: NAMESPACE_NAME.to_owned(),
                operator: "In",
                values: names.iter().cloned().collect(),
            }],
            Self::Selector(selector) => {
                let requirement = |one: MatchExpression<'_>| Requirement {
                    key: one.key.to_owned(),
                    operator: one.operator,
                    values: one.values.into_iter().map(str::to_owned).collect(),
                };
                selector.match_expressions().map(requirement).collect()
            }
            Self::All => Vec::new(),
        }
    }

    /// The flag of the command line.
    pub(super) fn flag(&self) -> String {
        match self {
            Self::Names(names) => names.iter().map(|name| format!("-n {name}")).collect::<Vec<_>>().join(" "),
            Self::Selector(selector) => format!("--namespace-selector {}", shell_word(&selector.to_string())),
            Self::All => "--all-namespaces".to_owned(),
        }
    }

    /// The end of a sentence about what happens in them.
    pub(super) fn phrase(&self) -> String {
        match self {
            Self::Names(names) if names.len() == 1 => {
                format!("namespace {}", names.iter().cloned().collect::<String>())
            }
            Self::Names(names) => format!("namespaces {}", names.iter().cloned().collect::<Vec<_>>().join(", ")),
            Self::Selector(selector) => format!("namespaces with labels {selector}"),
            Self::All => "all namespaces".to_owned(),
        }
    }

    /// What distinguishes a binding from those for other namespaces: a part of its name; empty for all.
    pub(super) fn suffix(&self) -> String {
        const MAX: usize = 100;
        match self {
            Self::Names(names) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let joined = names.join(".");
                if joined.len() <= MAX {
                    format!(".{joined}")
                } else {
                    format!(".{}-namespaces-{}", names.len(), short_hash(names))
                }
            }
            // Different selectors may consist of the same words.
            Self::Selector(selector) => {
                let text = selector.to_string();
                let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
                let words = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
                let words = words.get(..words.len().min(40)).unwrap_or_default();
                format!(".{}-{}", words.trim_end_matches('-'), short_hash([text.as_str()]))
            }
            Self::All => String::new(),
        }
    }
}

/// A short hash for names.
pub(super) fn short_hash<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    format!("{:08x}", stable_hash(texts) & 0xffff_ffff)
}

/// The namespaces that no policy is about: Kubernetes' own and, besides the usual ones of a mesh, those of this mesh.
pub(super) fn excluded(of_mesh: &BTreeSet<String>) -> BTreeSet<String> {
    let usual = IGNORED_NAMESPACES.iter().chain(&MESH_NAMESPACES).map(|name| (*name).to_owned());
    usual.chain(of_mesh.iter().cloned()).collect()
}

/// Whether a text is the name of a namespace, or a part of a domain name (RFC 1123).
pub(super) fn is_dns_label(text: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&text.len()) && text.chars().all(is_inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// Whether a text is the name of a label without its prefix, or a value that is not empty.
fn is_label_name(text: &str) -> bool {
    let is_end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let is_inner = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    text.len() <= 63 && is_end(text.chars().next()) && is_end(text.chars().last()) && text.chars().all(is_inner)
}

fn is_label_key(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => prefix.len() <= 253 && prefix.split('.').all(is_dns_label) && is_label_name(name),
        None => is_label_name(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selector(text: &str) -> NamespaceChoice {
        NamespaceChoice::Selector(text.parse().unwrap())
    }

    fn names(names: &[&str]) -> NamespaceChoice {
        NamespaceChoice::Names(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn names_and_labels_that_the_server_refuses_are_refused() {
        let none = BTreeSet::new();
        for good in [names(&["shop", "a-1"]), selector("example.com/team in (data, ml),!x,tier!=")] {
            assert!(good.check(&none).is_ok(), "{good:?}");
        }
        let long = "a".repeat(64);
        for bad in
            [names(&["Shop"]), names(&[""]), names(&["-a"]), names(&[&long]), selector("a=b c"), selector("-a=b")]
        {
            assert!(bad.check(&none).is_err(), "{bad:?}");
        }
        assert!(names(&["kube-system"]).check(&excluded(&none)).is_err());
        assert!(names(&["mesh"]).check(&excluded(&BTreeSet::from(["mesh".to_owned()]))).is_err());
    }

    #[test]
    fn different_namespaces_have_different_suffixes() {
        let many: Vec<String> = (0..30).map(|number| format!("team-{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let choices = [
            names(&["shop"]),
            names(&["shop", "team-data"]),
            names(&many),
            names(&many[1..]),
            selector("team=data"),
            selector("team!=data"),
            selector("team notin (data,ml)"),
            selector("!team-data"),
            NamespaceChoice::All,
        ];
        let suffixes: BTreeSet<String> = choices.iter().map(NamespaceChoice::suffix).collect();
        assert_eq!(suffixes.len(), choices.len(), "{suffixes:?}");
        assert!(suffixes.iter().all(|suffix| suffix.len() < 120), "{suffixes:?}");
    }
}
