//! How many pods a workload runs at once, according to its manifest and its autoscaler.

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
    /// Unknown: a custom kind without `spec.replicas`.
    #[default]
    Unknown,
}

impl Replicas {
    /// The replicas of an object in this namespace.
    pub(super) fn of(tree: &Tree<'_>, object: &Object, namespace: &str, objects: &ClusterObjects) -> Self {
        let number = |path: &[&str]| {
            let node = Path::of_keys(path.iter().copied()).node(tree, object.node)?;
            tree.value(node).ok()?.as_u64()
        };
        // A Job never runs more pods than have to complete.
        let of_job = |path: &[&str]| {
            let of = |key: &str| number(&[path, &[key]].concat());
            let parallelism = of("parallelism").unwrap_or(1);
            Self::Fixed(of("completions").map_or(parallelism, |completions| parallelism.min(completions)))
        };
        match object.kind.as_str() {
            "Pod" => return Self::Fixed(1),
            "PodTemplate" => return Self::Fixed(0),
            "DaemonSet" => return Self::PerNode,
            "Job" => return of_job(&["spec"]),
            "CronJob" => return of_job(&["spec", "jobTemplate", "spec"]),
            _ => {}
        }
        let written = number(&["spec", "replicas"]);
        match (objects.autoscalers.of(namespace, &object.kind, &object.name), written) {
            // Zero switches the autoscaler off.
            (Some(scaler), written) if written != Some(0) => {
                Self::Autoscaled(written.unwrap_or(1).clamp(scaler.min, scaler.max), scaler.clone())
            }
            (_, Some(written)) => Self::Fixed(written),
            (_, None) if DEFAULT_IS_ONE.contains(&object.kind.as_str()) => Self::Fixed(1),
            (_, None) => Self::Unknown,
        }
    }

    /// The number of pods, if it is known.
    pub fn count(&self) -> Option<u64> {
        match self {
            Self::Fixed(count) | Self::Autoscaled(count, _) => Some(*count),
            Self::PerNode | Self::Unknown => None,
        }
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
        ] {
            assert_eq!(of(kind, spec, ""), expected, "{kind} {spec}");
        }
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
