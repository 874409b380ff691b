//! Kinds and the paths of their pod templates (Kubernetes API reference; Argo Rollouts; `OpenShift` API reference), and
//! kinds that the user adds.

use std::borrow::Cow;

use super::api_group::group;
use super::kind_names;
use super::known_crds::{self, PodOrigin};
use super::renderers;
use super::template_path::{PatternStep, TemplatePath};
use crate::diagnostic::nearest_ignoring_case;

/// A built-in kind.
struct BuiltIn {
    kind: &'static str,
    /// The `apiVersion`s with the kind, the current one first.
    versions: &'static [&'static str],
    /// The path of the pod template; empty for a Pod.
    path: &'static [PatternStep],
}

const fn key(key: &'static str) -> PatternStep {
    PatternStep::Key(Cow::Borrowed(key))
}

const TEMPLATE: &[PatternStep] = &[key("spec"), key("template")];
const JOB_TEMPLATE: &[PatternStep] = &[key("spec"), key("jobTemplate"), key("spec"), key("template")];
const APPS: &[&str] = &["apps/v1", "apps/v1beta2", "apps/v1beta1", "extensions/v1beta1"];

const BUILT_IN: [BuiltIn; 11] = [
    BuiltIn { kind: "Deployment", versions: APPS, path: TEMPLATE },
    BuiltIn { kind: "StatefulSet", versions: APPS, path: TEMPLATE },
    BuiltIn { kind: "DaemonSet", versions: APPS, path: TEMPLATE },
    BuiltIn { kind: "ReplicaSet", versions: APPS, path: TEMPLATE },
    BuiltIn { kind: "ReplicationController", versions: &["v1"], path: TEMPLATE },
    BuiltIn { kind: "Job", versions: &["batch/v1", "extensions/v1beta1"], path: TEMPLATE },
    BuiltIn { kind: "CronJob", versions: &["batch/v1", "batch/v1beta1", "batch/v2alpha1"], path: JOB_TEMPLATE },
    BuiltIn { kind: "Pod", versions: &["v1"], path: &[] },
    BuiltIn { kind: "PodTemplate", versions: &["v1"], path: &[key("template")] },
    BuiltIn { kind: "Rollout", versions: &["argoproj.io/v1alpha1"], path: TEMPLATE },
    BuiltIn { kind: "DeploymentConfig", versions: &["apps.openshift.io/v1", "v1"], path: TEMPLATE },
];

/// An added kind.
#[derive(Clone, Debug)]
struct Added {
    path: TemplatePath,
    origin: PodOrigin,
    /// Whether it is a known custom kind rather than the user's.
    is_known_crd: bool,
}

/// The kinds with known paths of pod templates.
#[derive(Clone, Debug, Default)]
pub struct Kinds {
    added: Vec<Added>,
    /// The number of kinds that are given for this run, which are expected to match something.
    given: usize,
}

/// A path to the template or metadata of pods.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route<'k> {
    pub steps: &'k [PatternStep],
    pub origin: PodOrigin,
    /// The index among the added paths.
    pub added: Option<usize>,
    /// Whether it is for a known custom kind.
    pub is_known_crd: bool,
}

impl<'k> Route<'k> {
    /// The path to the mapping that contains the metadata of pods, and the key of the metadata if it is not `metadata`.
    pub(super) fn to_parent(self) -> (Self, Option<&'k str>) {
        match self.steps.split_last() {
            Some((PatternStep::Key(key), steps)) if self.origin != PodOrigin::Template => {
                (Self { steps, ..self }, Some(key.as_ref()))
            }
            _ => (self, None),
        }
    }
}

impl Kinds {
    /// The built-in kinds, and those of the `given` paths, which are expected to match something.
    pub fn given_by(given: Vec<TemplatePath>) -> Self {
        let mut kinds = Self { added: Vec::new(), given: given.len() };
        for path in given {
            kinds.add(path);
        }
        kinds
    }

    /// Adds a path, which may match nothing.
    pub fn add(&mut self, path: TemplatePath) {
        self.added.push(Added { path, origin: PodOrigin::Template, is_known_crd: false });
    }

    /// Adds the known custom kinds for which no path was added before.
    pub fn add_known_crds(&mut self) {
        let given = std::mem::take(&mut self.added);
        let is_given = |(group, kind): (&str, &str)| given.iter().any(|given| given.path.is_of(group, kind));
        let known = known_crds::paths().filter(|(path, _)| !is_given((&path.group, &path.kind)));
        let known: Vec<_> = known.map(|(path, origin)| Added { path, origin, is_known_crd: true }).collect();
        self.added = given.into_iter().chain(known).collect();
    }

    /// The paths that are expected to match something, with their indices.
    pub fn given(&self) -> impl Iterator<Item = (usize, &TemplatePath)> {
        self.added.iter().take(self.given).map(|added| &added.path).enumerate()
    }

    /// The names of the built-in kinds.
    pub fn built_in() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|built_in| built_in.kind)
    }

    /// Whether an object matters even if it does not contain containers: its kind is known, or workloads are rendered
    /// from it.
    pub(super) fn matters(&self, api_version: &str, kind: &str) -> bool {
        let group = group(api_version);
        !self.routes(api_version, kind).is_empty() || known_crds::has(group, kind) || renderers::has(group, kind)
    }

    /// The first word that is not a name of a known kind; see [`KindNames`].
    pub fn first_unknown<'w>(&self, words: &'w [String]) -> Option<&'w str> {
        kind_names::first_unknown(words, self.all())
    }

    /// The known kind with the name that is most similar to `word`.
    pub fn nearest(&self, word: &str) -> Option<&str> {
        let word = word.split_once('.').map_or(word, |(kind, _)| kind);
        nearest_ignoring_case(word, self.all().map(|(kind, _)| kind))
    }

    /// All known kinds with their groups.
    fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        let built_in = BUILT_IN.iter().flat_map(|b| b.versions.iter().map(|version| (b.kind, group(version))));
        built_in.chain(self.added.iter().map(|added| (added.path.kind.as_str(), added.path.group.as_str())))
    }

    /// The paths to the pod templates of an object; empty if its kind is unknown.
    pub(super) fn routes(&self, api_version: &str, kind: &str) -> Vec<Route<'_>> {
        let group = group(api_version);
        let added = self.added.iter().enumerate().filter(|(_, added)| added.path.is_of(group, kind));
        let added = added.map(|(index, added)| Route {
            steps: &added.path.path.0,
            origin: added.origin,
            added: Some(index),
            is_known_crd: added.is_known_crd,
        });
        let added: Vec<_> = added.collect();
        if !added.is_empty() {
            return added;
        }
        let built_in = BUILT_IN.iter().find(|b| b.kind == kind && b.versions.contains(&api_version));
        built_in
            .map(|b| Route { steps: b.path, origin: PodOrigin::Template, added: None, is_known_crd: false })
            .into_iter()
            .collect()
    }
}

/// The built-in kind, with its current `apiVersion`, that an object is probably meant to be if its `apiVersion` does
/// not have its `kind`. Groups with a dot belong to other projects, which may use any kind.
pub(super) fn intended_kind(api_version: Option<&str>, kind: &str) -> Option<(&'static str, &'static str)> {
    let has_own_kinds = |b: &BuiltIn, group: &str| group.contains('.') && !b.groups().any(|own| own == group);
    let meant = BUILT_IN.iter().find(|b| b.kind.eq_ignore_ascii_case(kind))?;
    if api_version.is_some_and(|version| has_own_kinds(meant, group(version))) {
        return None;
    }
    Some((meant.kind, *meant.versions.first()?))
}

impl BuiltIn {
    fn groups(&self) -> impl Iterator<Item = &'static str> {
        self.versions.iter().map(|version| group(version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_have_a_nearest_kind() {
        let kinds = Kinds::given_by(vec!["CloneSet.apps.kruise.io=spec.template".parse().unwrap()]);
        for word in ["Deploymnt", "deploymetn", "Deployment.app"] {
            assert_eq!(kinds.first_unknown(&["ds".to_owned(), word.to_owned()]), Some(word));
            assert_eq!(kinds.nearest(word), Some("Deployment"));
        }
        assert_eq!(kinds.nearest("clonset"), Some("CloneSet"));
        let added = ["clonesets", "CloneSet.apps.kruise.io"].map(str::to_owned);
        assert_eq!(kinds.first_unknown(&added), None);
        assert_eq!(Kinds::default().first_unknown(&added), Some("clonesets"));
    }

    #[test]
    fn versions_distinguish_kinds_of_the_same_name() {
        let kinds = Kinds::default();
        let count = |api_version, kind| kinds.routes(api_version, kind).len();
        assert_eq!(count("apps/v1beta2", "Deployment"), 1);
        assert_eq!(count("v1", "DeploymentConfig"), 1);
        for (api_version, kind) in [("v1", "Deployment"), ("apps/v2", "Deployment"), ("kubeflow.org/v1", "Job")] {
            assert_eq!(count(api_version, kind), 0, "{api_version} {kind}");
        }
    }

    #[test]
    fn wrong_versions_of_built_in_kinds_differ_from_kinds_of_other_groups() {
        let deployment = Some(("Deployment", "apps/v1"));
        for version in [None, Some("v1"), Some("apps"), Some("app/v1"), Some("batch/v1"), Some("apps/v2"), Some("")] {
            assert_eq!(intended_kind(version, "Deployment"), deployment, "{version:?}");
        }
        assert_eq!(intended_kind(Some("apps/v1"), "deployment"), deployment);
        assert_eq!(intended_kind(Some("argoproj.io/v1"), "Rollout"), Some(("Rollout", "argoproj.io/v1alpha1")));
        assert_eq!(intended_kind(Some("batch.volcano.sh/v1alpha1"), "Job"), None);
        assert_eq!(intended_kind(None, "CloneSet"), None);
    }

    #[test]
    fn several_paths_can_be_added_for_a_kind() {
        let added = ["Master", "Worker"].map(|name| format!("A.b.c=spec.{name}.template").parse().unwrap());
        let kinds = Kinds::given_by(added.into());
        assert_eq!(kinds.routes("b.c/v1", "A").len(), 2);
        assert!(kinds.routes("b/v1", "A").is_empty());
    }
}
