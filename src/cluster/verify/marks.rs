//! Marks that other webhooks leave in pods: names that no one else uses.

use crate::cluster::fields::text;
use crate::k8s::pod_changes::FieldChange;

/// How a webhook's changes are recognized.
struct Marks {
    /// The program.
    program: &'static str,
    /// Names of variables, or their beginnings, which end in `_`.
    env: &'static [&'static str],
    /// The beginnings of the names of containers and volumes.
    names: &'static [&'static str],
    /// The beginnings of the names of labels and annotations.
    keys: &'static [&'static str],
}

/// Known webhooks, by their documentation and the manifests that they make.
const KNOWN: [Marks; 12] = [
    Marks {
        program: "amazon-eks-pod-identity-webhook",
        env: &[
            "AWS_ROLE_ARN",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_STS_REGIONAL_ENDPOINTS",
            "AWS_DEFAULT_REGION",
            "AWS_REGION",
            "AWS_CONTAINER_",
        ],
        names: &["aws-iam-token", "eks-pod-identity-token"],
        keys: &[],
    },
    Marks {
        program: "azure-workload-identity",
        env: &["AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST"],
        names: &["azure-identity-token", "azwi-proxy"],
        keys: &["azure.workload.identity/"],
    },
    Marks { program: "dapr", env: &["DAPR_"], names: &["daprd", "dapr-"], keys: &["dapr.io/"] },
    Marks {
        program: "datadog",
        env: &["DD_"],
        names: &["datadog"],
        keys: &["admission.datadoghq.com/", "internal.apm.datadoghq.com/"],
    },
    Marks {
        program: "dynatrace-operator",
        env: &["DT_"],
        names: &["dynatrace", "oneagent"],
        keys: &["dynatrace.com/", "oneagent.dynatrace.com/"],
    },
    Marks { program: "gke-gcsfuse", env: &[], names: &["gke-gcsfuse"], keys: &["gke-gcsfuse/"] },
    Marks {
        program: "jaeger-operator",
        env: &["JAEGER_"],
        names: &["jaeger-agent"],
        keys: &["sidecar.jaegertracing.io/"],
    },
    Marks { program: "linkerd", env: &["LINKERD2_"], names: &["linkerd-"], keys: &["linkerd.io/"] },
    Marks {
        program: "opentelemetry-operator",
        env: &["OTEL_"],
        names: &["opentelemetry-auto-instrumentation", "otc-container"],
        keys: &["sidecar.opentelemetry.io/"],
    },
    Marks { program: "secrets-store-csi-driver", env: &[], names: &["secrets-store-"], keys: &[] },
    Marks {
        program: "vault-agent-injector",
        env: &["VAULT_"],
        names: &["vault-agent", "vault-secrets", "home-init", "home-sidecar"],
        keys: &["vault.hashicorp.com/"],
    },
    Marks { program: "vertical-pod-autoscaler", env: &[], names: &[], keys: &["vpaUpdates", "vpaObservedContainers"] },
];

/// The annotation in which the vertical autoscaler records what it changed.
pub(super) const VPA_UPDATES: &str = "vpaUpdates";
/// The program that changes resources.
pub(super) const VPA: &str = "vertical-pod-autoscaler";

/// The webhook that added a field, if its name shows it.
pub(super) fn program(change: &FieldChange) -> Option<&'static str> {
    let added = change.from.as_ref().filter(|_| change.to.is_none())?;
    let words = change.path.words();
    let is = |known: &&Marks| {
        let starts = |marks: &[&str], name: &str| marks.iter().any(|mark| name.starts_with(mark));
        match words.as_slice() {
            ["metadata", "labels" | "annotations", name] => starts(known.keys, name),
            ["spec", "containers" | "initContainers" | "volumes", name] => starts(known.names, name),
            ["spec", "containers" | "initContainers", _, "env", name] => {
                known.env.iter().any(|mark| if mark.ends_with('_') { name.starts_with(mark) } else { name == mark })
            }
            ["spec", "containers" | "initContainers", _, "volumeMounts", _] => {
                starts(known.names, &text(added, &["name"]))
            }
            _ => false,
        }
    };
    KNOWN.iter().find(is).map(|known| known.program)
}
