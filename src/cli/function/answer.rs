//! What the function answers: the list with what was done as its results, or a verdict by the exit code.

use std::io::{self, Write as _};

use serde_json::{Map, Value, json};

use crate::cli::print::print_bytes;
use crate::diagnostic::ExitCode;
use crate::input::io_text;
use crate::run::Finished;
use lossless_yaml::{Draft, Step, Tree, YamlError};

/// What the function answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Answer {
    /// The list, changed.
    List,
    /// Nothing but the exit code: a validator must not print.
    Verdict,
}

impl Answer {
    /// Answers with what a run came to; returns the exit code.
    pub(in crate::cli) fn give(self, finished: Finished) -> ExitCode {
        let Finished { stdout, mut report, code, .. } = finished;
        let (mut stderr, mut json, mut list) = (io::stderr().lock(), Vec::new(), Vec::new());
        let kept = report
            .write_json(&mut json)
            .and_then(|()| report.write_text(&mut stderr))
            .and_then(|()| stdout.write_to(&mut list));
        if let Err(error) = kept {
            let _ = writeln!(stderr, "error: a temporary file: {}", io_text(&error));
            return ExitCode::Output;
        }
        if self == Self::Verdict && code == ExitCode::Differences {
            let _ = writeln!(stderr, "error: these workloads are not as the functionConfig wants them");
            let _ = writeln!(
                stderr,
                "  hint: kubectl nativesidecar annotate --write, or inject --write, changes their files"
            );
        }
        if self == Self::Verdict || code != ExitCode::Success {
            return code;
        }
        let report = serde_json::from_slice(&json).unwrap_or_default();
        let text = String::from_utf8_lossy(&list);
        match with_results(&text, &report) {
            Ok(text) => print_bytes(text.as_bytes()).unwrap_or_else(|failure| failure.exit_code),
            Err(error) => {
                let _ = writeln!(stderr, "error: {error}");
                ExitCode::Output
            }
        }
    }
}

/// The list `text` with `results` for what `report` tells of.
fn with_results(text: &str, report: &Value) -> Result<String, YamlError> {
    let tree = Tree::parse(text, 1)?;
    let items = match tree.root() {
        Some(root) => tree.get(root, "items")?.map(|items| tree.value(items)).transpose()?.unwrap_or_default(),
        None => Value::Null,
    };
    let workloads = report.get("workloads").and_then(Value::as_array).into_iter().flatten();
    let results: Vec<Value> = workloads.flat_map(|workload| results(workload, &items)).collect();
    let mut draft = Draft::new(&tree);
    if !results.is_empty() {
        draft.set(&[Step::Key("results")], Value::Array(results), None)?;
    }
    draft.finish().map(|edited| edited.text.into_owned())
}

/// What is to be said of one workload.
fn results(workload: &Value, items: &Value) -> Vec<Value> {
    let text = |key: &str| workload.get(key).and_then(Value::as_str).unwrap_or_default();
    let texts = |key: &str| -> Vec<&str> {
        workload.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    };
    let position = workload.get("item").and_then(Value::as_u64).and_then(|item| usize::try_from(item).ok());
    let item = position.and_then(|item| items.get(item)).filter(|item| {
        // Lists may stand in the list: then positions are others.
        item.get("kind").and_then(Value::as_str) == Some(text("kind"))
    });
    let result = |severity: &str, message: String| {
        let mut result =
            Map::from_iter([("message".to_owned(), json!(message)), ("severity".to_owned(), json!(severity))]);
        let version = item.and_then(|item| item.get("apiVersion"));
        let named = [("apiVersion", version), ("kind", workload.get("kind")), ("name", workload.get("name"))];
        let namespace = item.and_then(|item| item.get("metadata")?.get("namespace"));
        let named = named.into_iter().chain([("namespace", namespace)]);
        let of: Map<String, Value> = named.filter_map(|(key, value)| Some((key.to_owned(), value?.clone()))).collect();
        result.insert("resourceRef".to_owned(), Value::Object(of));
        if let Some(file) = item.and_then(file) {
            result.insert("file".to_owned(), file);
        }
        Value::Object(result)
    };
    let mut results = Vec::new();
    if ["injected", "annotated", "removed"].contains(&text("outcome")) {
        let what = [text("outcome")].into_iter().chain(texts("reasons")).collect::<Vec<_>>().join("; ");
        results.push(result("info", what));
    }
    results.extend(texts("warnings").into_iter().map(|warning| result("warning", warning.to_owned())));
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
