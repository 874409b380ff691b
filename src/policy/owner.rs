//! The controllers whose pods a policy is about, by kind.

use std::borrow::Cow;

use super::PolicyError;
use crate::k8s::KindNames;

/// A kind of controller.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OwnerKind {
    /// The place in [`BUILT_IN`]; custom kinds come last.
    order: usize,
    /// The kind, such as `Job`.
    pub kind: Cow<'static, str>,
    /// The API group; empty for the core group.
    pub group: Cow<'static, str>,
    /// The name of its resource, if its pod templates are those of Kubernetes' own kinds.
    pub(super) templates: Option<&'static str>,
    pods: PodOwner,
}

/// The controller that pods of a kind name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum PodOwner {
    /// The kind itself.
    Itself,
    /// Another kind, which the kind controls.
    Other(&'static str),
    /// None: the kind is `Pod`.
    None,
}

struct BuiltIn(&'static str, &'static str, Option<&'static str>, PodOwner);

/// Kubernetes' own kinds, and others whose pods have one of these as their controller.
const BUILT_IN: [BuiltIn; 10] = [
    BuiltIn("Deployment", "apps", Some("deployments"), PodOwner::Other("ReplicaSet")),
    BuiltIn("StatefulSet", "apps", Some("statefulsets"), PodOwner::Itself),
    BuiltIn("DaemonSet", "apps", Some("daemonsets"), PodOwner::Itself),
    BuiltIn("ReplicaSet", "apps", Some("replicasets"), PodOwner::Itself),
    BuiltIn("Job", "batch", Some("jobs"), PodOwner::Itself),
    BuiltIn("CronJob", "batch", Some("cronjobs"), PodOwner::Other("Job")),
    BuiltIn("ReplicationController", "", Some("replicationcontrollers"), PodOwner::Itself),
    BuiltIn("Pod", "", None, PodOwner::None),
    BuiltIn("Rollout", "argoproj.io", None, PodOwner::Other("ReplicaSet")),
    BuiltIn("DeploymentConfig", "apps.openshift.io", None, PodOwner::Other("ReplicationController")),
];

impl OwnerKind {
    /// Reads the words of `--kind`: names of built-in kinds as in kubectl, or `KIND.GROUP` for others. Sorted, without
    /// duplicates.
    pub fn read(words: &[String]) -> Result<Vec<Self>, PolicyError> {
        let mut kinds = Vec::new();
        for word in words {
            let names = KindNames::from_iter([word.clone()]);
            let built_in = (0..).zip(&BUILT_IN).find(|(_, BuiltIn(kind, group, ..))| names.has(kind, group));
            kinds.push(match built_in {
                Some((order, BuiltIn(kind, group, templates, pods))) => Self {
                    order,
                    kind: Cow::Borrowed(kind),
                    group: Cow::Borrowed(group),
                    templates: *templates,
                    pods: *pods,
                },
                None => Self::custom(word).ok_or_else(|| PolicyError::UnknownKind(word.clone()))?,
            });
        }
        kinds.sort();
        kinds.dedup();
        Ok(kinds)
    }

    /// All kinds of Kubernetes that have pod templates.
    pub(super) fn with_templates() -> Vec<&'static str> {
        BUILT_IN.iter().filter_map(|BuiltIn(_, _, templates, _)| *templates).collect()
    }

    /// A kind that its controller's own API defines: `TaskRun.tekton.dev`.
    fn custom(word: &str) -> Option<Self> {
        let (kind, group) = word.split_once('.')?;
        let is_kind =
            kind.starts_with(|c: char| c.is_ascii_uppercase()) && kind.chars().all(|c| c.is_ascii_alphanumeric());
        let is_group =
            group.len() <= 253 && group.contains('.') && group.split('.').all(super::namespaces::is_dns_label);
        (is_kind && kind.len() <= 63 && is_group).then(|| Self {
            order: BUILT_IN.len(),
            kind: Cow::Owned(kind.to_owned()),
            group: Cow::Owned(group.to_owned()),
            templates: None,
            pods: PodOwner::Itself,
        })
    }

    /// Whether pods name this kind as their controller.
    pub(super) fn controls_pods(&self) -> bool {
        self.pods == PodOwner::Itself
    }

    /// Whether this is `Pod`: the pods without a controller.
    pub(super) fn is_pod(&self) -> bool {
        self.pods == PodOwner::None
    }

    /// The kind that pods of this kind name instead.
    pub(super) fn pods_name(&self) -> Option<&'static str> {
        if let PodOwner::Other(kind) = self.pods { Some(kind) } else { None }
    }

    /// The CEL condition that the owner reference `o` is of this kind.
    pub(super) fn condition(&self) -> String {
        let Self { kind, group, .. } = self;
        if group.is_empty() {
            format!("o.kind == \"{kind}\" && o.apiVersion == \"v1\"")
        } else {
            format!("o.kind == \"{kind}\" && o.apiVersion.startsWith(\"{group}/\")")
        }
    }

    /// The kind in a command line: `Job`, `TaskRun.tekton.dev`.
    pub(super) fn word(&self) -> String {
        if self.order < BUILT_IN.len() { self.kind.to_string() } else { format!("{}.{}", self.kind, self.group) }
    }

    /// The kind in text: `Jobs`.
    pub(super) fn plural(&self) -> String {
        format!("{}s", self.kind)
    }
}

/// The names of all kinds that need no group.
pub(super) fn known_kinds() -> String {
    BUILT_IN.map(|BuiltIn(kind, ..)| kind).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<String, PolicyError> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Ok(OwnerKind::read(&words)?.iter().map(OwnerKind::word).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn kinds_are_read_as_kubectl_reads_them() {
        assert_eq!(read(&["cj", "jobs", "Job", "sts", "po"]).unwrap(), "StatefulSet Job CronJob Pod");
        assert_eq!(read(&["TaskRun.tekton.dev", "deploy"]).unwrap(), "Deployment TaskRun.tekton.dev");
        assert_eq!(read(&["jobs.batch", "ro.argoproj.io"]).unwrap(), "Job Rollout");
    }

    #[test]
    fn other_words_are_refused() {
        for word in
            ["", "Jbo", "TaskRun", "taskrun.tekton.dev", "Task\"Run.tekton.dev", "TaskRun.tek\"ton.dev", "T.d", "T.d.-"]
        {
            assert_eq!(read(&[word]), Err(PolicyError::UnknownKind(word.to_owned())), "{word}");
        }
    }

    #[test]
    fn groups_tell_kinds_of_the_same_name_apart() {
        let kinds = OwnerKind::read(&["job".to_owned(), "Job.batch.volcano.sh".to_owned(), "rc".to_owned()]).unwrap();
        let conditions: Vec<String> = kinds.iter().map(OwnerKind::condition).collect();
        let expected = [
            r#"o.kind == "Job" && o.apiVersion.startsWith("batch/")"#,
            r#"o.kind == "ReplicationController" && o.apiVersion == "v1""#,
            r#"o.kind == "Job" && o.apiVersion.startsWith("batch.volcano.sh/")"#,
        ];
        assert_eq!(conditions, expected);
    }
}
