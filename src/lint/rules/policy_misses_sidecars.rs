//! An admission policy that looks at `spec.containers` alone, and so misses native sidecars.
//!
//! ## Why
//!
//! Native sidecars are init containers. A policy about images, privileges or resources that goes through `spec.containers`
//! alone does not see them: they are not checked, or do not get what the policy adds.
//!
//! The rule looks at Kyverno policies, Gatekeeper `ConstraintTemplate`s, `ValidatingAdmissionPolicy` and
//! `MutatingAdmissionPolicy`. A policy that mentions `initContainers` anywhere is not reported, nor is one about probes or
//! `lifecycle`, which most init containers cannot have.
//!
//! ## Example
//!
//! ```yaml
//! kind: ValidatingAdmissionPolicy
//! spec:
//!   validations:
//!   - expression: object.spec.containers.all(c, c.image.startsWith("registry.example.com/"))
//! ```
//!
//! Write instead:
//!
//! ```yaml
//! kind: ValidatingAdmissionPolicy
//! spec:
//!   variables:
//!   - name: containers
//!     expression: object.spec.containers + object.spec.?initContainers.orValue([])
//!   validations:
//!   - expression: variables.containers.all(c, c.image.startsWith("registry.example.com/"))
//! ```
//!
//! ## Fix
//!
//! None: what a policy is for is not known.
//!
//! ## Source
//!
//! Kubernetes 1.29.
//! [Kubernetes: sidecar containers](https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/)

use std::ops::Range;

use crate::lint::context::LintedObject;
use crate::lint::finding::Findings;
use crate::lint::node::Node;
use crate::lint::rule::{Check, Rule, Severity};
use lossless_yaml::NodeId;

pub(super) static RULE: Rule = Rule {
    name: "policy-misses-sidecars",
    severity: Severity::Warning,
    is_default: true,
    checks: &[Check::Object(find)],
    source: include_str!("policy_misses_sidecars.rs"),
};

/// How deeply policies are searched.
const MAX_DEPTH: usize = 40;

/// What a text has that goes through the app containers.
const CONTAINERS: &str = "spec.containers";

/// What policies are about that app containers alone have.
const OF_APPS: [&str; 4] = ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle"];

fn find(object: &LintedObject<'_>, findings: &mut Findings<'_>) {
    let group = object.api_version.split('/').next().unwrap_or_default();
    let is_policy = match group {
        "kyverno.io" | "policies.kyverno.io" => object.kind.ends_with("Policy"),
        "templates.gatekeeper.sh" => object.kind == "ConstraintTemplate",
        "admissionregistration.k8s.io" => object.kind.ends_with("AdmissionPolicy"),
        _ => false,
    };
    let Some(spec) = object.node.get("spec").filter(|_| is_policy) else { return };
    let mut search = Search::default();
    search.node(&spec, 0);
    if search.is_excused {
        return;
    }
    if let Some((node, part)) = search.found {
        let found = findings
            .add(node, "this looks at spec.containers alone, and misses native sidecars in spec.initContainers");
        found.help("go through spec.initContainers too");
        if let Some(part) = part {
            found.part(part);
        }
    }
}

/// What a policy mentions.
#[derive(Default)]
struct Search {
    /// The first place that goes through the app containers.
    found: Option<(NodeId, Option<Range<usize>>)>,
    /// Whether init containers are mentioned too, or something that app containers alone have.
    is_excused: bool,
}

impl Search {
    fn node(&mut self, node: &Node<'_>, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        if let Some(text) = node.text() {
            self.excuse(text);
            let start = text.find(CONTAINERS).filter(|_| self.found.is_none());
            if let Some(start) = start {
                self.found = Some((node.id(), Some(start..start + CONTAINERS.len())));
            }
        }
        for entry in node.entries() {
            self.excuse(&entry.name);
            // Kyverno's patterns have anchors such as `=(containers)`.
            let key = entry.name.trim_matches(|c: char| !c.is_ascii_alphabetic());
            if key == "containers" && self.found.is_none() {
                self.found = Some((entry.key, None));
            }
            self.node(&entry.value, depth + 1);
        }
        for item in node.items() {
            self.node(&item, depth + 1);
        }
    }

    fn excuse(&mut self, text: &str) {
        self.is_excused |= text.contains("initContainers") || OF_APPS.iter().any(|word| text.contains(word));
    }
}
