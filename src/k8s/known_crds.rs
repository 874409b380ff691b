//! Custom kinds whose controllers copy annotations to the pods that they create, according to their documentation,
//! schemas or code. Kinds whose controllers drop annotations are left out, even if they contain something like a pod
//! template.

use super::template_path::TemplatePath;

/// What the controller of a kind creates pods from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PodOrigin {
    /// A pod template.
    Template,
    /// A mapping with `labels` and `annotations`, which is not the `metadata` of a pod template.
    Metadata,
    /// A mapping with `labels` and `annotations` that may be absent.
    NewMetadata,
}

/// Group, kinds, the source of their pods, and its paths.
pub(super) type Row = (&'static str, &'static [&'static str], PodOrigin, &'static [&'static str]);

use PodOrigin::{Metadata, NewMetadata, Template};

pub(super) const ROWS: &[Row] = &[
    // kubeflow.org/docs/components/training/pytorch: Istio's annotations are set on the templates
    ("kubeflow.org", &["PyTorchJob"], Template, &["spec.pytorchReplicaSpecs.*.template"]),
    ("kubeflow.org", &["TFJob"], Template, &["spec.tfReplicaSpecs.*.template"]),
    ("kubeflow.org", &["MPIJob"], Template, &["spec.mpiReplicaSpecs.*.template"]),
    ("kubeflow.org", &["XGBoostJob"], Template, &["spec.xgbReplicaSpecs.*.template"]),
    ("kubeflow.org", &["PaddleJob"], Template, &["spec.paddleReplicaSpecs.*.template"]),
    ("kubeflow.org", &["JAXJob"], Template, &["spec.jaxReplicaSpecs.*.template"]),
    // ray-project/kuberay, ray-operator/Makefile: schemas keep the metadata of templates
    ("ray.io", &["RayCluster"], Template, &["spec.headGroupSpec.template", "spec.workerGroupSpecs[*].template"]),
    (
        "ray.io",
        &["RayJob"],
        Template,
        &[
            "spec.rayClusterSpec.headGroupSpec.template",
            "spec.rayClusterSpec.workerGroupSpecs[*].template",
            "spec.submitterPodTemplate",
        ],
    ),
    (
        "ray.io",
        &["RayService"],
        Template,
        &["spec.rayClusterConfig.headGroupSpec.template", "spec.rayClusterConfig.workerGroupSpecs[*].template"],
    ),
    // kubeflow/spark-operator, docs/api-docs.md: `annotations` of SparkPodSpec are added to the pod
    ("sparkoperator.k8s.io", &["SparkApplication"], Metadata, &["spec.driver", "spec.executor"]),
    (
        "sparkoperator.k8s.io",
        &["ScheduledSparkApplication"],
        Metadata,
        &["spec.template.driver", "spec.template.executor"],
    ),
    // Flink Kubernetes Operator, docs/custom-resource/pod-template: the common and the specific templates are merged
    (
        "flink.apache.org",
        &["FlinkDeployment"],
        Template,
        &["spec.podTemplate", "spec.jobManager.podTemplate", "spec.taskManager.podTemplate"],
    ),
    // elastic.co/guide/en/cloud-on-k8s/current/k8s-customize-pods.html
    ("elasticsearch.k8s.elastic.co", &["Elasticsearch"], Template, &["spec.nodeSets[*].podTemplate"]),
    ("kibana.k8s.elastic.co", &["Kibana"], Template, &["spec.podTemplate"]),
    ("apm.k8s.elastic.co", &["ApmServer"], Template, &["spec.podTemplate"]),
    ("enterprisesearch.k8s.elastic.co", &["EnterpriseSearch"], Template, &["spec.podTemplate"]),
    ("maps.k8s.elastic.co", &["ElasticMapsServer"], Template, &["spec.podTemplate"]),
    ("logstash.k8s.elastic.co", &["Logstash"], Template, &["spec.podTemplate"]),
    ("beat.k8s.elastic.co", &["Beat"], Template, &["spec.daemonSet.podTemplate", "spec.deployment.podTemplate"]),
    (
        "agent.k8s.elastic.co",
        &["Agent"],
        Template,
        &["spec.daemonSet.podTemplate", "spec.deployment.podTemplate", "spec.statefulSet.podTemplate"],
    ),
    // kubernetes-sigs/lws, Makefile: schemas keep the metadata of templates
    (
        "leaderworkerset.x-k8s.io",
        &["LeaderWorkerSet"],
        Template,
        &["spec.leaderWorkerTemplate.leaderTemplate", "spec.leaderWorkerTemplate.workerTemplate"],
    ),
    // kubernetes-sigs/jobset, Makefile: schemas keep the metadata of templates
    ("jobset.x-k8s.io", &["JobSet"], Template, &["spec.replicatedJobs[*].template.spec.template"]),
    // kserve.github.io/website, API reference, ComponentExtensionSpec: annotations that are added to the component's
    // pods
    ("serving.kserve.io", &["InferenceService"], Metadata, &["spec.predictor", "spec.transformer", "spec.explainer"]),
    // knative.dev/docs/serving/reference/serving-api: the template's metadata is the revision's, whose annotations its
    // pods get
    ("serving.knative.dev", &["Service", "Configuration"], Template, &["spec.template"]),
    // openkruise.io/docs, user manuals: templates are those of Kubernetes' own workloads
    ("apps.kruise.io", &["CloneSet", "StatefulSet", "DaemonSet", "BroadcastJob"], Template, &["spec.template"]),
    (
        "apps.kruise.io",
        &["AdvancedCronJob"],
        Template,
        &["spec.template.jobTemplate.spec.template", "spec.template.broadcastJobTemplate.spec.template"],
    ),
    (
        "apps.kruise.io",
        &["UnitedDeployment"],
        Template,
        &[
            "spec.template.statefulSetTemplate.spec.template",
            "spec.template.advancedStatefulSetTemplate.spec.template",
            "spec.template.cloneSetTemplate.spec.template",
            "spec.template.deploymentTemplate.spec.template",
        ],
    ),
    // tektoncd/pipeline#4424: a TaskRun's annotations are copied to its pod, and those of a PipelineRun to its
    // TaskRuns; their podTemplate has no metadata
    ("tekton.dev", &["TaskRun", "PipelineRun"], NewMetadata, &["metadata"]),
    // argo-workflows.readthedocs.io/en/latest/fields, WorkflowSpec.podMetadata
    ("argoproj.io", &["Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate"], NewMetadata, &["spec.podMetadata"]),
    ("argoproj.io", &["CronWorkflow"], NewMetadata, &["spec.workflowSpec.podMetadata"]),
    // keda.sh/docs/latest/reference/scaledjob-spec: the template of a Job
    ("keda.sh", &["ScaledJob"], Template, &["spec.jobTargetRef.template"]),
];

/// Short names of these kinds, from their definitions.
pub(super) const SHORT_NAMES: [(&str, &str); 12] = [
    ("clone", "CloneSet"),
    ("lws", "LeaderWorkerSet"),
    ("isvc", "InferenceService"),
    ("ksvc", "Service"),
    ("sparkapp", "SparkApplication"),
    ("es", "Elasticsearch"),
    ("kb", "Kibana"),
    ("sj", "ScaledJob"),
    ("wf", "Workflow"),
    ("cwf", "CronWorkflow"),
    ("wftmpl", "WorkflowTemplate"),
    ("pr", "PipelineRun"),
];

/// The paths of all known custom kinds.
pub(super) fn paths() -> impl Iterator<Item = (TemplatePath, PodOrigin)> {
    ROWS.iter().flat_map(|(group, kinds, origin, paths)| {
        let all = kinds.iter().flat_map(move |kind| paths.iter().map(move |path| format!("{kind}.{group}={path}")));
        // A test checks that all paths are well-formed.
        all.filter_map(|path| Some((path.parse().ok()?, *origin)))
    })
}

/// Whether `kind` of `group` is a known custom kind.
pub(super) fn has(group: &str, kind: &str) -> bool {
    ROWS.iter().any(|(its_group, kinds, ..)| *its_group == group && kinds.contains(&kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_of_the_table_is_well_formed() {
        let count: usize = ROWS.iter().map(|(_, kinds, _, paths)| kinds.len() * paths.len()).sum();
        assert_eq!(paths().count(), count);
    }

    #[test]
    fn no_kind_is_in_the_table_twice() {
        let mut kinds: Vec<_> =
            ROWS.iter().flat_map(|(group, kinds, ..)| kinds.iter().map(move |kind| (group, kind))).collect();
        let count = kinds.len();
        kinds.sort();
        kinds.dedup();
        assert_eq!(kinds.len(), count);
    }

    #[test]
    fn short_names_are_of_kinds_in_the_table() {
        for (_, kind) in SHORT_NAMES {
            assert!(ROWS.iter().any(|(_, kinds, ..)| kinds.contains(&kind)), "{kind}");
        }
    }
}
