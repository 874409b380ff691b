//! Names of kinds, as kubectl accepts them: in any case, in the plural, short names, and with a group or a version and
//! group as a suffix (`deployments.apps`, `deployments.v1.apps`).

use std::collections::{HashMap, HashSet};

use super::known_crds;

/// Short names of kinds (`kubectl api-resources`).
const SHORT_NAMES: [(&str, &str); 9] = [
    ("deploy", "Deployment"),
    ("sts", "StatefulSet"),
    ("ds", "DaemonSet"),
    ("rs", "ReplicaSet"),
    ("rc", "ReplicationController"),
    ("cj", "CronJob"),
    ("po", "Pod"),
    ("ro", "Rollout"),
    ("dc", "DeploymentConfig"),
];

/// Names of kinds that a user gives.
#[derive(Clone, Debug, Default)]
pub struct KindNames {
    /// The groups of each name in lower case; `None` if it may be of any group.
    by_name: HashMap<String, HashSet<Option<String>>>,
}

impl FromIterator<String> for KindNames {
    fn from_iter<I: IntoIterator<Item = String>>(words: I) -> Self {
        let mut by_name = HashMap::<_, HashSet<_>>::new();
        for word in words {
            let (name, groups) = name_and_groups(&word);
            by_name.entry(name).or_default().extend(groups);
        }
        Self { by_name }
    }
}

impl KindNames {
    /// Whether one of the names is that of `kind` in `group`.
    pub fn has(&self, kind: &str, group: &str) -> bool {
        let group = Some(group.to_ascii_lowercase());
        let mut groups = names_of(kind).filter_map(|name| self.by_name.get(&name));
        groups.any(|groups| groups.contains(&None) || groups.contains(&group))
    }
}

/// The first word that is not a name of one of the `known` kinds, which have a kind and a group.
pub(super) fn first_unknown<'k, 'w>(
    words: &'w [String],
    known: impl Iterator<Item = (&'k str, &'k str)>,
) -> Option<&'w str> {
    if words.is_empty() {
        return None;
    }
    let mut by_name = HashMap::<_, HashSet<_>>::new();
    for (kind, group) in known {
        for name in names_of(kind) {
            by_name.entry(name).or_default().insert(group.to_ascii_lowercase());
        }
    }
    let is_known = |word: &str| {
        let (name, groups) = name_and_groups(word);
        let is_of = |known: &HashSet<_>| groups.iter().any(|of| of.as_ref().is_none_or(|group| known.contains(group)));
        by_name.get(&name).is_some_and(is_of)
    };
    words.iter().map(String::as_str).find(|word| !is_known(word))
}

/// The name in a word, and the groups that its suffix may mean, in lower case.
fn name_and_groups(word: &str) -> (String, Vec<Option<String>>) {
    let Some((name, suffix)) = word.split_once('.') else { return (word.to_ascii_lowercase(), vec![None]) };
    let is_version = |text: &str| text.starts_with('v') && text.chars().nth(1).is_some_and(|c| c.is_ascii_digit());
    let behind_version = suffix.split_once('.').filter(|(version, _)| is_version(version)).map(|(_, group)| group);
    let groups = std::iter::once(suffix).chain(behind_version).map(|group| Some(group.to_ascii_lowercase()));
    (name.to_ascii_lowercase(), groups.collect())
}

/// The names of a kind in lower case: singular, plural and short.
fn names_of(kind: &str) -> impl Iterator<Item = String> {
    let singular = kind.to_ascii_lowercase();
    let plural = singular.clone() + if kind.ends_with("ch") || kind.ends_with('s') { "es" } else { "s" };
    let short = SHORT_NAMES.iter().chain(&known_crds::SHORT_NAMES).filter(move |(_, long)| *long == kind);
    [singular, plural].into_iter().chain(short.map(|(short, _)| short.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_kind(word: &str, kind: &str, group: &str) -> bool {
        let names = KindNames::from_iter(["others".to_owned(), word.to_owned()]);
        let is_known = first_unknown(&[word.to_owned()], [("Other", "a"), (kind, group)].into_iter()).is_none();
        assert_eq!(names.has(kind, group), is_known, "{word}");
        is_known
    }

    #[test]
    fn kinds_have_the_names_that_kubectl_accepts() {
        for word in ["DaemonSet", "daemonset", "daemonsets", "ds", "DS", "daemonset.apps", "DS.Apps", "ds.v1.apps"] {
            assert!(names_kind(word, "DaemonSet", "apps"), "{word}");
        }
        for word in ["", "s", "daemonsetss", "daemonsetes", "rs", "daemon", "ds.", "ds.batch", "ds.x.apps", "ds.v1"] {
            assert!(!names_kind(word, "DaemonSet", "apps"), "{word}");
        }
        assert!(names_kind("elasticsearches", "Elasticsearch", "elasticsearch.k8s.elastic.co"));
        assert!(names_kind("pods", "Pod", "") && names_kind("po.", "Pod", ""));
    }
}
