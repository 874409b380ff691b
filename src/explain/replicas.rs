//! How many pods a workload runs at once, according to its manifest and its autoscaler.

use serde_json::Value;

use crate::istio::{Autoscaler, ClusterObjects};
use crate::k8s::{Object, Path};
use lossless_yaml::Tree;

/// How many pods a workload runs at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Replicas {
    /// This many.
    Fixed(u64),
    /// At least this many, and more if the autoscaler adds some.
    Autoscaled(u64, Autoscaler),
    /// One for each node that it selects.
    PerNode,
    /// Unknown: this field has a value that the API server refuses.
    NotUnderstood(String),
    /// Unknown: a custom kind without `spec.replicas`.
    #[default]
    Unknown,
}

impl Replicas {
    /// The replicas of an object in this namespace.
    pub(super) fn of(tree: &Tree<'_>, object: &Object, namespace: &str, objects: &ClusterObjects) -> Self {
        let fields = Fields { tree, object };
        Self::written(&fields, namespace, objects).unwrap_or_else(Self::NotUnderstood)
    }

    /// The replicas, or the field with a value that the API server refuses.
    fn written(fields: &Fields<'_, '_>, namespace: &str, objects: &ClusterObjects) -> Result<Self, String> {
        let object = fields.object;
        match object.kind.as_str() {
            "Pod" => return Ok(Self::Fixed(1)),
            "PodTemplate" => return Ok(Self::Fixed(0)),
            "DaemonSet" => return Ok(Self::PerNode),
            "Job" => return fields.of_job(&["spec"]),
            "CronJob" if fields.is_true(&["spec", "suspend"]) => return Ok(Self::Fixed(0)),
            "CronJob" => return fields.of_job(&["spec", "jobTemplate", "spec"]),
            _ => {}
        }
        let written = fields.number(&["spec", "replicas"])?;
        Ok(match (objects.autoscalers.of(namespace, &object.kind, &object.name), written) {
            // Zero switches the autoscaler off.
            (Some(scaler), written) if written != Some(0) => {
                Self::Autoscaled(written.unwrap_or(1).clamp(scaler.min, scaler.max), scaler.clone())
            }
            (_, Some(written)) => Self::Fixed(written),
            (_, None) if DEFAULT_IS_ONE.contains(&object.kind.as_str()) => Self::Fixed(1),
            (_, None) => Self::Unknown,
        })
    }

    /// The number of pods, if it is known.
    pub fn count(&self) -> Option<u64> {
        match self {
            Self::Fixed(count) | Self::Autoscaled(count, _) => Some(*count),
            Self::PerNode | Self::NotUnderstood(_) | Self::Unknown => None,
        }
    }
}

/// The fields of an object that say how many pods it runs.
struct Fields<'f, 'a> {
    tree: &'f Tree<'a>,
    object: &'f Object,
}

impl Fields<'_, '_> {
    /// The field at `path`; absent and `null` are the same.
    fn value(&self, path: &[&str]) -> Option<Value> {
        let node = Path::of_keys(path.iter().copied()).node(self.tree, self.object.node)?;
        self.tree.value(node).ok().filter(|value| !value.is_null())
    }

    fn number(&self, path: &[&str]) -> Result<Option<u64>, String> {
        self.value(path).map(|value| value.as_u64().ok_or_else(|| path.join("."))).transpose()
    }

    fn is_true(&self, path: &[&str]) -> bool {
        self.value(path) == Some(Value::Bool(true))
    }

    /// The replicas of a Job: none while it is suspended, and never more than have to complete.
    fn of_job(&self, path: &[&str]) -> Result<Replicas, String> {
        let below = |key| [path, &[key]].concat();
        let parallelism = self.number(&below("parallelism"))?.unwrap_or(1);
        let completions = self.number(&below("completions"))?;
        let suspended = self.is_true(&below("suspend"));
        Ok(Replicas::Fixed(if suspended { 0 } else { completions.map_or(parallelism, |most| parallelism.min(most)) }))
    }
}

/// Kinds that run one pod if they do not set `replicas`.
const DEFAULT_IS_ONE: [&str; 6] =
    ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "Rollout", "DeploymentConfig"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::istio::Document;
    use crate::k8s::{Kinds, objects};

    const AUTOSCALER: &str = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec: \
                              {scaleTargetRef: {kind: Deployment, name: web}, minReplicas: 2, maxReplicas: 5}\n";

    fn of(kind: &str, spec: &str, cluster: &str) -> Replicas {
        let group = if kind.ends_with("Job") { "batch/v1" } else { "apps/v1" };
        let template = "template: {spec: {containers: [{name: a}]}}";
        let spec = match kind {
            "CronJob" => format!("{{jobTemplate: {{spec: {{{template}, {spec}}}}}}}"),
            _ => format!("{{{template}, {spec}}}"),
        };
        let text = format!("apiVersion: {group}\nkind: {kind}\nmetadata: {{name: web}}\nspec: {spec}\n");
        let tree = Tree::parse(&text, 1).unwrap();
        let found = objects(&tree, &Kinds::default()).unwrap();
        let mut objects = ClusterObjects::default();
        objects.read(Document { file: "", line: 1, text: cluster }, "shop");
        Replicas::of(&tree, found.workloads.first().unwrap(), "shop", &objects)
    }

    #[test]
    fn each_kind_has_its_own_field() {
        for (kind, spec, expected) in [
            ("Deployment", "", Replicas::Fixed(1)),
            ("Deployment", "replicas: 3", Replicas::Fixed(3)),
            ("DaemonSet", "", Replicas::PerNode),
            ("Job", "parallelism: 4", Replicas::Fixed(4)),
            ("Job", "parallelism: 4, completions: 2", Replicas::Fixed(2)),
            ("CronJob", "parallelism: 3", Replicas::Fixed(3)),
            ("CronJob", "", Replicas::Fixed(1)),
            ("Job", "suspend: true, parallelism: 4", Replicas::Fixed(0)),
            ("CronJob", "suspend: true", Replicas::Fixed(0)),
            ("Deployment", "replicas: null", Replicas::Fixed(1)),
        ] {
            assert_eq!(of(kind, spec, ""), expected, "{kind} {spec}");
        }
    }

    #[test]
    fn odd_values_are_not_taken_for_absent_ones() {
        for (kind, spec, field) in [
            ("Deployment", "replicas: \"3\"", "spec.replicas"),
            ("Deployment", "replicas: -1", "spec.replicas"),
            ("StatefulSet", "replicas: 1.5", "spec.replicas"),
            ("Job", "parallelism: []", "spec.parallelism"),
            ("CronJob", "completions: many", "spec.jobTemplate.spec.completions"),
        ] {
            assert_eq!(of(kind, spec, ""), Replicas::NotUnderstood(field.to_owned()), "{kind} {spec}");
        }
    }

    #[test]
    fn a_suspended_cron_job_runs_nothing() {
        let text = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: web}\nspec: {suspend: true, jobTemplate: {spec: \
                    {template: {spec: {containers: [{name: a}]}}}}}\n";
        let tree = Tree::parse(text, 1).unwrap();
        let found = objects(&tree, &Kinds::default()).unwrap();
        let replicas = Replicas::of(&tree, found.workloads.first().unwrap(), "shop", &ClusterObjects::default());
        assert_eq!(replicas, Replicas::Fixed(0));
    }

    #[test]
    fn an_autoscaler_keeps_replicas_within_its_bounds() {
        for (spec, count) in [("", 2), ("replicas: 4", 4), ("replicas: 9", 5)] {
            let replicas = of("Deployment", spec, AUTOSCALER);
            assert!(matches!(&replicas, Replicas::Autoscaled(_, scaler) if scaler.name == "web"), "{replicas:?}");
            assert_eq!(replicas.count(), Some(count), "{spec}");
        }
        assert_eq!(of("Deployment", "replicas: 0", AUTOSCALER), Replicas::Fixed(0));
        assert_eq!(of("StatefulSet", "", AUTOSCALER), Replicas::Fixed(1));
    }
}
