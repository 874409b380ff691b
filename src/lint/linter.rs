//! Looks at documents: hands each rule the objects and pod templates that it asks for, and places its findings.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::apply::{apply, independent};
use super::context::{Knowledge, LintedObject, MeshSource, Pod, SelectedBy};
use super::decision::{decide, undecided};
use super::facts::Facts;
use super::finding::{Change, Finding, Findings, Found};
use super::fix::{Fix, Grade};
use super::ignores::{Ignore, WORDS};
use super::items::{Item, items};
use super::node::Node;
use super::place::Placed;
use super::rule::{Check, Need, Rule};
use super::rule_set::RuleSet;
use super::rules::{is_trap, unused_ignore};
use crate::diagnostic::Diagnostic;
use crate::explain::{ExplainError, Proxy};
use crate::inject::Meshes;
use crate::k8s::{Kinds, Object, Unhandled, objects};
use lossless_yaml::{NodeId, Place, Tree, YamlError, split};

/// How often a document is fixed and looked at again.
const MAX_ROUNDS: usize = 100;

/// The most bytes to edit to find the text changes of a document's fixes, each by itself.
const MAX_CHANGES: usize = 64 << 20;

/// Lints documents with a set of rules.
pub struct Linter<'l> {
    /// The meshes that inject.
    pub meshes: &'l Meshes,
    /// Where the knowledge about them comes from.
    pub source: MeshSource,
    /// The revision of the AKS add-on, empty if unknown; `None` for another mesh.
    pub aks_revision: Option<String>,
    /// Whether files describe the mesh.
    pub has_mesh_files: bool,
    /// The rules.
    pub rules: RuleSet,
    /// Facts from other documents of the input.
    pub facts: Facts,
    /// Where objects have pod templates.
    pub kinds: &'l Kinds,
    /// The namespace of objects that name none.
    pub default_namespace: String,
    /// Whether a workload is chosen.
    pub is_chosen: &'l (dyn Fn(&Tree<'_>, &Object) -> bool + Sync),
    /// The errors for a workload that cannot be decided. They are in no file yet.
    pub undecided: &'l Undecided<'l>,
    /// Whether findings need the text changes of their fixes.
    pub shows_changes: bool,
    /// Whether a finding is hidden by a setting or a baseline.
    pub is_hidden: &'l (dyn Fn(&Finding) -> bool + Sync),
}

/// Makes the errors for a workload, in the namespace of its pods, that cannot be decided.
pub type Undecided<'l> = dyn Fn(&Tree<'_>, &Object, &str, &ExplainError<'_>) -> Vec<Diagnostic> + Sync + 'l;

/// What was found in a document.
#[derive(Debug, Default)]
pub struct Linted {
    /// The findings, by position.
    pub findings: Vec<Finding>,
    /// Why workloads could not be decided. The rules about their proxies did not run.
    pub undecided: Vec<Diagnostic>,
    /// Objects that are not looked at although workloads are created from them.
    pub unhandled: Vec<Unhandled>,
    /// The indices of the added template paths that led to a pod template.
    pub used: BTreeSet<usize>,
    /// How many workloads were chosen.
    pub chosen: usize,
    /// How many of them are neither native nor regular.
    pub depending: Depending,
}

/// How many workloads are neither native nor regular, because something is unknown. Rules about either did not run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depending {
    /// Those that depend on the nodes.
    pub on_nodes: usize,
    /// Those that depend on istiod's environment.
    pub on_istiod: usize,
}

/// A document after its fixes.
#[derive(Debug, Default)]
pub struct Fixed {
    /// The text; `None` if nothing was fixed.
    pub text: Option<String>,
    /// How many findings were fixed.
    pub count: usize,
    /// What remains.
    pub remaining: Linted,
}

impl Linter<'_> {
    /// Whether a document may have findings although it has no pod template.
    pub fn may_concern(text: &str) -> bool {
        const WORDS_OF_OBJECTS: [&str; 5] = ["Namespace", "Service", "quitquitquit", "olicy", "ConstraintTemplate"];
        text.contains(WORDS) || WORDS_OF_OBJECTS.iter().any(|word| text.contains(word))
    }

    /// Lints a document and applies fixes until nothing changes.
    pub fn fix(&self, file: &Arc<str>, text: &str, first: Place, most: Grade) -> Result<Fixed, YamlError> {
        let mut fixed = Fixed::default();
        // Fixes that cannot be made.
        let mut refused: HashSet<(&str, String)> = HashSet::new();
        let identity = |finding: &Finding| (finding.rule.name, finding.path.clone());
        for _ in 0..MAX_ROUNDS {
            let tree = Tree::parse(fixed.text.as_deref().unwrap_or(text), first)?;
            let mut linted = self.look(file, &tree)?;
            let usable = |finding: &&Finding| {
                finding.fix.as_ref().is_some_and(|fix| fix.grade <= most) && !refused.contains(&identity(finding))
            };
            let usable: Vec<(&Finding, &Fix)> = linted
                .findings
                .iter()
                .filter(usable)
                .filter_map(|finding| Some((finding, finding.fix.as_ref()?)))
                .collect();
            let chosen = independent(usable.iter().map(|(_, fix)| *fix));
            let mut made = apply(&tree, &chosen).ok().map(|new| (new, chosen.len()));
            if made.is_none() {
                // One of them cannot be made: find one that can.
                for (finding, fix) in &usable {
                    made = apply(&tree, &[fix]).ok().map(|new| (new, 1));
                    if made.is_some() {
                        break;
                    }
                    refused.insert(identity(finding));
                }
            }
            let Some((new, count)) = made.filter(|(new, _)| new != tree.text()) else {
                for finding in linted.findings.iter_mut().filter(|finding| refused.contains(&identity(finding))) {
                    finding.fix = None;
                }
                self.add_changes(&tree, &mut linted);
                fixed.remaining = linted;
                return Ok(fixed);
            };
            fixed.count += count;
            fixed.text = Some(new);
        }
        let tree = Tree::parse(fixed.text.as_deref().unwrap_or(text), first)?;
        fixed.remaining = self.lint(file, &tree)?;
        Ok(fixed)
    }

    /// Lints a document.
    pub fn lint(&self, file: &Arc<str>, tree: &Tree<'_>) -> Result<Linted, YamlError> {
        let mut linted = self.look(file, tree)?;
        self.add_changes(tree, &mut linted);
        Ok(linted)
    }

    /// Adds the text changes of fixes if requested, unless the document is too long for its number of fixes.
    fn add_changes(&self, tree: &Tree<'_>, linted: &mut Linted) {
        let fixes = linted.findings.iter().filter(|finding| finding.fix.is_some()).count();
        if !self.shows_changes || fixes.saturating_mul(tree.text().len()) > MAX_CHANGES {
            return;
        }
        for finding in &mut linted.findings {
            let new = finding.fix.as_ref().and_then(|fix| apply(tree, &[fix]).ok());
            finding.change = new.map(|new| change(tree, &new));
        }
    }

    fn look(&self, file: &Arc<str>, tree: &Tree<'_>) -> Result<Linted, YamlError> {
        let is_base = self.facts.is_base(file);
        let found = objects(tree, self.kinds)?;
        tree.check_repetition()?;
        let mut workloads: HashMap<NodeId, Vec<&Object>> = HashMap::new();
        for workload in &found.workloads {
            workloads.entry(workload.node).or_default().push(workload);
        }
        let ignores = if tree.text().contains(WORDS) { Ignore::all_in(tree) } else { Vec::new() };
        let known = Knowledge { source: self.source, facts: &self.facts, aks_revision: self.aks_revision.as_deref() };
        let items = items(tree);
        let mut visit = Visit {
            linter: self,
            placed: Placed::new(file, tree),
            ignores,
            silent: HashSet::new(),
            undecided: Vec::new(),
            depending: Depending::default(),
        };
        let mut chosen = 0;
        for item in &items {
            let namespace = item.namespace.as_deref().unwrap_or(&self.default_namespace);
            let templates = workloads.remove(&item.node.id()).unwrap_or_default();
            if templates.iter().any(|workload| !(self.is_chosen)(tree, workload)) {
                continue;
            }
            let object = LintedObject {
                node: item.node.clone(),
                api_version: &item.api_version,
                kind: &item.kind,
                name: &item.name,
                namespace,
                known,
            };
            visit.object(&object, item);
            chosen += templates.len();
            for workload in templates {
                let decision = decide(self.meshes, self.source, tree, workload, namespace);
                let decision = decision.map_err(|error| {
                    let errors = (self.undecided)(tree, workload, namespace, &error);
                    visit.undecided.extend(errors.into_iter().map(|error| error.in_file(&**file)));
                });
                let decision = decision.ok();
                let is_decided = decision.is_some();
                let Some(decision) = decision.or_else(|| undecided(self.meshes)) else { continue };
                let (object, template) = (item.node.clone(), template(tree, workload));
                let pod = Pod { workload, object, template, namespace, decision, known, commands: OnceCell::new() };
                visit.pod(&pod, item, is_decided);
            }
        }
        visit.unused_ignores(&items);
        let (undecided, depending) = (visit.undecided, visit.depending);
        let mut findings = visit.placed.sorted();
        let is_silent = |finding: &Finding| is_base && is_trap(finding.rule);
        findings.retain(|finding| !(is_silent(finding) || (self.is_hidden)(finding)));
        let (unhandled, used) = (found.unhandled, found.used);
        Ok(Linted { findings, undecided, unhandled, used, chosen, depending })
    }

    /// Lints a file of the mesh. `maps` names the `ConfigMap` of each injector.
    pub fn lint_mesh_file(&self, file: &Arc<str>, text: &str, maps: &[String]) -> Vec<Finding> {
        let mut findings = Vec::new();
        for chunk in split(text.as_bytes()) {
            let tree = text.get(chunk.range).map(|text| Tree::parse(text, chunk.start));
            // Unreadable documents were reported when the mesh was read.
            let Some(Ok(tree)) = tree.filter(|tree| tree.as_ref().is_ok_and(|tree| tree.check_repetition().is_ok()))
            else {
                continue;
            };
            let mut placed = Placed::new(file, &tree);
            for item in items(&tree).iter().filter(|item| item.kind == "ConfigMap") {
                let injector = maps.iter().position(|map| *map == item.name);
                let injector = injector.and_then(|position| self.meshes.injectors.get(position));
                let (Some(injector), Some(config)) = (injector, item.node.at(&["data", "config"])) else { continue };
                for rule in self.rules.enabled() {
                    for check in rule.checks {
                        let Check::If(Need::MeshFile, Check::MeshFile(find)) = check else { continue };
                        let namespace = item.namespace.as_deref().unwrap_or_default();
                        placed.add(rule, item, namespace, found(|findings| find(&config, injector, findings)));
                    }
                }
            }
            findings.extend(placed.sorted());
        }
        findings
    }

    /// Whether the run knows what a rule needs.
    fn knows(&self, need: Need) -> bool {
        match need {
            Need::Mesh => self.source == MeshSource::Given,
            Need::Aks => self.aks_revision.is_some(),
            Need::MeshFile => self.has_mesh_files,
        }
    }

    /// Whether a rule runs, given the facts about the run.
    fn runs(&self, rule: &Rule) -> bool {
        let is_known = |check: &Check| match check {
            Check::If(need, _) => self.knows(*need),
            _ => true,
        };
        self.rules.has(rule) && (rule.checks.is_empty() || rule.checks.iter().any(is_known))
    }
}

/// Looks at one document.
struct Visit<'v> {
    linter: &'v Linter<'v>,
    placed: Placed<'v>,
    ignores: Vec<Ignore>,
    /// Where rules would report something if the pod had another proxy.
    silent: HashSet<(&'static str, usize)>,
    undecided: Vec<Diagnostic>,
    depending: Depending,
}

impl Visit<'_> {
    fn object(&mut self, object: &LintedObject<'_>, item: &Item<'_>) {
        for rule in self.linter.rules.enabled() {
            for check in rule.checks {
                if let Some(Check::Object(find)) = self.known(check) {
                    self.add(rule, item, object.namespace, found(|findings| find(object, findings)));
                }
            }
        }
    }

    fn pod(&mut self, pod: &Pod<'_>, item: &Item<'_>, is_decided: bool) {
        if pod.decision.proxy == Proxy::Depends && !pod.decision.is_other_template {
            let count = if pod.decision.by == SelectedBy::UnknownNodes {
                &mut self.depending.on_nodes
            } else {
                &mut self.depending.on_istiod
            };
            *count += 1;
        }
        for rule in self.linter.rules.enabled() {
            for check in rule.checks {
                let Some(Check::Pod { proxies, find }) = self.known(check) else { continue };
                let asks = proxies.len() < Proxy::ALL.len();
                if proxies.contains(&pod.decision.proxy) && (is_decided || !asks) {
                    self.add(rule, item, pod.namespace, found(|findings| find(pod, findings)));
                } else if self.ignores.iter().any(|ignore| ignore.rules.iter().any(|name| name == rule.name)) {
                    let silent = found(|findings| find(pod, findings));
                    self.silent.extend(silent.iter().map(|found| (rule.name, self.placed.line(found.node))));
                }
            }
        }
    }

    /// The check, if what it needs is known.
    fn known(&self, check: &'static Check) -> Option<&'static Check> {
        match check {
            Check::If(need, check) => self.linter.knows(*need).then_some(*check),
            check => Some(check),
        }
    }

    /// Adds findings that no comment suppresses.
    fn add(&mut self, rule: &'static Rule, item: &Item<'_>, namespace: &str, mut found: Vec<Found>) {
        if !self.ignores.is_empty() {
            found.retain(|found| {
                let line = self.placed.line(found.node);
                let ignore = self.ignores.iter_mut().find(|ignore| ignore.is_about(rule.name, line));
                ignore.map(|ignore| ignore.is_used = true).is_none()
            });
        }
        self.placed.add(rule, item, namespace, found);
    }

    /// Adds the comments that suppress nothing although all their rules ran.
    fn unused_ignores(&mut self, items: &[Item<'_>]) {
        if !self.linter.rules.has(&unused_ignore::RULE) {
            return;
        }
        for ignore in std::mem::take(&mut self.ignores) {
            let ran = |name: &String| {
                super::rule_set::rule(name)
                    .is_some_and(|rule| self.linter.runs(rule) && !self.silent.contains(&(rule.name, ignore.line)))
            };
            let unknown = ignore.unknown();
            if ignore.is_used || (unknown.is_none() && !ignore.rules.iter().all(ran)) {
                continue;
            }
            // The last object that begins before it, in Lists; else the only one.
            let before = items.iter().rev().find(|item| self.placed.line(item.node.id()) <= ignore.start.line);
            let Some(item) = before.or(items.first()) else { continue };
            let namespace = item.namespace.as_deref().unwrap_or(&self.linter.default_namespace);
            self.placed.add_comment(
                &unused_ignore::RULE,
                item,
                namespace,
                unused_ignore::found(&ignore, unknown.as_ref(), item.node.id()),
                &ignore,
            );
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

/// The change from the text of a document to a new one.
fn change(tree: &Tree<'_>, new: &str) -> Change {
    let old = tree.text();
    let same = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
    let start = old.floor_char_boundary(same).min(new.floor_char_boundary(same));
    let most = old.len().min(new.len()) - start;
    let same = old.bytes().rev().zip(new.bytes().rev()).take(most).take_while(|(a, b)| a == b).count();
    // Both texts end alike, so that a boundary of one is a boundary of the other.
    let end = old.ceil_char_boundary(old.len() - same);
    let text = new.get(start..new.len() - (old.len() - end)).unwrap_or_default().to_owned();
    Change { start: tree.place_at(start), end: tree.place_at(end), text }
}
