//! What all pods request together, by namespace, without and with their sidecars.

use std::collections::{BTreeMap, BTreeSet};

use super::details::Details;
use super::replicas::Replicas;
use crate::istio::Quota;
use crate::k8s::{EffectiveResources, Quantity, add_resources};

/// What all pods request. It grows with the number of namespaces, not with that of workloads.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fleet {
    namespaces: BTreeMap<String, Namespace>,
}

/// The workloads of a namespace.
#[derive(Clone, Debug, Default, PartialEq)]
struct Namespace {
    /// The kinds of all workloads.
    kinds: BTreeSet<String>,
    /// The workloads without a controller.
    own: FleetShare,
    /// The others by the kind of their controller. In an export with Deployments, their `ReplicaSets` and Pods do not count
    /// again.
    controlled: BTreeMap<String, FleetShare>,
}

/// What some workloads request together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FleetShare {
    /// The pods of workloads whose replicas and sidecar are known.
    pub pods: FleetSum,
    /// The pods that run once on each node.
    pub per_node: FleetSum,
    /// How many of the workloads in `pods` have an autoscaler.
    pub autoscaled: u64,
    /// How many pods there are at most, if autoscalers add all they can.
    pub most_pods: u64,
    /// How many workloads are left out, because their sidecar is not known.
    pub unknown_sidecars: u64,
    /// How many workloads are left out, because their replicas are not known.
    pub unknown_replicas: u64,
}

/// A sum over pods.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FleetSum {
    /// How many workloads the pods belong to.
    pub workloads: u64,
    /// How many pods they are.
    pub pods: u64,
    /// Requests and limits without sidecars.
    pub before: EffectiveResources,
    /// The same with sidecars.
    pub after: EffectiveResources,
}

/// A constraint of a quota, and what the pods of the namespace use of it.
#[derive(Clone, Debug, PartialEq)]
pub struct QuotaUse {
    /// The name of the quota.
    pub quota: String,
    /// The constraint, as `requests.cpu`.
    pub constraint: String,
    /// What it allows.
    pub hard: Quantity,
    /// What the pods use without sidecars.
    pub before: Quantity,
    /// What they use with sidecars.
    pub after: Quantity,
}

impl QuotaUse {
    /// Whether the pods use more than the quota allows once they have sidecars.
    pub fn is_exceeded(&self) -> bool {
        self.after > self.hard
    }
}

impl Fleet {
    /// Adds a workload.
    pub fn add(&mut self, namespace: &str, kind: &str, details: &Details) {
        let namespace = match self.namespaces.get_mut(namespace) {
            Some(known) => known,
            None => self.namespaces.entry(namespace.to_owned()).or_default(),
        };
        if !namespace.kinds.contains(kind) {
            namespace.kinds.insert(kind.to_owned());
        }
        let share = match &details.controller {
            Some(controller) => namespace.controlled.entry(controller.clone()).or_default(),
            None => &mut namespace.own,
        };
        share.add(details);
    }

    /// The workloads of each namespace, sorted by its name.
    pub fn namespaces(&self) -> impl Iterator<Item = (&str, FleetShare)> {
        self.namespaces.iter().map(|(name, namespace)| {
            let mut share = namespace.own.clone();
            let controlled = namespace.controlled.iter().filter(|(kind, _)| !namespace.kinds.contains(*kind));
            controlled.for_each(|(_, controlled)| share.extend(controlled));
            (name.as_str(), share)
        })
    }

    /// All workloads.
    pub fn total(&self) -> FleetShare {
        let mut total = FleetShare::default();
        self.namespaces().for_each(|(_, share)| total.extend(&share));
        total
    }
}

impl FleetShare {
    fn add(&mut self, details: &Details) {
        let Some(after) = &details.after else {
            self.unknown_sidecars += 1;
            return;
        };
        match &details.replicas {
            Replicas::NotUnderstood(_) | Replicas::Unknown => self.unknown_replicas += 1,
            Replicas::PerNode => self.per_node.add(&details.before, after, 1),
            Replicas::Fixed(count) => {
                self.pods.add(&details.before, after, *count);
                self.most_pods = self.most_pods.saturating_add(*count);
            }
            Replicas::Autoscaled(count, scaler) => {
                self.pods.add(&details.before, after, *count);
                self.autoscaled += 1;
                self.most_pods = self.most_pods.saturating_add(scaler.max);
            }
        }
    }

    fn extend(&mut self, other: &Self) {
        self.pods.extend(&other.pods);
        self.per_node.extend(&other.per_node);
        self.autoscaled += other.autoscaled;
        self.most_pods = self.most_pods.saturating_add(other.most_pods);
        self.unknown_sidecars += other.unknown_sidecars;
        self.unknown_replicas += other.unknown_replicas;
    }

    /// The constraints of a quota on requests and limits. Empty for a quota with scopes, which counts other pods.
    pub fn use_of(&self, quota: &Quota) -> Vec<QuotaUse> {
        if quota.is_scoped {
            return Vec::new();
        }
        let used = |(constraint, hard): (&String, &Quantity)| {
            let (is_limit, resource) = constrained(constraint)?;
            let of = |sum: &EffectiveResources| {
                let resources = if is_limit { &sum.limits } else { &sum.requests };
                resources.get(resource).copied().unwrap_or(Quantity::ZERO)
            };
            let (before, after) = (of(&self.pods.before), of(&self.pods.after));
            Some(QuotaUse { quota: quota.name.clone(), constraint: constraint.clone(), hard: *hard, before, after })
        };
        quota.hard.iter().filter_map(used).collect()
    }
}

impl FleetSum {
    fn add(&mut self, before: &EffectiveResources, after: &EffectiveResources, count: u64) {
        self.workloads += 1;
        self.pods = self.pods.saturating_add(count);
        for (sum, one) in [(&mut self.before, before), (&mut self.after, after)] {
            add_resources(&mut sum.requests, &one.requests, count);
            add_resources(&mut sum.limits, &one.limits, count);
        }
    }

    fn extend(&mut self, other: &Self) {
        self.workloads += other.workloads;
        self.pods = self.pods.saturating_add(other.pods);
        for (sum, one) in [(&mut self.before, &other.before), (&mut self.after, &other.after)] {
            add_resources(&mut sum.requests, &one.requests, 1);
            add_resources(&mut sum.limits, &one.limits, 1);
        }
    }
}

/// Whether a constraint of a quota is about limits rather than requests, and the resource.
fn constrained(constraint: &str) -> Option<(bool, &str)> {
    if let Some(resource) = constraint.strip_prefix("limits.") {
        return Some((true, resource));
    }
    if let Some(resource) = constraint.strip_prefix("requests.") {
        // Storage is requested by claims.
        return (resource != "storage").then_some((false, resource));
    }
    let is_plain = matches!(constraint, "cpu" | "memory" | "ephemeral-storage") || constraint.starts_with("hugepages-");
    is_plain.then_some((false, constraint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::istio::Autoscaler;
    use serde_json::json;

    fn resources(cpu: &str) -> EffectiveResources {
        let cpu = Quantity::of(&json!(cpu)).unwrap();
        EffectiveResources { requests: [("cpu".to_owned(), cpu)].into(), limits: [("cpu".to_owned(), cpu)].into() }
    }

    fn workload(replicas: Replicas, before: &str, after: Option<&str>) -> Details {
        Details { replicas, before: resources(before), after: after.map(resources), ..Details::default() }
    }

    fn cpu(sum: &FleetSum) -> [String; 2] {
        [&sum.before, &sum.after].map(|all| all.requests["cpu"].to_string())
    }

    #[test]
    fn requests_are_multiplied_by_replicas() {
        let mut fleet = Fleet::default();
        fleet.add("shop", "Deployment", &workload(Replicas::Fixed(3), "100m", Some("200m")));
        fleet.add("shop", "Job", &workload(Replicas::Fixed(1), "1", Some("1100m")));
        fleet.add("shop", "DaemonSet", &workload(Replicas::PerNode, "50m", Some("150m")));
        fleet.add("shop", "Deployment", &workload(Replicas::Fixed(9), "1", None));
        fleet.add("shop", "RayCluster", &workload(Replicas::Unknown, "1", Some("2")));
        let scaler = Autoscaler { name: "a".to_owned(), min: 2, max: 10 };
        fleet.add("pay", "Deployment", &workload(Replicas::Autoscaled(2, scaler), "1", Some("2")));
        let shares: Vec<_> = fleet.namespaces().collect();
        let [("pay", pay), ("shop", shop)] = &shares[..] else { panic!("{shares:?}") };
        assert_eq!((pay.pods.pods, pay.autoscaled, pay.most_pods), (2, 1, 10));
        assert_eq!((cpu(&shop.pods), shop.pods.pods), (["1300m", "1700m"].map(str::to_owned), 4));
        assert_eq!((cpu(&shop.per_node), shop.per_node.workloads), (["50m", "150m"].map(str::to_owned), 1));
        assert_eq!((shop.unknown_sidecars, shop.unknown_replicas), (1, 1));
        assert_eq!(cpu(&fleet.total().pods), ["3300m", "5700m"]);
    }

    #[test]
    fn pods_count_once_in_an_export_with_their_controllers() {
        let controlled = |by: &str| {
            let pod = workload(Replicas::Fixed(1), "100m", Some("200m"));
            Details { controller: Some(by.to_owned()), ..pod }
        };
        let mut fleet = Fleet::default();
        fleet.add("shop", "Deployment", &workload(Replicas::Fixed(2), "100m", Some("200m")));
        fleet.add("shop", "ReplicaSet", &controlled("Deployment"));
        fleet.add("shop", "Pod", &controlled("ReplicaSet"));
        fleet.add("pay", "Pod", &controlled("ReplicaSet"));
        let pods: Vec<_> = fleet.namespaces().map(|(name, share)| (name.to_owned(), share.pods.pods)).collect();
        assert_eq!(pods, [("pay".to_owned(), 1), ("shop".to_owned(), 2)]);
    }

    #[test]
    fn quotas_are_compared_with_requests_and_limits() {
        let mut fleet = Fleet::default();
        fleet.add("shop", "Deployment", &workload(Replicas::Fixed(3), "100m", Some("200m")));
        let share = fleet.total();
        let hard =
            [("requests.cpu", "500m"), ("cpu", "2"), ("limits.cpu", "1"), ("pods", "1"), ("requests.storage", "1")];
        let hard = hard.map(|(name, quantity)| (name.to_owned(), Quantity::of(&json!(quantity)).unwrap()));
        let mut quota = Quota {
            name: "compute".to_owned(),
            hard: hard.into(),
            used: crate::k8s::Resources::new(),
            is_scoped: false,
            is_for_best_effort: false,
        };
        let uses = share.use_of(&quota);
        let uses: Vec<_> =
            uses.iter().map(|one| (&*one.constraint, one.after.to_string(), one.is_exceeded())).collect();
        let expected = [
            ("cpu", "600m".into(), false),
            ("limits.cpu", "600m".into(), false),
            ("requests.cpu", "600m".into(), true),
        ];
        assert_eq!(uses, expected);
        quota.is_scoped = true;
        assert!(share.use_of(&quota).is_empty());
    }
}
