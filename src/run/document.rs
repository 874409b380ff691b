//! One document: found, chosen, worked on, put back together.

use std::borrow::Cow;

use super::{CODE_INPUT, Job, Target, TaskError};
use crate::k8s::{Object, Unhandled, objects};
use crate::output::{self, Entry, Problem};
use crate::yaml::{Draft, Tree, YamlError};

/// What became of a document.
pub(super) struct Outcome<'a> {
    /// Its position in the stream, counted from 1.
    pub number: usize,
    /// Its text now; borrowed if nothing changed.
    pub text: Cow<'a, str>,
    pub entries: Vec<Entry>,
    pub problems: Vec<Problem>,
    pub unhandled: Vec<Unhandled>,
}

/// Works on the document `number` of the stream `file`; its first line is `line`.
pub(super) fn document<'a>(file: &str, number: usize, text: &'a str, line: usize, job: &Job<'_>) -> Outcome<'a> {
    let mut outcome =
        Outcome { number, text: Cow::Borrowed(text), entries: Vec::new(), problems: Vec::new(), unhandled: Vec::new() };
    if let Err(error) = work(file, text, line, job, &mut outcome) {
        outcome.problems.push(problem(file, &error));
    }
    if !outcome.problems.is_empty() {
        // A document in which something failed passes through as it is.
        outcome.text = Cow::Borrowed(text);
    }
    outcome
}

fn work<'a>(file: &str, text: &'a str, line: usize, job: &Job<'_>, outcome: &mut Outcome<'a>) -> Result<(), YamlError> {
    let tree = Tree::parse(text, line)?;
    let found = objects(&tree, job.kinds)?;
    outcome.unhandled = found.unhandled;
    if found.workloads.is_empty() {
        return Ok(());
    }
    let mut draft = Draft::new(&tree);
    for object in &found.workloads {
        let mut entry = entry(file, outcome.number, &tree, object, job);
        if let Some(reason) = job.selection.leaves_out(&tree, object) {
            entry.outcome = output::Outcome::NotChosen;
            entry.reasons.push(reason.to_owned());
        } else {
            let target = Target { tree: &tree, object, namespace: job.selection.namespace(object) };
            if let Err(error) = job.task.apply(&target, &mut draft, &mut entry) {
                let problem = task_problem(file, &target, error);
                entry.outcome = output::Outcome::Error;
                entry.error = Some(problem.message.clone());
                outcome.problems.push(problem);
            }
        }
        outcome.entries.push(entry);
    }
    let edited = draft.finish()?;
    for note in edited.notes {
        // The workload on whose lines the alias stands, or the last before it.
        let entry = outcome.entries.partition_point(|e| e.line <= note.line).saturating_sub(1);
        if let Some(entry) = outcome.entries.get_mut(entry) {
            entry.warnings.push(format!("line {}: {}", note.line, note.message));
        }
    }
    outcome.text = edited.text;
    Ok(())
}

fn entry(file: &str, document: usize, tree: &Tree<'_>, object: &Object, job: &Job<'_>) -> Entry {
    Entry {
        file: file.to_owned(),
        document,
        item: object.item,
        line: tree.line(object.node),
        kind: object.kind.clone(),
        namespace: job.selection.namespace(object).to_owned(),
        name: object.display_name().to_owned(),
        outcome: output::Outcome::Unchanged,
        mode: None,
        reasons: Vec::new(),
        warnings: Vec::new(),
        error: None,
    }
}

fn task_problem(file: &str, target: &Target<'_, '_>, error: TaskError) -> Problem {
    match error {
        TaskError::Yaml(error) => problem(file, &error),
        TaskError::Refused { message, hint } => Problem {
            file: file.to_owned(),
            place: Some(target.tree.place(target.object.node)),
            path: String::new(),
            message: format!("{}/{}: {message}", target.object.kind.to_lowercase(), target.object.display_name()),
            hint,
            code: CODE_INPUT,
        },
    }
}

fn problem(file: &str, error: &YamlError) -> Problem {
    Problem {
        file: file.to_owned(),
        place: Some(error.place),
        path: error.path.clone(),
        message: error.message.clone(),
        hint: error.hint.clone(),
        code: CODE_INPUT,
    }
}
