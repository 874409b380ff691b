//! The effective requests and limits of a pod, as the scheduler and quotas count them (component-helpers 0.35,
//! `PodRequests` and `PodLimits`; KEP-753).
//!
//! They are those of the pod that the API server stores: requests that are missing are filled from limits, and from the
//! `LimitRange`s of the namespace.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::containers::{container_name, pod_containers};
use super::defaults::Admission;
use super::quantity::Quantity;

/// Quantities by the name of the resource.
pub type Resources = BTreeMap<String, Quantity>;

/// The effective requests and limits of a pod.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EffectiveResources {
    /// What the scheduler finds room for.
    pub requests: Resources,
    /// The sum of the limits. A container without a limit counts as zero.
    pub limits: Resources,
}

/// Requests and limits of one container, or of the pod.
#[derive(Default)]
struct Pair {
    requests: Resources,
    limits: Resources,
}

/// The effective requests and limits of the pods of a template, with the defaults of their namespace.
pub fn effective_resources(pod: &Value, admission: Admission<'_>) -> EffectiveResources {
    let Some(spec) = pod.get("spec").and_then(Value::as_object) else { return EffectiveResources::default() };
    let (init, apps) = containers(spec, admission);
    let mut requests = aggregate(&init, &apps, |pair| &pair.requests);
    let mut limits = aggregate(&init, &apps, |pair| &pair.limits);
    if let Some(pod_level) = pod_level(spec, &requests, &limits) {
        requests.extend(pod_level.requests);
        limits.extend(pod_level.limits);
    }
    for (name, quantity) in quantities(spec.get("overhead")) {
        let request = requests.entry(name.clone()).or_insert(Quantity::ZERO);
        *request = request.plus(quantity);
        if let Some(limit) = limits.get_mut(&name).filter(|limit| !limit.is_zero()) {
            *limit = limit.plus(quantity);
        }
    }
    EffectiveResources { requests, limits }
}

/// Why the API server refuses a pod for its own resources (`spec.resources`).
#[derive(Clone, Debug, PartialEq)]
pub struct TightResources {
    /// The name of the resource.
    pub resource: String,
    /// What is too small.
    pub part: TightPart,
    /// The pod's own quantity.
    pub own: Quantity,
    /// The least that it must be.
    pub least: Quantity,
}

/// A part of a pod's own resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TightPart {
    /// The request is less than all containers request.
    Request,
    /// The limit is less than the pod's request, which may be the containers'.
    LimitForRequests,
    /// The limit is less than that of a container.
    LimitForContainer,
}

/// What of a pod's own resources is too small for its containers (validation of Kubernetes 1.35).
pub fn tight_resources(pod: &Value, admission: Admission<'_>) -> Vec<TightResources> {
    let Some(spec) = pod.get("spec").and_then(Value::as_object) else { return Vec::new() };
    let (init, apps) = containers(spec, admission);
    let requests = aggregate(&init, &apps, |pair| &pair.requests);
    let limits = aggregate(&init, &apps, |pair| &pair.limits);
    let Some(own) = pod_level(spec, &requests, &limits) else { return Vec::new() };
    let mut largest = Resources::new();
    for container in init.iter().map(|(_, container)| container).chain(&apps) {
        raise(&mut largest, container.limits.clone());
    }
    let mut found = Vec::new();
    let mut compare = |part, own: &Resources, least: &Resources| {
        for (resource, own) in own {
            if let Some(least) = least.get(resource).filter(|least| *least > own) {
                found.push(TightResources { resource: resource.clone(), part, own: *own, least: *least });
            }
        }
    };
    compare(TightPart::Request, &own.requests, &requests);
    compare(TightPart::LimitForRequests, &own.limits, &own.requests);
    compare(TightPart::LimitForContainer, &own.limits, &largest);
    found
}

/// The init containers, with whether they keep running, and the app containers.
fn containers(spec: &Map<String, Value>, admission: Admission<'_>) -> (Vec<(bool, Pair)>, Vec<Pair>) {
    let list = |key: &str| spec.get(key).and_then(Value::as_array).into_iter().flatten();
    let of = |container: &Value| container_resources(container, admission);
    let init = list("initContainers").map(|container| (is_native_sidecar(container), of(container))).collect();
    (init, list("containers").map(of).collect())
}

/// The requests and limits of a pod that are not quantities. They do not count.
pub fn odd_quantities(pod: &Value) -> Vec<String> {
    let mut odd = Vec::new();
    let mut look = |map: Option<&Value>, what: &str, of: &str| {
        let entries = map.and_then(Value::as_object).into_iter().flatten();
        odd.extend(
            entries.filter(|(_, value)| Quantity::of(value).is_none()).map(|(name, _)| format!("{what}.{name}{of}")),
        );
    };
    for key in ["initContainers", "containers"] {
        for container in pod_containers(pod, key) {
            for what in ["requests", "limits"] {
                let of = format!(" of container {}", container_name(container));
                look(container.pointer(&format!("/resources/{what}")), what, &of);
            }
        }
    }
    look(pod.pointer("/spec/resources/requests"), "spec.resources.requests", "");
    look(pod.pointer("/spec/resources/limits"), "spec.resources.limits", "");
    look(pod.pointer("/spec/overhead"), "spec.overhead", "");
    odd
}

/// Whether an init container is a native sidecar. Other values of `restartPolicy` have another meaning.
pub fn is_native_sidecar(init_container: &Value) -> bool {
    init_container.get("restartPolicy").is_some_and(|policy| policy == "Always")
}

/// The maximum over all steps of the start and the running pod.
fn aggregate(init: &[(bool, Pair)], apps: &[Pair], part: impl Fn(&Pair) -> &Resources) -> Resources {
    let mut total = Resources::new();
    for app in apps {
        add(&mut total, part(app));
    }
    let mut natives = Resources::new();
    let mut steps = Resources::new();
    for (is_native, container) in init {
        let container = part(container);
        let mut step = natives.clone();
        if *is_native {
            add(&mut total, container);
            add(&mut natives, container);
            step.clone_from(&natives);
        } else {
            add(&mut step, container);
        }
        raise(&mut steps, step);
    }
    raise(&mut total, steps);
    total
}

/// The names of the resources before and after a change, sorted.
pub fn resource_names<'r>(before: &'r Resources, after: Option<&'r Resources>) -> BTreeSet<&'r String> {
    before.keys().chain(after.into_iter().flat_map(BTreeMap::keys)).collect()
}

/// Adds quantities `count` times.
pub fn add_resources(to: &mut Resources, other: &Resources, count: u64) {
    for (name, quantity) in other {
        let sum = to.entry(name.clone()).or_insert(Quantity::ZERO);
        *sum = sum.plus(quantity.times(count));
    }
}

fn add(to: &mut Resources, other: &Resources) {
    add_resources(to, other, 1);
}

/// Raises quantities to those of `other` that are larger.
fn raise(to: &mut Resources, other: Resources) {
    for (name, quantity) in other {
        let known = to.entry(name).or_insert(quantity);
        if quantity > *known {
            *known = quantity;
        }
    }
}

/// The pod's own requests and limits, which replace those of its containers, with the defaults that the API server adds.
fn pod_level(spec: &Map<String, Value>, requests: &Resources, limits: &Resources) -> Option<Pair> {
    let resources = spec.get("resources")?.as_object()?;
    let is_huge = |name: &str| name.starts_with("hugepages-");
    let is_supported = |name: &str| matches!(name, "cpu" | "memory") || is_huge(name);
    let given = |key: &str| -> Resources {
        quantities(resources.get(key)).into_iter().filter(|(name, _)| is_supported(name)).collect()
    };
    let mut pod = Pair { requests: given("requests"), limits: given("limits") };
    if resources.get("limits").and_then(Value::as_object).is_some_and(|limits| !limits.is_empty()) {
        for (name, limit) in limits.iter().filter(|(name, _)| is_huge(name)) {
            pod.limits.entry(name.clone()).or_insert(*limit);
        }
        for (name, request) in requests.iter().filter(|(name, _)| is_supported(name) && !is_huge(name)) {
            pod.requests.entry(name.clone()).or_insert(*request);
        }
        for (name, limit) in &pod.limits {
            pod.requests.entry(name.clone()).or_insert(*limit);
        }
    }
    Some(pod)
}

/// The requests and limits of a container that the API server stores.
fn container_resources(container: &Value, admission: Admission<'_>) -> Pair {
    let resources = container.get("resources");
    let given = |key: &str| quantities(resources.and_then(|resources| resources.get(key)));
    let (mut requests, mut limits) = (given("requests"), given("limits"));
    let fill = |to: &mut Resources, from: Resources| {
        for (name, quantity) in from {
            to.entry(name).or_insert(quantity);
        }
    };
    fill(&mut requests, limits.clone());
    let defaults = |map: Option<&Map<String, Value>>| map.map(of_map).unwrap_or_default();
    fill(&mut limits, defaults(admission.limits));
    fill(&mut requests, defaults(admission.requests));
    Pair { requests, limits }
}

/// The quantities of a mapping, without values that are not a quantity.
fn quantities(map: Option<&Value>) -> Resources {
    map.and_then(Value::as_object).map(of_map).unwrap_or_default()
}

fn of_map(map: &Map<String, Value>) -> Resources {
    map.iter().filter_map(|(name, value)| Some((name.clone(), Quantity::of(value)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn odd_quantities_are_named() {
        let resources = json!({"requests": {"cpu": "1 Gi", "memory": "1GB"}, "limits": {"cpu": 1, "memory": "1Gi"}});
        let pod = json!({"spec": {
            "containers": [{"name": "app", "resources": resources}], "overhead": {"cpu": true},
            "initContainers": [{"resources": {"limits": {"cpu": []}}}, 5],
        }});
        let expected = [
            "limits.cpu of container ",
            "requests.cpu of container app",
            "requests.memory of container app",
            "spec.overhead.cpu",
        ];
        assert_eq!(odd_quantities(&pod), expected);
        assert!(odd_quantities(&json!({})).is_empty());
    }

    /// The effective requests and limits as text.
    fn of(spec: &Value) -> (String, String) {
        let resources = effective_resources(&json!({"spec": spec}), Admission::default());
        let text = |map: &Resources| map.iter().map(|(name, q)| format!("{name}={q}")).collect::<Vec<_>>().join(" ");
        (text(&resources.requests), text(&resources.limits))
    }

    fn container(cpu: &str) -> Value {
        json!({"name": "a", "resources": {"requests": {"cpu": cpu}}})
    }

    fn native(cpu: &str) -> Value {
        json!({"name": "a", "restartPolicy": "Always", "resources": {"requests": {"cpu": cpu}}})
    }

    #[test]
    fn a_native_sidecar_costs_more_beside_a_large_init_container() {
        let requests = |spec: Value| of(&spec).0;
        let regular = json!({"initContainers": [container("1")], "containers": [container("500m"), container("100m")]});
        assert_eq!(requests(regular), "cpu=1");
        let small = json!({"initContainers": [native("100m"), container("100m")], "containers": [container("500m")]});
        assert_eq!(requests(small), "cpu=600m");
        let large = json!({"initContainers": [native("100m"), container("1")], "containers": [container("500m")]});
        assert_eq!(requests(large), "cpu=1100m");
        let before = json!({"initContainers": [container("1"), native("100m")], "containers": [container("500m")]});
        assert_eq!(requests(before), "cpu=1");
    }

    #[test]
    fn the_pods_own_resources_replace_the_sum_and_overhead_comes_last() {
        let spec = json!({
            "containers": [{"name": "a", "resources": {"limits": {"cpu": "2", "example.com/gpu": 1}}}],
            "resources": {"limits": {"cpu": "1", "memory": "1Gi"}},
            "overhead": {"cpu": "100m", "memory": "10Mi", "storage": "1"},
        });
        assert_eq!(
            of(&spec),
            (
                "cpu=2100m example.com/gpu=1 memory=1034Mi storage=1".into(),
                "cpu=1100m example.com/gpu=1 memory=1034Mi".into()
            )
        );
    }

    #[test]
    fn requests_come_from_limits_and_then_from_the_namespace() {
        let (limits, requests) = (json!({"cpu": "1", "memory": "1Gi"}), json!({"cpu": "10m", "memory": "1Mi"}));
        let admission = Admission { limits: limits.as_object(), requests: requests.as_object(), pull_secrets: &[] };
        let pod = json!({"spec": {"containers": [{"name": "a", "resources": {"limits": {"cpu": "2"}}}]}});
        let resources = effective_resources(&pod, admission);
        assert_eq!(resources.requests.get("cpu").map(ToString::to_string).as_deref(), Some("2"));
        assert_eq!(resources.requests.get("memory").map(ToString::to_string).as_deref(), Some("1Mi"));
        assert_eq!(resources.limits.get("memory").map(ToString::to_string).as_deref(), Some("1Gi"));
    }

    #[test]
    fn own_resources_must_hold_those_of_the_containers() {
        let tight = |resources: Value, containers: Value| {
            let pod = json!({"spec": {"resources": resources, "containers": containers}});
            let found = tight_resources(&pod, Admission::default()).into_iter();
            let text = |tight: TightResources| format!("{:?} {} {}", tight.part, tight.own, tight.least);
            found.map(text).collect::<Vec<_>>().join(", ")
        };
        let two = json!([container("500m"), container("100m")]);
        assert_eq!(tight(json!({"requests": {"cpu": "100m"}}), two.clone()), "Request 100m 600m");
        assert_eq!(tight(json!({"requests": {"cpu": "600m"}}), two.clone()), "");
        assert_eq!(tight(json!({"limits": {"cpu": "500m"}}), two.clone()), "LimitForRequests 500m 600m");
        assert_eq!(tight(json!({"limits": {"memory": "1Gi"}}), two), "");
        let limited = json!([{"name": "a", "resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "2"}}}]);
        assert_eq!(tight(json!({"limits": {"cpu": "1"}}), limited), "LimitForContainer 1 2");
    }
}
