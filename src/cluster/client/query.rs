//! Which objects to ask for.

/// A kind of object, by the names that the API server has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// The version of the API.
    pub version: &'static str,
    /// The name in paths and roles, such as `pods`.
    pub name: &'static str,
    /// Whether its objects belong to namespaces.
    pub is_namespaced: bool,
}

impl Resource {
    /// `ConfigMap`s.
    pub const CONFIG_MAPS: Self = Self::namespaced("", "v1", "configmaps");
    /// `CronJob`s.
    pub const CRON_JOBS: Self = Self::namespaced("batch", "v1", "cronjobs");
    /// `DaemonSet`s.
    pub const DAEMON_SETS: Self = Self::namespaced("apps", "v1", "daemonsets");
    /// Deployments.
    pub const DEPLOYMENTS: Self = Self::namespaced("apps", "v1", "deployments");
    /// Events.
    pub const EVENTS: Self = Self::namespaced("", "v1", "events");
    /// Jobs.
    pub const JOBS: Self = Self::namespaced("batch", "v1", "jobs");
    /// `LimitRange`s.
    pub const LIMIT_RANGES: Self = Self::namespaced("", "v1", "limitranges");
    /// `MutatingWebhookConfiguration`s.
    pub const MUTATING_WEBHOOKS: Self =
        Self::of_cluster("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations");
    /// Namespaces.
    pub const NAMESPACES: Self = Self::of_cluster("", "v1", "namespaces");
    /// Nodes.
    pub const NODES: Self = Self::of_cluster("", "v1", "nodes");
    /// Pods.
    pub const PODS: Self = Self::namespaced("", "v1", "pods");
    /// Logs of pods, which cannot be listed.
    pub const POD_LOGS: Self = Self::namespaced("", "v1", "pods/log");
    /// `ReplicaSet`s.
    pub const REPLICA_SETS: Self = Self::namespaced("apps", "v1", "replicasets");
    /// `ResourceQuota`s.
    pub const RESOURCE_QUOTAS: Self = Self::namespaced("", "v1", "resourcequotas");
    /// Service accounts.
    pub const SERVICE_ACCOUNTS: Self = Self::namespaced("", "v1", "serviceaccounts");
    /// `StatefulSet`s.
    pub const STATEFUL_SETS: Self = Self::namespaced("apps", "v1", "statefulsets");

    /// A kind of object in namespaces.
    pub const fn namespaced(group: &'static str, version: &'static str, name: &'static str) -> Self {
        Self { group, version, name, is_namespaced: true }
    }

    /// A kind of object outside of namespaces.
    pub const fn of_cluster(group: &'static str, version: &'static str, name: &'static str) -> Self {
        Self { group, version, name, is_namespaced: false }
    }

    /// The name as roles have it: `deployments.apps`.
    pub fn full_name(self) -> String {
        if self.group.is_empty() { self.name.to_owned() } else { format!("{}.{}", self.name, self.group) }
    }
}

/// A list request: the kind, and which of its objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The kind.
    pub resource: Resource,
    /// Only of this namespace.
    pub namespace: Option<String>,
    /// Only with these labels, as in `app=web,tier!=cache`; all if empty.
    pub labels: String,
    /// Only with these fields, as in `reason=FailedCreate`; all if empty.
    pub fields: String,
}

impl Query {
    /// All objects of a kind.
    pub fn all(resource: Resource) -> Self {
        Self { resource, namespace: None, labels: String::new(), fields: String::new() }
    }

    /// Those of a namespace; of all, if it is `None`.
    #[must_use]
    pub fn in_namespace(self, namespace: Option<&str>) -> Self {
        Self { namespace: namespace.map(str::to_owned), ..self }
    }

    /// Those with these labels.
    #[must_use]
    pub fn with_labels(self, labels: impl Into<String>) -> Self {
        Self { labels: labels.into(), ..self }
    }

    /// Those with these fields.
    #[must_use]
    pub fn with_fields(self, fields: impl Into<String>) -> Self {
        Self { fields: fields.into(), ..self }
    }
}
