//! The table of kinds: group and kind to the path of the pod template (Kubernetes API reference; Argo Rollouts;
//! `OpenShift` API reference), and kinds that the user adds.

use std::str::FromStr;

/// Kinds built in: the API groups that have them, the kind, and where its pod template is. A bare Pod is its own.
const BUILT_IN: [(&[&str], &str, &[&str]); 11] = [
    (&["apps", "extensions"], "Deployment", &["spec", "template"]),
    (&["apps", "extensions"], "StatefulSet", &["spec", "template"]),
    (&["apps", "extensions"], "DaemonSet", &["spec", "template"]),
    (&["apps", "extensions"], "ReplicaSet", &["spec", "template"]),
    (&[""], "ReplicationController", &["spec", "template"]),
    (&["batch"], "Job", &["spec", "template"]),
    (&["batch"], "CronJob", &["spec", "jobTemplate", "spec", "template"]),
    (&[""], "Pod", &[]),
    (&[""], "PodTemplate", &["template"]),
    (&["argoproj.io"], "Rollout", &["spec", "template"]),
    (&["apps.openshift.io", ""], "DeploymentConfig", &["spec", "template"]),
];

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

/// A kind that the user added: `KIND.GROUP=PATH`, as in `Service.serving.knative.dev=spec.template`. A `[*]` in the
/// path stands for every item of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplatePath {
    /// The kind.
    pub kind: String,
    /// Its API group; empty for the core group.
    pub group: String,
    /// Keys from the object to the pod template; `*` for the items of a list.
    pub path: Vec<String>,
}

/// Why a text is no [`TemplatePath`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not of the form KIND.GROUP=PATH, as in Service.serving.knative.dev=spec.template")]
pub struct KindError(String);

impl FromStr for TemplatePath {
    type Err = KindError;

    fn from_str(text: &str) -> Result<Self, KindError> {
        let wrong = || KindError(text.to_owned());
        let (name, path) = text.split_once('=').ok_or_else(wrong)?;
        let (kind, group) = name.split_once('.').unwrap_or((name, ""));
        let path: Vec<String> = path.replace("[*]", ".*").split('.').map(str::to_owned).collect();
        let named = !kind.is_empty() && kind.chars().all(|c| c.is_ascii_alphanumeric());
        if !named || path.iter().any(String::is_empty) {
            return Err(wrong());
        }
        Ok(Self { kind: kind.to_owned(), group: group.to_owned(), path })
    }
}

/// The kinds whose pod templates are known.
#[derive(Clone, Debug, Default)]
pub struct Kinds {
    added: Vec<TemplatePath>,
}

impl Kinds {
    /// The kinds built in, and `added`.
    pub fn with(added: Vec<TemplatePath>) -> Self {
        Self { added }
    }

    /// The names of the kinds built in.
    pub fn built_in() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(_, kind, _)| *kind)
    }

    /// The paths to pod templates of an object; none if its kind is not known.
    pub(super) fn paths(&self, api_version: &str, kind: &str) -> Vec<Vec<&str>> {
        let group = group(api_version);
        let added = self.added.iter().filter(|a| a.kind == kind && a.group == group);
        let added: Vec<Vec<&str>> = added.map(|a| a.path.iter().map(String::as_str).collect()).collect();
        if !added.is_empty() {
            return added;
        }
        BUILT_IN
            .iter()
            .filter(|(groups, name, _)| *name == kind && groups.contains(&group))
            .map(|(_, _, path)| path.to_vec())
            .collect()
    }
}

/// Whether `word` names `kind`, as kubectl takes it: in any case, in the plural, or by its short name.
pub fn names_kind(word: &str, kind: &str) -> bool {
    let plural_of = word.strip_suffix(['s', 'S']).unwrap_or(word);
    word.eq_ignore_ascii_case(kind)
        || plural_of.eq_ignore_ascii_case(kind)
        || SHORT_NAMES.iter().any(|(short, long)| *long == kind && word.eq_ignore_ascii_case(short))
}

/// The API group of an `apiVersion`: what stands before the slash.
pub(super) fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_go_by_the_names_that_kubectl_takes() {
        for word in ["DaemonSet", "daemonset", "daemonsets", "ds", "DS"] {
            assert!(names_kind(word, "DaemonSet"), "{word}");
        }
        for word in ["", "s", "daemonsetss", "rs", "daemon"] {
            assert!(!names_kind(word, "DaemonSet"), "{word}");
        }
    }

    #[test]
    fn groups_tell_kinds_of_the_same_name_apart() {
        let kinds = Kinds::default();
        assert_eq!(kinds.paths("apps/v1beta2", "Deployment"), [["spec", "template"]]);
        assert!(kinds.paths("v1", "Deployment").is_empty());
        assert!(kinds.paths("kubeflow.org/v1", "Job").is_empty());
        assert_eq!(kinds.paths("v1", "DeploymentConfig").len(), 1);
    }

    #[test]
    fn a_user_adds_kinds_by_their_path() {
        let added: TemplatePath = "CloneSet.apps.kruise.io=spec.template".parse().unwrap();
        let kinds = Kinds::with(vec![added]);
        assert_eq!(kinds.paths("apps.kruise.io/v1alpha1", "CloneSet"), [["spec", "template"]]);
        let list: TemplatePath = "Template.template.openshift.io=objects[*].spec.template".parse().unwrap();
        assert_eq!(list.path, ["objects", "*", "spec", "template"]);
        for wrong in ["CloneSet", "=spec", "A.b=", "A.b=spec..template", ".b=spec"] {
            assert!(wrong.parse::<TemplatePath>().is_err(), "{wrong}");
        }
    }
}
