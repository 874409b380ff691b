//! Limits of namespaces that sidecars exceed.

use serde_json::Value;

use super::command::argument;
use super::facts::{Known, items, text};
use super::namespace_labels::Namespace;
use super::{Answer, Check, Date, Facts, Group};
use crate::istio::names::DEFAULT_REVISION;
use crate::istio::value::at;
use crate::k8s::Quantity;
use crate::k8s::quantity::{compare_resources, sum_exceeds};

pub(super) const CHECK: Check = Check { code: "quota", group: Group::Admission, decides: false, answers };

const RESOURCES: [&str; 2] = ["cpu", "memory"];

/// The constraints of quotas that a proxy counts for: the resource, and whether its limit counts or its request.
const CONSTRAINTS: [(&str, &str, bool); 6] = [
    ("cpu", "cpu", false),
    ("memory", "memory", false),
    ("requests.cpu", "cpu", false),
    ("requests.memory", "memory", false),
    ("limits.cpu", "cpu", true),
    ("limits.memory", "memory", true),
];

/// The maxima of a `LimitRange` for containers and pods.
#[derive(Debug)]
pub(super) struct LimitRange {
    namespace: String,
    name: String,
    /// Each with its resource.
    maxima: Vec<(&'static str, String)>,
}

impl LimitRange {
    pub(super) fn of(value: &Value) -> Self {
        let limits = items(value, &["spec", "limits"]).iter();
        let limits = limits.filter(|limit| matches!(text(limit, &["type"]), "Container" | "Pod"));
        let maxima = |limit: &Value| {
            let of = |resource: &'static str| Some((resource, quantity(at(limit, &["max", resource])?)));
            RESOURCES.into_iter().filter_map(of).collect::<Vec<_>>()
        };
        Self {
            namespace: text(value, &["metadata", "namespace"]).to_owned(),
            name: text(value, &["metadata", "name"]).to_owned(),
            maxima: limits.flat_map(maxima).collect(),
        }
    }
}

/// A quantity as text.
fn quantity(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The proxy's requests and limits.
struct Proxy<'f> {
    resources: Option<&'f Value>,
}

impl<'f> Proxy<'f> {
    /// Those of the revision that injects the namespace, or of another one.
    fn of(facts: &'f Facts, namespace: &Namespace) -> Self {
        let revision = if namespace.injection == "enabled" { DEFAULT_REVISION } else { namespace.revision.as_str() };
        let injectors = &facts.injectors;
        let mine = injectors.iter().find(|injector| injector.revision == revision).or_else(|| injectors.first());
        Self { resources: mine.and_then(|injector| at(&injector.values, &["global", "proxy", "resources"])) }
    }

    /// A request or limit; none if the values set none. Without values, those of the chart.
    fn get(&self, is_limit: bool, resource: &str) -> Option<String> {
        let Some(resources) = self.resources else {
            return Some(
                match (is_limit, resource) {
                    (false, "cpu") => "100m",
                    (false, _) => "128Mi",
                    (true, "cpu") => "2000m",
                    (true, _) => "1024Mi",
                }
                .to_owned(),
            );
        };
        let of = |key: &str| at(resources, &[key, resource]).map(quantity);
        if is_limit { of("limits") } else { of("requests").or_else(|| of("limits")) }
    }
}

fn answers(facts: &Facts, _: Date) -> Vec<Answer> {
    if !facts.known.contains(&Known::Limits) {
        let text = "the input has neither LimitRanges nor ResourceQuotas";
        return vec![Answer::unknown("", text).fix("kubectl get limitranges,resourcequotas -A -o yaml")];
    }
    if facts.namespaces.is_empty() {
        let text = "which namespaces have sidecars is not in the input";
        return vec![Answer::unknown("", text).fix("kubectl get namespaces -o yaml")];
    }
    let injected = facts.namespaces.iter().filter(|namespace| namespace.is_injected());
    let answers: Vec<Answer> = injected.filter_map(|namespace| of_namespace(facts, namespace)).collect();
    if answers.is_empty() {
        vec![Answer::ok("", "no limit of a namespace is below the proxy's resources")]
    } else {
        answers
    }
}

/// The limits of a namespace that its proxies exceed; none if they exceed none.
fn of_namespace(facts: &Facts, namespace: &Namespace) -> Option<Answer> {
    let proxy = Proxy::of(facts, namespace);
    let mut seen = Vec::new();
    for range in facts.limit_ranges.iter().filter(|range| range.namespace == namespace.name) {
        for (resource, max) in &range.maxima {
            let most = proxy.get(true, resource).or_else(|| proxy.get(false, resource));
            if let Some(most) = most.filter(|most| compare_resources(most, max).is_some_and(std::cmp::Ordering::is_gt))
            {
                seen.push(format!("LimitRange {}: {resource} {max} at most, the proxy has {most}", range.name));
            }
        }
    }
    let quotas = facts.quotas.iter().filter(|(of, _)| *of == namespace.name).map(|(_, quota)| quota);
    // Pods with a sidecar have requests.
    for quota in quotas.filter(|quota| !quota.is_for_best_effort) {
        for (key, resource, is_limit) in CONSTRAINTS {
            let (Some(hard), Some(more)) = (quota.hard.get(key), proxy.get(is_limit, resource)) else { continue };
            let used = quota.used.get(key).unwrap_or(&Quantity::ZERO);
            if sum_exceeds(&used.to_string(), &more, &hard.to_string()) == Some(true) {
                seen.push(format!("ResourceQuota {}: {key} {used} of {hard} used, the proxy adds {more}", quota.name));
            }
        }
    }
    let show = format!("kubectl describe limitranges,resourcequotas -n {}", argument(&namespace.name, "NAMESPACE"));
    (!seen.is_empty()).then(|| {
        let text = "the API server refuses pods with a sidecar";
        Answer::warn(seen.join("; "), text).about(format!("namespace {}", namespace.name)).fix(show)
    })
}
