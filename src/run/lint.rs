//! The task of `lint`: finds problems in documents, and fixes them.

use super::objects::{ScanError, scan};
use super::{DocumentOutcome, ResolvedMesh, Task, TaskError, WholeDocument, WorkloadNode};
use crate::diagnostic::Diagnostic;
use crate::input::{Batch, Inputs, ListSizes};
use crate::istio::{ClusterObjects, Document, Namespaces};
use crate::k8s::plainly_without_templates;
use crate::lint::{Facts, Grade, Linter};
use crate::output::{Entry, Remark};
use lossless_yaml::{Chunk, Draft, Tree, YamlError};

/// Finds problems in documents, and fixes them.
pub struct Lint<'l> {
    /// Checks documents.
    pub linter: Linter<'l>,
    /// The fixes to apply; `None` to change nothing.
    pub fixes: Option<Grade>,
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
        Some(self.lint(document).unwrap_or_else(|error| DocumentOutcome {
            problems: vec![Diagnostic::from(&error).in_file(&**document.file)],
            ..DocumentOutcome::default()
        }))
    }
}

impl Lint<'_> {
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
        (outcome.findings, outcome.problems) = (linted.findings, linted.undecided);
        Ok(outcome)
    }
}

/// The facts in documents of the input that rules about other documents need. Inputs that can be read only once are kept for
/// the run.
pub fn lint_facts(linter: &Linter<'_>, namespaces: Namespaces, inputs: &mut Inputs) -> Result<Facts, ScanError> {
    let mut facts = Facts { namespaces, ..Facts::default() };
    scan(inputs, ListSizes::WHOLE, &mut |file, batch| {
        let is_kustomization = Facts::is_kustomization(file);
        if is_kustomization || Facts::may_have_config_map(&batch.bytes) {
            for tree in trees(&batch, &|bytes| is_kustomization || Facts::may_have_config_map(bytes)) {
                if is_kustomization {
                    facts.add_bases(file, &tree);
                }
                facts.add_config_maps(&tree, &linter.default_namespace);
            }
        }
    })?;
    if !facts.config_maps.is_empty() {
        scan(inputs, ListSizes::WHOLE, &mut |_, batch| {
            for tree in trees(&batch, &Facts::may_mount) {
                linter.add_mounts(&tree, &mut facts);
            }
        })?;
    }
    Ok(facts)
}

/// The documents of a batch that `are_wanted`. Those that cannot be parsed are reported by the run.
fn trees<'b>(batch: &'b Batch, are_wanted: &dyn Fn(&[u8]) -> bool) -> Vec<Tree<'b>> {
    let tree = |chunk: &Chunk| {
        let text = Some(batch.text(chunk)).filter(|text| are_wanted(text))?;
        Tree::parse(std::str::from_utf8(text).ok()?, chunk.start).ok()
    };
    batch.documents.iter().filter_map(tree).collect()
}

/// Lets namespaces decide which pods are injected if the files of the mesh have both its webhooks and the namespaces. Those in
/// manifests never decide, as they are rarely complete.
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
