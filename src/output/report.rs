//! The report: what became of each workload, as lines for people and as JSON for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::printable;
use crate::istio::native::Mode;
use crate::k8s::Unhandled;
use crate::yaml::Place;

/// What became of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has the sidecar now.
    Injected,
    /// The annotation was set, changed or repaired.
    Annotated,
    /// The annotation was taken out.
    Removed,
    /// It already was so.
    Unchanged,
    /// It says otherwise, which is somebody's decision, and stays.
    Kept,
    /// It is left alone, for a reason.
    Skipped,
    /// It was not chosen.
    NotChosen,
    /// It could not be done.
    Error,
}

impl Outcome {
    /// The word of the report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Injected => "injected",
            Self::Annotated => "annotated",
            Self::Removed => "removed",
            Self::Unchanged | Self::Kept => "unchanged",
            Self::Skipped | Self::NotChosen => "skipped",
            Self::Error => "error",
        }
    }

    /// Whether the manifest changed.
    pub fn is_change(self) -> bool {
        matches!(self, Self::Injected | Self::Annotated | Self::Removed)
    }
}

/// One object with a pod template.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The file, as people name it.
    pub file: String,
    /// The document in it, counted from 1.
    pub document: usize,
    /// Position in the document's list, counted from 0.
    pub item: Option<usize>,
    /// Line of the object, counted from 1.
    pub line: usize,
    /// `kind`.
    pub kind: String,
    /// The namespace it will be in.
    pub namespace: String,
    /// `metadata.name` or `generateName`.
    pub name: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The kind of proxy it has, or will have.
    pub mode: Option<Mode>,
    /// Why.
    pub reasons: Vec<String>,
    /// What deserves a second look.
    pub warnings: Vec<String>,
    /// What went wrong.
    pub error: Option<String>,
}

impl Entry {
    /// `deployment/web`, on one line whatever it is called.
    pub fn short_name(&self) -> String {
        printable(&format!("{}/{}", self.kind.to_lowercase(), self.name)).into_owned()
    }
}

/// Something wrong with an input, a workload or an output.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The file, as people name it; empty where it is about none.
    pub file: String,
    /// Where in it.
    pub place: Option<Place>,
    /// Path of keys to the node.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The exit code that belongs to it.
    pub code: u8,
}

impl Problem {
    /// What is wrong with what, without its place.
    pub fn text(&self) -> String {
        if self.path.is_empty() { self.message.clone() } else { format!("{}: {}", self.path, self.message) }
    }

    /// The line, or lines, for people.
    pub fn lines(&self) -> String {
        let mut text = self.file.clone();
        if let Some(place) = self.place {
            let _ = write!(text, ":{}:{}", place.line, place.column);
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&self.text());
        let mut lines = String::new();
        push_line(&mut lines, &text);
        if let Some(hint) = &self.hint {
            push_line(&mut lines, &format!("  hint: {hint}"));
        }
        lines
    }
}

/// How much of the report people see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// Problems only.
    Quiet,
    /// What changed, was skipped or has a problem, and totals.
    #[default]
    Normal,
    /// Every workload, with all reasons.
    Verbose,
}

/// What a run did.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The mesh that it was done for, if it was done for one.
    pub mesh: Option<Value>,
    /// What was not said, and so assumed.
    pub assumed: Vec<String>,
    /// Each object with a pod template, in input order.
    pub entries: Vec<Entry>,
    /// Objects of kinds that are not known, by file and document.
    pub unhandled: Vec<(String, usize, Unhandled)>,
    /// All problems, in input order.
    pub problems: Vec<Problem>,
    /// Chart folders that were left out.
    pub skipped_charts: Vec<String>,
    /// How many files, or streams, were read.
    pub files: usize,
    /// Nothing was printed or written, because of a problem.
    pub withheld: bool,
}

impl Report {
    /// The report as JSON. Its schema is docs/report.schema.json.
    pub fn to_json(&self) -> Value {
        let workload = |e: &Entry| {
            json!({
                "file": e.file, "document": e.document, "item": e.item, "line": e.line,
                "kind": e.kind, "namespace": e.namespace, "name": e.name,
                "outcome": e.outcome.word(), "mode": e.mode.map(|m| m.to_string()),
                "reasons": e.reasons, "warnings": e.warnings, "error": e.error,
            })
        };
        let unhandled = |(file, document, u): &(String, usize, Unhandled)| json!({"file": file, "document": document, "kind": u.kind, "name": u.name, "why": why(u)});
        let problem = |p: &Problem| {
            json!({
                "file": p.file, "line": p.place.map(|p| p.line), "column": p.place.map(|p| p.column),
                "path": p.path, "message": p.message, "hint": p.hint,
            })
        };
        json!({
            "version": 1,
            "mesh": self.mesh,
            "assumed": self.assumed,
            "workloads": self.entries.iter().map(workload).collect::<Vec<_>>(),
            "unhandled": self.unhandled.iter().map(unhandled).collect::<Vec<_>>(),
            "errors": self.problems.iter().map(problem).collect::<Vec<_>>(),
        })
    }

    /// The report for people. What could not be done stands in `problems`, in the same order.
    pub fn to_text(&self, level: Level) -> String {
        let mut text = String::new();
        if level != Level::Quiet {
            for entry in &self.entries {
                self.entry_lines(&mut text, entry, level);
            }
            for (file, _, unhandled) in &self.unhandled {
                let name = format!("{}/{}", unhandled.kind.to_lowercase(), unhandled.name);
                let line = unhandled.place.line;
                push_line(&mut text, &format!("{file}:{line}: {name}: passed through: {}", why(unhandled)));
            }
            for chart in &self.skipped_charts {
                let why = "templates of a Helm chart, left out: pipe in what helm template renders";
                push_line(&mut text, &format!("{chart}: {why}"));
            }
        }
        for problem in &self.problems {
            text.push_str(&problem.lines());
        }
        if level != Level::Quiet {
            self.totals(&mut text);
        }
        text
    }

    fn entry_lines(&self, text: &mut String, entry: &Entry, level: Level) {
        let shown = match entry.outcome {
            Outcome::Error => false,
            Outcome::Unchanged | Outcome::NotChosen => level == Level::Verbose || !entry.warnings.is_empty(),
            _ => true,
        };
        if !shown {
            return;
        }
        let mut line = format!("{}:{}: {}: {}", entry.file, entry.line, entry.short_name(), entry.outcome.word());
        if let Some(mode) = entry.mode.filter(|_| !matches!(entry.outcome, Outcome::Skipped | Outcome::NotChosen)) {
            let _ = write!(line, ", {mode}");
        }
        let istio = self.mesh.as_ref().and_then(|mesh| mesh.get("istio")).and_then(Value::as_str);
        let istio = istio.filter(|_| entry.outcome == Outcome::Injected).map(|release| format!("istio {release}"));
        let shown = if level == Level::Verbose { usize::MAX } else { 1 };
        let reasons: Vec<&str> =
            istio.as_deref().into_iter().chain(entry.reasons.iter().map(String::as_str).take(shown)).collect();
        if !reasons.is_empty() {
            let _ = write!(line, " ({})", reasons.join("; "));
        }
        push_line(text, &line);
        for warning in &entry.warnings {
            push_line(text, &format!("  warning: {warning}"));
        }
    }

    fn totals(&self, text: &mut String) {
        let count = |outcome: Outcome| self.entries.iter().filter(|e| e.outcome == outcome).count();
        let plural = |n: usize, what: &str| if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") };
        let mut parts = Vec::new();
        for (outcome, words) in [
            (Outcome::Injected, "injected"),
            (Outcome::Annotated, "annotated"),
            (Outcome::Removed, "removed"),
            (Outcome::Unchanged, "already so"),
            (Outcome::Kept, "left as decided"),
            (Outcome::Skipped, "skipped"),
            (Outcome::NotChosen, "not chosen"),
            (Outcome::Error, "failed"),
        ] {
            let n = count(outcome);
            if n > 0 {
                parts.push(format!("{n} {words}"));
            }
        }
        let files = plural(self.files, "file");
        if !parts.is_empty() {
            let _ = writeln!(text, "{} in {files}: {}", plural(self.entries.len(), "workload"), parts.join(", "));
        } else if self.problems.is_empty() {
            let _ = writeln!(text, "no workload found in {files}");
        }
        for assumed in &self.assumed {
            push_line(text, &format!("assumed: {assumed}"));
        }
        if !self.problems.is_empty() {
            let problems = plural(self.problems.len(), "problem");
            let came = if self.withheld { ": nothing was printed or written" } else { "" };
            let _ = writeln!(text, "{problems}{came}");
        }
        if self.withheld {
            return;
        }
        let changed: Vec<&Entry> = self.entries.iter().filter(|e| e.outcome.is_change()).collect();
        if changed.iter().any(|e| !restarts_nothing(&e.kind)) {
            text.push_str("applying this restarts the pods of the workloads that changed\n");
        }
        if changed.iter().any(|e| matches!(e.kind.as_str(), "Job" | "Pod")) {
            text.push_str("the pod template of an existing Job, and the containers of an existing Pod, cannot change: delete and create them anew\n");
        }
    }
}

/// Adds one line, whatever it quotes.
fn push_line(text: &mut String, line: &str) {
    text.push_str(&printable(line));
    text.push('\n');
}

/// Kinds whose pods of today stay as they are when their template changes.
fn restarts_nothing(kind: &str) -> bool {
    matches!(kind, "Job" | "Pod" | "CronJob" | "PodTemplate" | "ReplicaSet" | "ReplicationController")
}

fn why(unhandled: &Unhandled) -> String {
    let Unhandled { kind, path, .. } = unhandled;
    format!("its kind is not known, but a pod template stands in it: --pod-template-path '{kind}={path}' includes it")
}
