//! Selects workloads by their kind, name, namespace and labels.

use std::collections::{HashMap, HashSet};

use crate::diagnostic::Diagnostic;
use crate::k8s::{KindNames, Kinds, LabelSelector, Object, stable_hash};
use crate::output::Reason;
use lossless_yaml::Tree;

/// A selection of workloads. An empty criterion selects all.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Selects by the labels of the workload.
    pub selector: Option<LabelSelector>,
    /// Selects by kind; the words are those that [`KindNames`] accepts.
    pub kinds: Words<KindNames>,
    /// Selects by name, or by kind and name (`deployment/web`).
    pub names: Words<Names>,
    /// Selects by namespace.
    pub namespaces: Words<HashSet<String>>,
    /// Selects a share of the workloads, from 0 to 100. Those of a smaller share are among those of a larger one.
    pub percent: Option<u8>,
    /// The namespace of documents without one.
    pub default_namespace: String,
}

/// The words of a criterion: in order, to quote them, and in a form `S` for fast lookups.
#[derive(Clone, Debug, Default)]
pub struct Words<S> {
    given: Vec<String>,
    set: S,
}

impl<S: FromIterator<String>> From<Vec<String>> for Words<S> {
    fn from(given: Vec<String>) -> Self {
        Self { set: given.iter().cloned().collect(), given }
    }
}

impl<S> Words<S> {
    /// Whether the criterion excludes an object: `is_in` looks it up in the words.
    fn leave_out(&self, is_in: impl FnOnce(&S) -> bool) -> bool {
        !self.given.is_empty() && !is_in(&self.set)
    }
}

/// Names of workloads, some of them with a kind.
#[derive(Clone, Debug, Default)]
pub struct Names {
    of_any_kind: HashSet<String>,
    /// The kinds of each name.
    of_kinds: HashMap<String, KindNames>,
}

impl FromIterator<String> for Names {
    fn from_iter<I: IntoIterator<Item = String>>(words: I) -> Self {
        let (mut of_any_kind, mut kinds) = (HashSet::new(), HashMap::<String, Vec<String>>::new());
        for word in words {
            match word.split_once('/') {
                Some((kind, name)) => kinds.entry(name.to_owned()).or_default().push(kind.to_owned()),
                None => drop(of_any_kind.insert(word)),
            }
        }
        let of_kinds = kinds.into_iter().map(|(name, kinds)| (name, kinds.into_iter().collect())).collect();
        Self { of_any_kind, of_kinds }
    }
}

impl Names {
    fn has(&self, object: &Object) -> bool {
        let is_of_kind = |kinds: &KindNames| kinds.has(&object.kind, object.group());
        self.of_any_kind.contains(&object.name) || self.of_kinds.get(&object.name).is_some_and(is_of_kind)
    }
}

impl Selection {
    /// The selection, or an error if it names a kind that is not among `kinds`.
    pub fn checked(self, kinds: &Kinds) -> Result<Self, Diagnostic> {
        let of_names = self.names.given.iter().filter_map(|name| Some(name.split_once('/')?.0.to_owned()));
        let of_names: Vec<String> = of_names.collect();
        let (flag, unknown) = match (kinds.first_unknown(&self.kinds.given), kinds.first_unknown(&of_names)) {
            (Some(unknown), _) => ("--kind", unknown),
            (None, Some(unknown)) => ("--name", unknown),
            (None, None) => return Ok(self),
        };
        let nearest = kinds.nearest(unknown).map(|kind| format!("did you mean {kind}? ")).unwrap_or_default();
        let hint = format!("{nearest}--known-crds and --pod-template-path add other kinds");
        Err(Diagnostic::usage(format!("{flag} {unknown}: unknown kind"), Some(hint)))
    }

    /// The namespace of `object`, or the default.
    pub fn namespace<'s>(&'s self, object: &'s Object) -> &'s str {
        object.namespace.as_deref().unwrap_or(&self.default_namespace)
    }

    /// The flags of the selection, with their values.
    pub fn limits(&self) -> Vec<String> {
        let named = [
            ("--kind", &self.kinds.given),
            ("--name", &self.names.given),
            ("--only-namespace", &self.namespaces.given),
        ];
        let named = named.into_iter().filter(|(_, values)| !values.is_empty());
        let selector = self.selector.iter().map(|_| "--selector".to_owned());
        let percent = self.percent.map(|percent| format!("--percent {percent}"));
        selector.chain(named.map(|(flag, values)| format!("{flag} {}", values.join(",")))).chain(percent).collect()
    }

    /// Why `object` is not selected; `None` if it is.
    pub fn leaves_out(&self, tree: &Tree<'_>, object: &Object) -> Option<Reason> {
        if self.kinds.leave_out(|kinds| kinds.has(&object.kind, object.group())) {
            Some(Reason::NotSelected { flag: "--kind" })
        } else if self.names.leave_out(|names| names.has(object)) {
            Some(Reason::NotSelected { flag: "--name" })
        } else if self.namespaces.leave_out(|namespaces| namespaces.contains(self.namespace(object))) {
            Some(Reason::NotSelected { flag: "--only-namespace" })
        } else if self.selector.as_ref().is_some_and(|s| !s.matches(&object.labels(tree))) {
            Some(Reason::NotSelected { flag: "--selector" })
        } else if self
            .percent
            .is_some_and(|percent| percentile([self.namespace(object), &object.kind, object.display_name()]) >= percent)
        {
            Some(Reason::NotSelected { flag: "--percent" })
        } else {
            None
        }
    }
}

/// A number from 0 to 99 for a workload, which depends only on its namespace, kind and name. It must never change, so that
/// later versions of the program select the same workloads.
fn percentile(workload: [&str; 3]) -> u8 {
    let hash = stable_hash(workload);
    // Its low bits are too similar for names that differ in the last letter.
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    u8::try_from(mixed % 100).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_a_workload_is_stable() {
        let numbers = ["web", "api", "db"].map(|name| percentile(["shop", "Deployment", name]));
        assert_eq!(numbers, [50, 54, 73]);
        assert_ne!(percentile(["a", "bc", "d"]), percentile(["ab", "c", "d"]));
    }

    #[test]
    fn a_share_has_about_that_many_workloads() {
        let names: Vec<String> = (0..10_000).map(|n| format!("web-{n}")).collect();
        for percent in [1, 10, 50, 90] {
            let chosen = names.iter().filter(|name| percentile(["shop", "Deployment", name]) < percent).count();
            let expected = usize::from(percent) * 100;
            assert!(chosen.abs_diff(expected) < 200, "{percent} %: {chosen}");
        }
    }
}
