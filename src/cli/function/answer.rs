//! The answer of the function: the list with its results, or a verdict by the exit code.

use std::io::{self, Write as _};

use serde_json::{Map, Value, json};

use crate::cli::print::print_bytes;
use crate::diagnostic::ExitCode;
use crate::input::{Inputs, io_text};
use crate::lint::Finding;
use crate::output::{Entry, Keep, Level, RunInfo, printable};
use crate::run::{ExitRule, Finished, Job, OutputRequest, Print, run, verdict};
use lossless_yaml::{Draft, Step, Tree, YamlError};

/// What the function answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The list, changed.
    List,
    /// Nothing but the exit code: a validator must not print.
    Verdict,
}

impl Answer {
    /// Runs a job that looks for findings, and answers with them. Returns the exit code.
    pub(super) fn give_findings(self, inputs: &Inputs, job: &Job<'_>, info: RunInfo) -> ExitCode {
        let print = if self == Self::List { Print::Manifests } else { Print::Nothing };
        let request = OutputRequest { print, keep_going: self == Self::Verdict, ..OutputRequest::default() };
        let info = RunInfo { level: Level::Quiet, ..info };
        let Finished { stdout, report, code, findings, .. } = run(inputs, job, request, info, &mut |_| {});
        let (mut stderr, mut list) = (io::stderr().lock(), Vec::new());
        if let Err(error) = report.write_text(&mut stderr).and_then(|()| stdout.write_to(&mut list)) {
            let _ = writeln!(stderr, "error: a temporary file: {}", io_text(&error));
            return ExitCode::Output;
        }
        if self == Self::Verdict {
            for Finding { rule, kind, name, path, message, .. } in &findings {
                let (severity, rule) = (rule.severity.label(), rule.name);
                let line = format!("{}/{name}: {severity}[{rule}] {path}: {message}", kind.to_lowercase());
                let _ = writeln!(stderr, "{}", printable(&line));
            }
            return if code == ExitCode::Success { verdict(&findings) } else { code };
        }
        if code != ExitCode::Success {
            return code;
        }
        let results = |items: &Value| findings.iter().map(|finding| finding_result(finding, items)).collect();
        match with_results(&String::from_utf8_lossy(&list), results) {
            Ok(text) => print_bytes(text.as_bytes()).unwrap_or_else(|failure| failure.exit_code),
            Err(error) => {
                let _ = writeln!(stderr, "error: {error}");
                ExitCode::Output
            }
        }
    }

    /// Runs the job and answers with its outcome. Returns the exit code.
    pub(super) fn give(self, inputs: &Inputs, job: &Job<'_>, info: RunInfo) -> ExitCode {
        let (print, exit_rule, level) = match self {
            Self::List => (Print::Manifests, ExitRule::Nothing, Level::Quiet),
            Self::Verdict => (Print::ChangedFiles, ExitRule::Check, Level::Normal),
        };
        let request = OutputRequest { print, exit_rule, ..OutputRequest::default() };
        let info = RunInfo { level, keep: Keep::Entries, ..info };
        let Finished { stdout, mut report, code, .. } = run(inputs, job, request, info, &mut |_| {});
        let (mut stderr, mut list) = (io::stderr().lock(), Vec::new());
        let entries = report.take_entries();
        let kept = report.write_text(&mut stderr).and_then(|()| stdout.write_to(&mut list));
        if let Err(error) = kept {
            let _ = writeln!(stderr, "error: a temporary file: {}", io_text(&error));
            return ExitCode::Output;
        }
        if self == Self::Verdict && code == ExitCode::Differences {
            let _ = writeln!(stderr, "error: these workloads do not match the functionConfig");
            let _ = writeln!(
                stderr,
                "  hint: kubectl nativesidecar annotate --write, or inject --write, changes their files"
            );
        }
        if self == Self::Verdict || code != ExitCode::Success {
            return code;
        }
        match with_results(&String::from_utf8_lossy(&list), |items| {
            entries.iter().flat_map(|entry| results(entry, items)).collect()
        }) {
            Ok(text) => print_bytes(text.as_bytes()).unwrap_or_else(|failure| failure.exit_code),
            Err(error) => {
                let _ = writeln!(stderr, "error: {error}");
                ExitCode::Output
            }
        }
    }
}

/// A finding of `lint` as a result.
fn finding_result(finding: &Finding, items: &Value) -> Value {
    let Finding { rule, kind, namespace, name, path, message, .. } = finding;
    let mut items = items.as_array().into_iter().flatten();
    let named = |item: &Value, key: &str| item.pointer(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let item = items.find(|item| {
        let own = named(item, "/metadata/namespace");
        named(item, "/kind") == *kind && named(item, "/metadata/name") == *name && (own.is_empty() || own == *namespace)
    });
    let help = finding.help.as_deref().map(|help| format!(": {help}")).unwrap_or_default();
    let severity = finding.rule.severity.label();
    let of = json!({"kind": kind, "name": name});
    let mut result = json!({
        "message": format!("{message}{help}"),
        "severity": severity,
        "resourceRef": of,
        "field": {"path": path},
        "tags": {"rule": rule.name},
    });
    if let (Some(result), Some(item)) = (result.as_object_mut(), item) {
        let whole = [("apiVersion", item.get("apiVersion")), ("namespace", item.pointer("/metadata/namespace"))];
        if let Some(of) = result.get_mut("resourceRef").and_then(Value::as_object_mut) {
            of.extend(whole.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.clone()))));
        }
        result.extend(file(item).map(|file| ("file".to_owned(), file)));
    }
    result
}

/// The list `text` with `results` about its items.
fn with_results(text: &str, results: impl FnOnce(&Value) -> Vec<Value>) -> Result<String, YamlError> {
    let tree = Tree::parse(text, 1)?;
    let items = match tree.root() {
        Some(root) => tree.get(root, "items")?.map(|items| tree.value(items)).transpose()?.unwrap_or_default(),
        None => Value::Null,
    };
    let results = results(&items);
    let mut draft = Draft::new(&tree);
    if !results.is_empty() {
        draft.set(&[Step::Key("results")], Value::Array(results), None)?;
    }
    draft.finish().map(|edited| edited.text.into_owned())
}

/// The results for one workload: what was done, and the warnings.
fn results(entry: &Entry, items: &Value) -> Vec<Value> {
    // In a list within the list, positions are others.
    let is_the_workload = |item: &&Value| item.get("kind").and_then(Value::as_str) == Some(&*entry.kind);
    let item = entry.item.and_then(|position| items.get(position)).filter(is_the_workload);
    let result = |severity: &str, message: String| {
        let mut result =
            Map::from_iter([("message".to_owned(), json!(message)), ("severity".to_owned(), json!(severity))]);
        let version = item.and_then(|item| item.get("apiVersion")).cloned();
        let namespace = item.and_then(|item| item.get("metadata")?.get("namespace")).cloned();
        let named = [
            ("apiVersion", version),
            ("kind", Some(json!(entry.kind))),
            ("name", Some(json!(entry.name))),
            ("namespace", namespace),
        ];
        let of: Map<String, Value> =
            named.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
        result.insert("resourceRef".to_owned(), Value::Object(of));
        if let Some(file) = item.and_then(file) {
            result.insert("file".to_owned(), file);
        }
        Value::Object(result)
    };
    let mut results = Vec::new();
    if entry.outcome.is_change() {
        let reasons = entry.reasons.iter().map(ToString::to_string);
        let what = std::iter::once(entry.outcome.word().to_owned()).chain(reasons);
        results.push(result("info", what.collect::<Vec<_>>().join("; ")));
    }
    results.extend(entry.warnings.iter().map(|warning| result("warning", warning.to_string())));
    results
}

/// The file that an item comes from, as whoever called the function has noted it.
fn file(item: &Value) -> Option<Value> {
    let annotations = item.get("metadata")?.get("annotations")?;
    let note = |names: [&str; 2]| names.iter().find_map(|name| annotations.get(*name)?.as_str());
    let path = note(["internal.config.kubernetes.io/path", "config.kubernetes.io/path"])?;
    let index = note(["internal.config.kubernetes.io/index", "config.kubernetes.io/index"]);
    let index = index.and_then(|index| index.parse::<u64>().ok()).unwrap_or_default();
    Some(json!({"path": path, "index": index}))
}
