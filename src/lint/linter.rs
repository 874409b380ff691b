//! Looks at documents: hands each rule the objects and pod templates that it asks for, and places its findings.

use std::sync::Arc;

use super::context::{Knowledge, LintedObject, MeshSource, Pod};
use super::decision::decide;
use super::facts::Facts;
use super::finding::{Finding, Findings, Found};
use super::items::{Item, items};
use super::node::Node;
use super::place::Placed;
use super::rule::Check;
use super::rule_set::RuleSet;
use crate::diagnostic::Diagnostic;
use crate::inject::Meshes;
use crate::k8s::{Kinds, Object, objects};
use lossless_yaml::{Tree, YamlError};

/// Looks at documents with a set of rules.
pub struct Linter<'l> {
    /// The meshes that inject.
    pub meshes: &'l Meshes,
    /// Where the knowledge about them comes from.
    pub source: MeshSource,
    /// The rules.
    pub rules: RuleSet,
    /// What other documents of the input say.
    pub facts: Facts,
    /// Where objects have pod templates.
    pub kinds: &'l Kinds,
    /// The namespace of objects that name none.
    pub default_namespace: String,
    /// Whether a workload is chosen.
    pub is_chosen: &'l (dyn Fn(&Tree<'_>, &Object) -> bool + Sync),
}

/// What was found in a document.
#[derive(Debug, Default)]
pub struct Linted {
    /// The findings, by position.
    pub findings: Vec<Finding>,
    /// Why workloads could not be decided. The rules about their pods did not run.
    pub undecided: Vec<Diagnostic>,
}

impl Linter<'_> {
    /// Looks at a document.
    pub fn lint(&self, file: &Arc<str>, tree: &Tree<'_>) -> Result<Linted, YamlError> {
        let workloads = objects(tree, self.kinds)?.workloads;
        let mut linted = Linted::default();
        let known = Knowledge { source: self.source, facts: &self.facts };
        let mut placed = Placed::new(file, tree);
        let items = items(tree);
        for item in &items {
            let namespace = item.namespace.as_deref().unwrap_or(&self.default_namespace);
            let templates: Vec<&Object> = workloads.iter().filter(|workload| workload.node == item.node.id()).collect();
            if templates.iter().any(|workload| !(self.is_chosen)(tree, workload)) {
                continue;
            }
            let object = LintedObject {
                node: item.node.clone(),
                api_version: &item.api_version,
                kind: &item.kind,
                name: &item.name,
                namespace,
                template: templates.first().map(|workload| template(tree, workload)),
                known,
            };
            for rule in self.rules.enabled() {
                for check in rule.checks {
                    if let Check::Object(find) = check {
                        placed.add(rule, item, namespace, found(|findings| find(&object, findings)));
                    }
                }
            }
            for workload in templates {
                let template = template(tree, workload);
                match decide(self.meshes, self.source, tree, workload, namespace) {
                    Ok(decision) => {
                        let node = item.node.clone();
                        let pod = Pod { workload, object: node, template, namespace, decision, known };
                        self.pod(&pod, item, &mut placed);
                    }
                    Err(undecided) => linted.undecided.push(undecided),
                }
            }
        }
        linted.findings = placed.sorted();
        Ok(linted)
    }

    fn pod(&self, pod: &Pod<'_>, item: &Item<'_>, placed: &mut Placed<'_>) {
        for rule in self.rules.enabled() {
            for check in rule.checks {
                if let Check::Pod { proxies, find } = check
                    && proxies.contains(&pod.decision.proxy)
                {
                    placed.add(rule, item, pod.namespace, found(|findings| find(pod, findings)));
                }
            }
        }
    }
}

/// What a rule finds.
fn found(find: impl FnOnce(&mut Findings<'_>)) -> Vec<Found> {
    let mut found = Vec::new();
    find(&mut Findings::new(&mut found));
    found
}

/// The pod template of a workload.
fn template<'c>(tree: &'c Tree<'c>, workload: &'c Object) -> Node<'c> {
    Node::new(tree, workload.template, workload.path.steps())
}
