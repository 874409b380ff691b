//! The task of `lint`: finds what is wrong in documents.

use std::sync::{Mutex, PoisonError};

use super::document::task_problems;
use super::explain::unexplained;
use super::objects::{ScanError, scan};
use super::{DocumentOutcome, ResolvedMesh, Task, TaskError, WholeDocument, WorkloadNode};
use crate::diagnostic::Diagnostic;
use crate::explain::ExplainError;
use crate::input::{Batch, Inputs, ListSizes};
use crate::istio::{ClusterObjects, Document};
use crate::k8s::{Object, plainly_without_templates, unparsed_without_templates};
use crate::lint::{Depending, Facts, Grade, Linted, Linter};
use crate::output::{Entry, Remark, plural};
use lossless_yaml::{Chunk, Draft, Tree, YamlError};

/// Finds what is wrong in documents.
pub struct Lint<'l> {
    /// Looks at documents.
    pub linter: Linter<'l>,
    /// The fixes to apply; `None` if documents are only looked at.
    pub fixes: Option<Grade>,
    depending: Mutex<Depending>,
}

impl Task for Lint<'_> {
    fn apply(&self, _: &WorkloadNode<'_, '_>, _: &mut Draft<'_, '_>, _: &mut Entry) -> Result<(), TaskError> {
        debug_assert!(false, "lint works on whole documents");
        Ok(())
    }

    fn is_by_workload(&self) -> bool {
        false
    }

    fn document(&self, document: WholeDocument<'_>) -> Option<DocumentOutcome> {
        Some(self.lint(document).unwrap_or_else(|error| {
            let WholeDocument { file, text, first } = document;
            match unparsed_without_templates(text, first, &error, self.linter.kinds) {
                Some(unhandled) => DocumentOutcome { unhandled: vec![unhandled], ..DocumentOutcome::default() },
                None => DocumentOutcome {
                    problems: vec![Diagnostic::from(&error).in_file(&**file)],
                    ..DocumentOutcome::default()
                },
            }
        }))
    }

    fn notes(&self) -> Vec<Remark> {
        let Depending { on_nodes, on_istiod } = *self.depending.lock().unwrap_or_else(PoisonError::into_inner);
        let note = |count: usize, what: &str, flag: &str| {
            let (pods, depend) = if count == 1 { ("whose proxy", "depends") } else { ("whose proxies", "depend") };
            let workloads = plural(count, "workload");
            let text = format!("{workloads} {pods} {depend} on {what} were not checked for workarounds (pass {flag})");
            let text = if count == 1 { text.replace(" were ", " was ") } else { text };
            (count > 0).then(|| Remark::new("proxy-depends", text))
        };
        let nodes = note(on_nodes, "nodes that are not known", "--node-version");
        nodes.into_iter().chain(note(on_istiod, "istiod's environment", "--istiod-env")).collect()
    }
}

impl<'l> Lint<'l> {
    /// Looks at documents, and applies fixes up to this grade.
    pub fn new(linter: Linter<'l>, fixes: Option<Grade>) -> Self {
        Self { linter, fixes, depending: Mutex::default() }
    }

    fn lint(&self, document: WholeDocument<'_>) -> Result<DocumentOutcome, YamlError> {
        let WholeDocument { file, text, first } = document;
        let mut outcome = DocumentOutcome::default();
        if plainly_without_templates(text, self.linter.kinds) && !Linter::may_concern(text) {
            return Ok(outcome);
        }
        let linted = match self.fixes {
            Some(most) => {
                let fixed = self.linter.fix(file, text, first, most)?;
                (outcome.text, outcome.fixed) = (fixed.text, fixed.count);
                fixed.remaining
            }
            None => self.linter.lint(file, &Tree::parse(text, first)?)?,
        };
        let Linted { findings, undecided, unhandled, used, chosen, depending } = linted;
        (outcome.findings, outcome.problems) = (findings, undecided);
        (outcome.unhandled, outcome.used, outcome.chosen) = (unhandled, used, chosen);
        if depending != Depending::default() {
            let mut all = self.depending.lock().unwrap_or_else(PoisonError::into_inner);
            all.on_nodes += depending.on_nodes;
            all.on_istiod += depending.on_istiod;
        }
        Ok(outcome)
    }
}

/// The errors for a workload that cannot be decided, in no file yet.
pub fn undecided(
    mesh: &ResolvedMesh,
    (tree, object): (&Tree<'_>, &Object),
    namespace: &str,
    error: &ExplainError<'_>,
) -> Vec<Diagnostic> {
    let target = WorkloadNode { tree, object, namespace };
    task_problems("", &target, unexplained(&mesh.sources, &mesh.meshes, &target, error))
}

/// Finds out what documents of the input say that rules about other documents depend on. Inputs that can be read only once
/// are kept, so that the run can read them again.
pub fn find_facts(linter: &mut Linter<'_>, fixes: Option<Grade>, inputs: &mut Inputs) -> Result<(), ScanError> {
    let namespace = linter.default_namespace.clone();
    let facts = &mut linter.facts;
    scan(inputs, ListSizes::WHOLE, &mut |file, batch| {
        let is_kustomization = Facts::is_kustomization(file);
        if is_kustomization || Facts::may_have_config_map(&batch.bytes) {
            for tree in trees(&batch, &|bytes| is_kustomization || Facts::may_have_config_map(bytes)) {
                if is_kustomization {
                    facts.add_bases(file, &tree);
                }
                facts.add_config_maps(&tree, &namespace);
            }
        }
    })?;
    if linter.facts.config_maps.is_empty() {
        return Ok(());
    }
    let mut facts = linter.facts.clone();
    scan(inputs, ListSizes::WHOLE, &mut |_, batch| {
        for tree in trees(&batch, &Facts::may_mount) {
            linter.add_mounts(&tree, fixes, &mut facts);
        }
    })?;
    linter.facts = facts;
    Ok(())
}

/// The documents of a batch that `are_wanted`. Those that cannot be read are reported by the run.
fn trees<'b>(batch: &'b Batch, are_wanted: &dyn Fn(&[u8]) -> bool) -> Vec<Tree<'b>> {
    let tree = |chunk: &Chunk| {
        let text = Some(batch.text(chunk)).filter(|text| are_wanted(text))?;
        let tree = Tree::parse(std::str::from_utf8(text).ok()?, chunk.start).ok()?;
        tree.check_repetition().is_ok().then_some(tree)
    };
    batch.documents.iter().filter_map(tree).collect()
}

/// Lets namespaces decide which pods are injected where the files of the mesh have both its webhooks and the namespaces. Those
/// in manifests never decide: they rarely are all.
pub fn respect_namespaces_of_mesh(mesh: &mut ResolvedMesh, default_namespace: &str) {
    let files = mesh.sources.files();
    if mesh.meshes.respect_namespaces || !files.iter().any(|file| file.text.contains("MutatingWebhookConfiguration")) {
        return;
    }
    let mut objects = ClusterObjects::default();
    for file in files {
        // What is wrong with them was reported when the mesh was read.
        objects.read(Document { file: &file.name, line: 1, text: &file.text }, default_namespace);
    }
    if !objects.namespaces.is_empty() {
        mesh.meshes.objects.namespaces = objects.namespaces;
        mesh.meshes.respect_namespaces = true;
    }
}

/// The note about files that a kustomization builds from.
pub fn bases_note(facts: &Facts) -> Option<Remark> {
    let (first, count) = (facts.bases.first()?, facts.bases.len());
    let others = if count > 1 { format!(" and {} more files", count - 1) } else { String::new() };
    let text = format!(
        "a kustomization builds from {}{others}: traps are not reported there; lint the output of kustomize build, too",
        first.display()
    );
    Some(Remark::new("kustomize-base", text))
}
