//! The task of `lint`: finds problems in documents, and fixes them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::document::task_problems;
use super::explain::unexplained;
use super::objects::{ScanError, scan};
use super::preview::DiffedGroups;
use super::{
    DocumentOutcome, Hidden, MeshUse, ResolvedMesh, Selection, Task, TaskError, WholeDocument, WorkloadNode, resolve,
};
use crate::config::MeshSettings;
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::explain::ExplainError;
use crate::input::{Batch, Inputs, ListSizes};
use crate::istio::mesh_file::File;
use crate::istio::platform::Platform;
use crate::k8s::{Kinds, Object, passes_unparsed, unparsed_without_templates};
use crate::lint::{Depending, Facts, Finding, Grade, Linted, Linter, MeshSource, RuleSet, Severity};
use crate::output::{Checked, Entry, Remark, RunInfo, plural};
use lossless_yaml::{Chunk, Draft, Tree, YamlError};

/// Finds problems in documents, and fixes them.
pub struct Lint<'l> {
    linter: Linter<'l>,
    fixes: Option<Grade>,
    has_workloads: AtomicBool,
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
        let Depending { on_nodes, on_istiod } = self.depending();
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

impl Lint<'_> {
    /// Lints the files of the mesh.
    pub fn find_in_mesh_files(&self, mesh: &ResolvedMesh) -> Vec<Finding> {
        let (files, maps) = (mesh.sources.files().iter(), mesh.sources.maps());
        files.flat_map(|file| self.linter.lint_mesh_file(&file.name.as_str().into(), &file.text, maps)).collect()
    }

    /// What was checked so far.
    pub fn checked(&self) -> Checked {
        match self.has_workloads.load(Ordering::Relaxed) {
            false => Checked::Nothing,
            true if self.depending() == Depending::default() => Checked::Wholly,
            true => Checked::Partly,
        }
    }

    fn depending(&self) -> Depending {
        *self.depending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lint(&self, document: WholeDocument<'_>) -> Result<DocumentOutcome, YamlError> {
        let WholeDocument { file, text, first } = document;
        let mut outcome = DocumentOutcome::default();
        if passes_unparsed(text, self.linter.kinds) && !Linter::may_concern(text) {
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
        if chosen > 0 {
            self.has_workloads.store(true, Ordering::Relaxed);
        }
        if depending != Depending::default() {
            let mut all = self.depending.lock().unwrap_or_else(PoisonError::into_inner);
            all.on_nodes += depending.on_nodes;
            all.on_istiod += depending.on_istiod;
        }
        Ok(outcome)
    }
}

/// What to lint, and how.
pub struct LintRequest<'r> {
    /// The mesh.
    pub mesh: &'r MeshSettings,
    /// The workloads to lint.
    pub selection: &'r Selection,
    /// Where pod templates are in objects.
    pub kinds: &'r Kinds,
    /// The rules that run.
    pub rules: RuleSet,
    /// The findings that are hidden.
    pub hidden: &'r Hidden,
    /// The fixes to apply; `None` to change nothing.
    pub fixes: Option<Grade>,
    /// Whether findings need the text changes of their fixes.
    pub shows_changes: bool,
}

/// Resolves the mesh, collects facts from the inputs, and passes the task to `work`, with the part of the report about the
/// mesh.
pub fn with_lint<T>(
    request: LintRequest<'_>,
    inputs: &mut Inputs,
    work: impl FnOnce(&Lint<'_>, RunInfo, &Inputs, &ResolvedMesh) -> Result<T, Diagnostic>,
) -> Result<T, Diagnostic> {
    let LintRequest { mesh: settings, selection, kinds, rules, hidden, fixes, shows_changes } = request;
    let default_namespace = selection.default_namespace.clone();
    // 1. The mesh.
    let source = if *settings == MeshSettings::default() { MeshSource::Assumed } else { MeshSource::Given };
    let is_assumed = source == MeshSource::Assumed;
    let mut mesh = resolve(settings, inputs, &default_namespace, MeshUse::Decisions, is_assumed)?;
    let namespaces = mesh.meshes.objects.namespaces.clone();
    respect_namespaces_of_mesh(&mut mesh);
    let mut info = RunInfo { without_totals: true, ..std::mem::take(&mut mesh.info) };
    // 2. The inputs.
    let is_chosen = |tree: &Tree<'_>, object: &Object| selection.leaves_out(tree, object).is_none();
    let is_hidden = |finding: &Finding| hidden.hides(finding);
    let undecided = |tree: &Tree<'_>, object: &Object, namespace: &str, error: &ExplainError<'_>| {
        let (workloads, diffed) = (std::slice::from_ref(object), &DiffedGroups::default());
        let target = WorkloadNode { tree, workloads, object, namespace, diffed };
        task_problems("", &target, unexplained(&mesh.sources, &mesh.meshes, &target, error))
    };
    let mut linter = Linter {
        meshes: &mesh.meshes,
        source,
        aks_revision: settings.platform.as_ref().and_then(aks_revision),
        has_mesh_files: !settings.mesh_files.is_empty(),
        rules,
        facts: Facts { namespaces, ..Facts::default() },
        kinds,
        default_namespace,
        is_chosen: &is_chosen,
        undecided: &undecided,
        shows_changes,
        is_hidden: &is_hidden,
    };
    find_facts(&mut linter, fixes, inputs).map_err(|error| Diagnostic::from(&error))?;
    info.notes.extend(bases_note(&linter.facts));
    work(
        &Lint { linter, fixes, has_workloads: AtomicBool::new(false), depending: Mutex::default() },
        info,
        inputs,
        &mesh,
    )
}

/// The revision of the AKS add-on, empty if not given; `None` for another platform.
fn aks_revision(platform: &Platform) -> Option<String> {
    matches!(platform, Platform::Aks(_)).then(|| platform.revision().unwrap_or_default())
}

/// Collects the facts in documents that rules about other documents need. Inputs that can be read only once are kept for the
/// run.
fn find_facts(linter: &mut Linter<'_>, fixes: Option<Grade>, inputs: &mut Inputs) -> Result<(), ScanError> {
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

/// Lets namespaces decide which pods are injected if the files of the mesh have both its webhooks and the namespaces. Those in
/// manifests never decide, as they are rarely complete.
fn respect_namespaces_of_mesh(mesh: &mut ResolvedMesh) {
    let has_webhooks = |file: &File| file.text.contains("MutatingWebhookConfiguration");
    if !mesh.meshes.respect_namespaces && !mesh.namespaces.is_empty() && mesh.sources.files().iter().any(has_webhooks) {
        mesh.meshes.objects.namespaces = std::mem::take(&mut mesh.namespaces);
        mesh.meshes.respect_namespaces = true;
    }
}

/// The note about files that a kustomization builds from.
fn bases_note(facts: &Facts) -> Option<Remark> {
    let (first, count) = (facts.bases.first()?, facts.bases.len());
    let others = if count > 1 { format!(" and {} more files", count - 1) } else { String::new() };
    let text = format!(
        "a kustomization builds from {}{others}: traps are not reported there; lint the output of kustomize build, too",
        first.display()
    );
    Some(Remark::new("kustomize-base", text))
}

/// The exit code of a run with these findings. Infos alone do not make it fail.
pub fn verdict(findings: &[Finding]) -> ExitCode {
    let fails = findings.iter().any(|finding| finding.rule.severity != Severity::Info);
    if fails { ExitCode::Differences } else { ExitCode::Success }
}
