//! The report: what became of each workload, as lines for people and as JSON for programs.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::Arc;

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use crate::istio::native::Mode;
use crate::k8s::Unhandled;
use crate::yaml::Place;

use super::{Spool, printable};

/// How much of each part of a report is held in memory.
const IN_MEMORY: usize = 1 << 20;

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
    /// All of them, in the order of the totals.
    const ALL: [Self; 8] = [
        Self::Injected,
        Self::Annotated,
        Self::Removed,
        Self::Unchanged,
        Self::Kept,
        Self::Skipped,
        Self::NotChosen,
        Self::Error,
    ];

    /// How the totals call it.
    fn total(self) -> &'static str {
        match self {
            Self::Injected => "injected",
            Self::Annotated => "annotated",
            Self::Removed => "removed",
            Self::Unchanged => "already so",
            Self::Kept => "left as decided",
            Self::Skipped => "skipped",
            Self::NotChosen => "not chosen",
            Self::Error => "failed",
        }
    }

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
    pub file: Arc<str>,
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
    /// The mesh that it is injected by.
    pub by: Option<By>,
    /// Why.
    pub reasons: Vec<String>,
    /// What deserves a second look.
    pub warnings: Vec<String>,
    /// A warning that is given once a run, however many workloads it concerns.
    pub run_warning: Option<Arc<str>>,
    /// What went wrong.
    pub error: Option<String>,
}

/// The mesh that a workload is injected by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    /// Istio's version.
    pub istio: String,
    /// The revision.
    pub revision: String,
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
    /// Lines that show it.
    pub excerpt: Option<String>,
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

    /// The line, or lines, for people; what is wrong has this style.
    fn lines(&self, style: Style) -> String {
        let mut text = self.file.clone();
        if let Some(place) = self.place {
            let _ = write!(text, ":{}:{}", place.line, place.column);
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        let mut lines = format!("{}{style}{}{style:#}\n", printable(&text), printable(&self.text()));
        for line in self.excerpt.iter().flat_map(|excerpt| excerpt.lines()) {
            let _ = writeln!(lines, "  {}", printable(line));
        }
        if let Some(hint) = &self.hint {
            let _ = writeln!(lines, "  hint: {}", printable(hint));
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

/// What a report is about, known before the run begins.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The mesh that it is done for, if it is done for one.
    pub mesh: Option<Value>,
    /// What was not said, and so assumed.
    pub assumed: Vec<String>,
    /// What is odd about the mesh, or the run as a whole.
    pub warnings: Vec<String>,
    /// What was said and means nothing here.
    pub notes: Vec<String>,
    /// How much people see.
    pub level: Level,
    /// Whether it is wanted as JSON too.
    pub json: bool,
    /// Whether what people see has colours.
    pub styled: bool,
}

/// What a run did. It grows with the run: lines that wait for its end are spooled.
#[derive(Debug)]
pub struct Report {
    about: About,
    lines: Spool,
    unhandled_lines: Spool,
    problem_lines: Spool,
    workloads: JsonItems,
    unhandled: JsonItems,
    errors: JsonItems,
    /// How many workloads came to each outcome.
    counts: [usize; Outcome::ALL.len()],
    problems: usize,
    first_code: Option<u8>,
    restarts: bool,
    recreates: bool,
    /// How many files, or streams, were read.
    pub files: usize,
    /// Nothing was printed or written, because of a problem.
    pub withheld: bool,
    failure: Option<io::Error>,
}

impl Report {
    /// A report on nothing yet.
    pub fn new(about: About) -> Self {
        let spool = || Spool::new(IN_MEMORY);
        let items = || JsonItems { items: spool(), count: 0 };
        Self {
            about,
            lines: spool(),
            unhandled_lines: spool(),
            problem_lines: spool(),
            workloads: items(),
            unhandled: items(),
            errors: items(),
            counts: Default::default(),
            problems: 0,
            first_code: None,
            restarts: false,
            recreates: false,
            files: 0,
            withheld: false,
            failure: None,
        }
    }

    /// The exit code of the first problem; none if there was none.
    pub fn first_code(&self) -> Option<u8> {
        self.first_code
    }

    /// How many workloads there were.
    pub fn workloads(&self) -> usize {
        self.counts.iter().sum()
    }

    /// Takes in what became of a workload. They come in input order.
    pub fn entry(&mut self, entry: &Entry) {
        if let Some(count) = self.counts.get_mut(entry.outcome as usize) {
            *count += 1;
        }
        if entry.outcome.is_change() {
            self.restarts |= !restarts_nothing(&entry.kind);
            self.recreates |= matches!(entry.kind.as_str(), "Job" | "Pod");
        }
        if let Some(warning) = &entry.run_warning
            && !self.about.warnings.iter().any(|known| **known == **warning)
        {
            self.about.warnings.push(warning.to_string());
        }
        let lines = self.entry_lines(entry);
        let kept = self.lines.push(lines.as_bytes());
        self.note(kept);
        if self.about.json {
            let e = entry;
            let item = json!({
                "file": *e.file, "document": e.document, "item": e.item, "line": e.line,
                "kind": e.kind, "namespace": e.namespace, "name": e.name,
                "outcome": e.outcome.word(), "mode": e.mode.map(|m| m.to_string()),
                "istio": e.by.as_ref().map(|by| &by.istio), "revision": e.by.as_ref().map(|by| &by.revision),
                "reasons": e.reasons, "warnings": e.warnings, "error": e.error,
            });
            let kept = self.workloads.push(&item);
            self.note(kept);
        }
    }

    /// Takes in an object of a kind that is not known, with its file and document.
    pub fn unhandled(&mut self, file: &str, document: usize, unhandled: &Unhandled) {
        let (kind, name, why) = (&unhandled.kind, &unhandled.name, why(unhandled));
        if self.about.level != Level::Quiet {
            let (line, kind) = (unhandled.place.line, kind.to_lowercase());
            let line = format!("{file}:{line}: {kind}/{name}: passed through: {why}");
            let kept = self.unhandled_lines.push(format!("{}\n", printable(&line)).as_bytes());
            self.note(kept);
        }
        if self.about.json {
            let item = json!({"file": file, "document": document, "kind": kind, "name": name, "why": why});
            let kept = self.unhandled.push(&item);
            self.note(kept);
        }
    }

    /// Takes in a folder of a chart's templates that was left out.
    pub fn skipped_chart(&mut self, folder: &str) {
        if self.about.level != Level::Quiet {
            let why = "templates of a Helm chart, left out: pipe in what helm template renders";
            let kept = self.unhandled_lines.push(format!("{}: {why}\n", printable(folder)).as_bytes());
            self.note(kept);
        }
    }

    /// Takes in a problem. They come in input order.
    pub fn problem(&mut self, problem: &Problem) {
        self.problems += 1;
        self.first_code.get_or_insert(problem.code);
        let kept = self.problem_lines.push(problem.lines(self.style(AnsiColor::Red)).as_bytes());
        self.note(kept);
        if self.about.json {
            let p = problem;
            let item = json!({
                "file": p.file, "line": p.place.map(|p| p.line), "column": p.place.map(|p| p.column),
                "path": p.path, "message": p.message, "excerpt": p.excerpt, "hint": p.hint,
            });
            let kept = self.errors.push(&item);
            self.note(kept);
        }
    }

    /// Keeps the first failure of a spool until the report is written.
    fn note(&mut self, kept: io::Result<()>) {
        if let Err(error) = kept {
            self.failure.get_or_insert(error);
        }
    }

    /// Writes the report to `people` as text, and to `programs` as JSON, if it is wanted so. The JSON has a line an
    /// item; its schema is docs/report.schema.json.
    pub fn write(mut self, people: &mut impl Write, programs: Option<&mut dyn Write>) -> io::Result<()> {
        let totals = if self.about.level == Level::Quiet { String::new() } else { self.totals() };
        self.lines.write_to(people)?;
        self.unhandled_lines.write_to(people)?;
        self.problem_lines.write_to(people)?;
        people.write_all(totals.as_bytes())?;
        if let Some(mut out) = programs {
            let (mesh, assumed) = (json!(self.about.mesh), json!(self.about.assumed));
            let (warnings, notes) = (json!(self.about.warnings), json!(self.about.notes));
            write!(out, "{{\n  \"version\": 1,\n  \"mesh\": {mesh},\n  \"assumed\": {assumed}")?;
            write!(out, ",\n  \"warnings\": {warnings},\n  \"notes\": {notes}")?;
            for (name, items) in [("workloads", self.workloads), ("unhandled", self.unhandled), ("errors", self.errors)]
            {
                write!(out, ",\n  \"{name}\": [")?;
                items.items.write_to(&mut out)?;
                out.write_all(if items.count > 0 { b"\n  ]" } else { b"]" })?;
            }
            out.write_all(b"\n}\n")?;
        }
        self.failure.take().map_or(Ok(()), Err)
    }

    fn entry_lines(&self, entry: &Entry) -> String {
        let level = self.about.level;
        let shown = match entry.outcome {
            _ if level == Level::Quiet => false,
            Outcome::Error => false,
            Outcome::Unchanged | Outcome::NotChosen => level == Level::Verbose || !entry.warnings.is_empty(),
            _ => true,
        };
        let mut text = String::new();
        if !shown {
            return text;
        }
        let style = self.style(if entry.outcome.is_change() { AnsiColor::Green } else { AnsiColor::Cyan });
        let word = entry.outcome.word();
        let (file, name) = (printable(&entry.file), entry.short_name());
        let _ = write!(text, "{file}:{}: {name}: {style}{word}{style:#}", entry.line);
        if let Some(mode) = entry.mode.filter(|_| !matches!(entry.outcome, Outcome::Skipped | Outcome::NotChosen)) {
            let _ = write!(text, ", {mode}");
        }
        let several = self.about.mesh.as_ref().is_some_and(|mesh| mesh.get("revisions").is_some());
        let istio = entry.by.as_ref().filter(|_| entry.outcome == Outcome::Injected).map(|by| {
            let revision = if several { format!(", revision {}", by.revision) } else { String::new() };
            format!("istio {}{revision}", by.istio)
        });
        let shown = if level == Level::Verbose { usize::MAX } else { 1 };
        let reasons: Vec<&str> =
            istio.as_deref().into_iter().chain(entry.reasons.iter().map(String::as_str).take(shown)).collect();
        if !reasons.is_empty() {
            let _ = write!(text, " ({})", printable(&reasons.join("; ")));
        }
        text.push('\n');
        for warning in &entry.warnings {
            let style = self.style(AnsiColor::Yellow);
            let _ = writeln!(text, "  {style}warning{style:#}: {}", printable(warning));
        }
        text
    }

    fn style(&self, color: AnsiColor) -> Style {
        if self.about.styled { color.on_default() } else { Style::new() }
    }

    fn totals(&self) -> String {
        let mut text = String::new();
        let plural = |n: usize, what: &str| if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") };
        let counted = Outcome::ALL.iter().zip(self.counts).filter(|(_, count)| *count > 0);
        let parts: Vec<String> = counted.map(|(outcome, count)| format!("{count} {}", outcome.total())).collect();
        let files = plural(self.files, "file");
        if !parts.is_empty() {
            let _ = writeln!(text, "{} in {files}: {}", plural(self.workloads(), "workload"), parts.join(", "));
        } else if self.problems == 0 {
            let _ = writeln!(text, "no workload found in {files}");
        }
        let style = self.style(AnsiColor::Yellow);
        for warning in &self.about.warnings {
            let _ = writeln!(text, "{style}warning{style:#}: {}", printable(warning));
        }
        for note in &self.about.notes {
            let _ = writeln!(text, "note: {}", printable(note));
        }
        for assumed in &self.about.assumed {
            let _ = writeln!(text, "assumed: {}", printable(assumed));
        }
        if self.problems > 0 {
            let problems = plural(self.problems, "problem");
            let came = if self.withheld { ": nothing was printed or written" } else { "" };
            let style = self.style(AnsiColor::Red);
            let _ = writeln!(text, "{style}{problems}{style:#}{came}");
        }
        if self.withheld {
            return text;
        }
        if self.restarts {
            text.push_str("applying this restarts the pods of the workloads that changed\n");
        }
        if self.recreates {
            text.push_str("the pod template of an existing Job, and the containers of an existing Pod, cannot change: delete and create them anew\n");
        }
        text
    }
}

/// Items of a JSON list, a line each.
#[derive(Debug)]
struct JsonItems {
    items: Spool,
    count: usize,
}

impl JsonItems {
    fn push(&mut self, item: &Value) -> io::Result<()> {
        let comma = if self.count > 0 { "," } else { "" };
        self.count += 1;
        self.items.push(format!("{comma}\n    {item}").as_bytes())
    }
}

/// Kinds whose pods of today stay as they are when their template changes.
fn restarts_nothing(kind: &str) -> bool {
    matches!(kind, "Job" | "Pod" | "CronJob" | "PodTemplate" | "ReplicaSet" | "ReplicationController")
}

fn why(unhandled: &Unhandled) -> String {
    let Unhandled { kind, path, .. } = unhandled;
    format!("its kind is not known, but a pod template stands in it: --pod-template-path '{kind}={path}' includes it")
}
