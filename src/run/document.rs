//! Works on one document.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::list::ListPass;
use super::part::ExcerptFacts;
use super::pieces::pieces;
use super::preview::DiffedGroups;
use super::{DocumentOutcome, Job, TaskError, WholeDocument, WorkloadNode};
use crate::diagnostic::Diagnostic;
use crate::k8s::{
    Kinds, Object, Unhandled, helm_source, kustomize_origin, objects, passes_unparsed, unparsed_without_templates,
};
use crate::lint::Finding;
use crate::output::{self, Entry, Form, Reason, Warning};
use lossless_yaml::{Draft, Excerpt, Place, Tree, YamlError};

/// The results of the work on a document, apart from its new text.
#[derive(Default)]
pub(super) struct DocumentResults {
    pub entries: Vec<Entry>,
    pub problems: Vec<Diagnostic>,
    pub findings: Vec<Finding>,
    pub fixed: usize,
    pub unhandled: Vec<Unhandled>,
    /// The template that the document was rendered from.
    pub source: Option<Arc<str>>,
    /// Positions of the given template paths that led to a pod template.
    pub used: BTreeSet<usize>,
    /// How many workloads a task that works on whole documents chose.
    pub chosen: usize,
    /// Its pieces, for output forms that consist of pieces.
    pub pieces: Vec<String>,
}

/// A document, or an excerpt of a List.
#[derive(Clone, Copy)]
pub(super) struct InputDocument<'a> {
    /// The file, as the user named it.
    pub file: &'a Arc<str>,
    /// Its position in the file, from 1.
    pub number: usize,
    /// Its text.
    pub text: &'a str,
    /// Where it begins.
    pub first: Place,
    /// If the text is an excerpt: where its items are.
    pub excerpt: Option<Excerpt>,
}

impl<'a> InputDocument<'a> {
    fn whole(&self) -> WholeDocument<'a> {
        WholeDocument { file: self.file, text: self.text, first: self.first }
    }

    /// The tree of the document, or of another version of its text.
    pub(super) fn parse<'t>(&self, text: &'t str) -> Result<Tree<'t>, YamlError> {
        match self.excerpt {
            Some(excerpt) => Tree::parse_excerpt(text, self.first, excerpt),
            None => Tree::parse(text, self.first),
        }
    }
}

/// A document after the edits of its data.
#[derive(Clone, Copy)]
pub struct EditedDocument<'e> {
    pub(super) document: InputDocument<'e>,
    kinds: &'e Kinds,
    /// The document before the edits.
    pub(super) before: &'e Tree<'e>,
    /// Its workloads before the edits.
    pub(super) workloads: &'e [Object],
    /// The text after the edits.
    pub(super) text: &'e str,
}

impl<'e> EditedDocument<'e> {
    /// The tree of the text after the edits.
    pub(super) fn parse(&self) -> Result<Tree<'e>, YamlError> {
        self.document.parse(self.text)
    }

    /// The workloads of a version of the document.
    pub(super) fn objects(&self, tree: &Tree<'_>) -> Result<Vec<Object>, YamlError> {
        Ok(objects(tree, self.kinds)?.workloads)
    }
}

/// What is the same for all documents of a run, or all parts of a List.
#[derive(Clone, Copy)]
pub(super) struct WorkContext<'w> {
    pub job: &'w Job<'w>,
    /// The form of output whose pieces are made.
    pub form: Option<&'w dyn Form>,
    /// How the List of an excerpt is processed.
    pub pass: ListPass,
    /// The groups of a preview of which the unit of work has made a diff.
    pub diffed: &'w DiffedGroups,
}

/// Works on a document. Returns its new text, borrowed if nothing changed. `facts` is about an excerpt.
pub(super) fn work_on<'a>(
    document: InputDocument<'a>,
    context: WorkContext<'_>,
    facts: &mut ExcerptFacts,
) -> (Cow<'a, str>, DocumentResults) {
    let mut results = DocumentResults::default();
    if let Some(outcome) = context.job.task.document(document.whole()) {
        let DocumentOutcome { text: new, findings, fixed, problems, unhandled, used, chosen } = outcome;
        (results.findings, results.fixed, results.problems) = (findings, fixed, problems);
        (results.unhandled, results.used, results.chosen) = (unhandled, used, chosen);
        return (new.map_or(Cow::Borrowed(document.text), Cow::Owned), results);
    }
    let worked = edit(document, context, facts, &mut results).and_then(|new| {
        if let Some(form) = context.form.filter(|_| !context.pass.has_failed) {
            pieces(form, document, &new, context.job.kinds, &mut results)?;
        }
        Ok(new)
    });
    let mut new = worked.unwrap_or_else(|error| {
        facts.is_alone = false;
        results.problems.push(Diagnostic::from(&error).in_file(&**document.file));
        Cow::Borrowed(document.text)
    });
    if !results.problems.is_empty() || context.pass.has_failed {
        // A document in which something failed passes through unchanged.
        new = Cow::Borrowed(document.text);
        for entry in results.entries.iter_mut().filter(|entry| entry.outcome.is_change()) {
            (entry.outcome, entry.mode, entry.by) = (output::Outcome::Skipped, None, None);
            entry.converted.clear();
            entry.reasons = vec![Reason::DocumentFailed];
        }
    }
    results.entries.iter_mut().for_each(|entry| entry.source.clone_from(&results.source));
    results.problems.iter_mut().for_each(|problem| problem.source.clone_from(&results.source));
    (new, results)
}

fn edit<'a>(
    document: InputDocument<'a>,
    context: WorkContext<'_>,
    facts: &mut ExcerptFacts,
    results: &mut DocumentResults,
) -> Result<Cow<'a, str>, YamlError> {
    let (InputDocument { text, first, excerpt, .. }, job) = (document, context.job);
    if excerpt.is_none() && passes_unparsed(text, job.kinds) {
        return Ok(Cow::Borrowed(text));
    }
    results.source = helm_source(text).map(Arc::from);
    let tree = document.parse(text);
    let found = tree.as_ref().map_err(Clone::clone).and_then(|tree| objects(tree, job.kinds));
    let (tree, found) = match (tree, found) {
        (Ok(tree), Ok(found)) => (tree, found),
        (Err(error), _) | (_, Err(error)) => {
            results.unhandled.push(unparsed_without_templates(text, first, &error, job.kinds).ok_or(error)?);
            return Ok(Cow::Borrowed(text));
        }
    };
    if excerpt.is_some() {
        facts.look_at(&tree, &found);
    }
    if results.source.is_none() {
        results.source = kustomize_origin(&tree).map(Arc::from);
    }
    (results.unhandled, results.used) = (found.unhandled, found.used);
    if found.workloads.is_empty() {
        return Ok(Cow::Borrowed(text));
    }
    tree.check_repetition()?;
    let mut draft = if excerpt.is_some() { Draft::of_excerpt(&tree, context.pass.manner) } else { Draft::new(&tree) };
    for object in &found.workloads {
        let mut entry = entry(document, &tree, object, job);
        if let Some(reason) = job.selection.leaves_out(&tree, object) {
            entry.outcome = output::Outcome::NotChosen;
            entry.reasons.push(reason);
        } else {
            let target = WorkloadNode {
                tree: &tree,
                workloads: &found.workloads,
                object,
                namespace: job.selection.namespace(object),
                diffed: context.diffed,
            };
            if let Err(error) = job.task.apply(&target, &mut draft, &mut entry) {
                let problems = task_problems(document.file, &target, error);
                let messages: Vec<String> = problems.iter().map(Diagnostic::text).collect();
                entry.outcome = output::Outcome::Error;
                entry.error = Some(messages.join("; "));
                entry.error_code = problems.first().map(|problem| problem.code);
                results.problems.extend(problems);
            }
        }
        results.entries.push(entry);
    }
    let mut edited = draft.finish()?;
    facts.is_alone &= !edited.looked_outside;
    if results.problems.is_empty() {
        let data = EditedDocument {
            document,
            kinds: job.kinds,
            before: &tree,
            workloads: &found.workloads,
            text: &edited.text,
        };
        if let Some(new) = job.task.edit_text(&data, &results.entries)? {
            edited.text = Cow::Owned(new);
        }
    }
    for note in edited.notes {
        // The workload that the place belongs to, or the last one before it.
        let workload =
            found.workloads.partition_point(|object| tree.place(object.node) <= note.place).saturating_sub(1);
        if let Some(entry) = results.entries.get_mut(workload) {
            entry.warnings.push(Warning::Edit { line: note.place.line, message: note.message });
        }
    }
    Ok(edited.text)
}

fn entry(document: InputDocument<'_>, tree: &Tree<'_>, object: &Object, job: &Job<'_>) -> Entry {
    let namespace = job.selection.namespace(object).to_owned();
    let odd_namespace = object.has_odd_namespace(tree).then(|| Warning::OddNamespace { counted: namespace.clone() });
    Entry {
        document: document.number,
        item: object.item,
        line: tree.line(object.node),
        namespace,
        warnings: odd_namespace.into_iter().collect(),
        ..Entry::new(Arc::clone(document.file), object.group(), &object.kind, object.display_name())
    }
}

/// The diagnostics of a task that failed. Those without a place get the place and name of the workload.
pub(super) fn task_problems(file: &str, target: &WorkloadNode<'_, '_>, error: TaskError) -> Vec<Diagnostic> {
    let (tree, object) = (target.tree, target.object);
    let problems = match error {
        TaskError::Yaml(error) => vec![Diagnostic::from(&error)],
        TaskError::Refused(problems) => problems,
    };
    let of_workload = |problem: Diagnostic| match problem.place {
        Some(_) => problem,
        None => Diagnostic {
            place: Some(tree.place(object.node)),
            message: format!("{}/{}: {}", object.kind.to_lowercase(), object.display_name(), problem.message),
            ..problem
        },
    };
    problems.into_iter().map(|problem| of_workload(problem).in_file(file)).collect()
}
