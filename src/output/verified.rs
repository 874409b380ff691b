//! The answers of `verify`: a table, and one JSON document (docs/reference/schemas/verify.schema.json).

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Remark;
use super::table::table_within;
use crate::cluster::verify::{Difference, TemplateSource, Verified};

/// The longest value that the table shows, in characters.
const LONGEST: usize = 40;

/// The differences as a table. Pods of a workload with the same differences share rows. Empty if there are none. Cells are cut
/// to fit `width`, if there is one.
pub fn verified_table(pods: &[Verified], width: Option<usize>) -> String {
    let mut groups: Vec<(&Verified, Vec<Vec<String>>, usize)> = Vec::new();
    for pod in pods {
        let Ok(comparison) = &pod.outcome else { continue };
        let rows: Vec<Vec<String>> = comparison.differences.iter().map(row).collect();
        let is_same = |(first, known, _): &&mut (&Verified, Vec<Vec<String>>, usize)| {
            first.template == pod.template && first.pod.namespace == pod.pod.namespace && *known == rows
        };
        match groups.iter_mut().find(is_same).filter(|_| pod.template != TemplateSource::Pod) {
            Some((_, _, count)) => *count += 1,
            None => groups.push((pod, rows, 0)),
        }
    }
    let mut lines = Vec::new();
    for (pod, rows, others) in groups {
        let name = match others {
            0 => pod.pod.name.clone(),
            others => format!("{} and {others} more", pod.pod.name),
        };
        for row in rows {
            lines.push([vec![pod.pod.namespace.clone(), name.clone()], row].concat());
        }
    }
    if lines.is_empty() {
        return String::new();
    }
    table_within(width, 2, &["NAMESPACE", "POD", "FIELD", "IN THE POD", "EXPECTED", "CAUSE"], &lines)
}

fn row(difference: &Difference) -> Vec<String> {
    let shown = |value: &Option<Value>| value.as_ref().map(short).unwrap_or_default();
    let Difference { path, actual, expected, cause } = difference;
    vec![path.to_string(), shown(actual), shown(expected), cause.to_string()]
}

/// A value on one line, cut to what a table has room for.
fn short(value: &Value) -> String {
    let is_variable = value.as_object().is_some_and(|map| map.keys().all(|key| key == "name" || key == "value"));
    let value = if is_variable { value.get("value").unwrap_or(value) } else { value };
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Object(map) => match map.get("image").and_then(Value::as_str) {
            Some(image) => image.to_owned(),
            None => value.to_string(),
        },
        other => other.to_string(),
    };
    let one_line: String = text.chars().map(|c| if c == '\n' { ' ' } else { c }).collect();
    match one_line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", one_line.get(..end).unwrap_or_default()),
        None => one_line,
    }
}

/// What could not be compared, and totals.
pub fn verified_notes(pods: &[Verified]) -> String {
    let mut notes = String::new();
    for pod in pods {
        if let Err(error) = &pod.outcome {
            let name = format!("{}/{}", pod.pod.namespace, pod.pod.display_name());
            // Writing to a string cannot fail.
            let _ = writeln!(notes, "error: {}: {}", super::printable(&name), super::printable(error));
        }
    }
    let of_pod = pods.iter().filter(|pod| pod.template == TemplateSource::Pod).count();
    if of_pod > 0 {
        let (were, have) = match of_pod {
            1 => ("1 pod was compared with itself".to_owned(), "its owner is"),
            several => (format!("{several} pods were compared with themselves"), "their owners are"),
        };
        let _ = writeln!(notes, "note: {were} without the injection, because {have} not among the objects");
    }
    let totals = Totals::of(pods);
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let mut parts = vec![format!("{} as expected", totals.same)];
    if totals.different > 0 {
        let count: usize = pods.iter().filter_map(|pod| Some(pod.outcome.as_ref().ok()?.differences.len())).sum();
        parts.push(format!("{} with {count} difference{}", totals.different, plural(count)));
    }
    if totals.errors > 0 {
        parts.push(format!("{} not compared", totals.errors));
    }
    let _ = writeln!(notes, "{} pod{}: {}", pods.len(), plural(pods.len()), parts.join(", "));
    notes
}

struct Totals {
    same: usize,
    different: usize,
    errors: usize,
}

impl Totals {
    fn of(pods: &[Verified]) -> Self {
        let same = pods.iter().filter(|pod| pod.is_same()).count();
        let errors = pods.iter().filter(|pod| pod.outcome.is_err()).count();
        Self { same, different: pods.len() - same - errors, errors }
    }
}

/// The answers as JSON. `mesh` describes the mesh, `assumed` what was assumed about it.
pub fn verified_value(pods: &[Verified], mesh: Option<&Value>, assumed: &[Remark]) -> Value {
    let totals = Totals::of(pods);
    json!({
        "version": 1,
        "mesh": mesh,
        "assumed": assumed.iter().map(|remark| &*remark.text).collect::<Vec<_>>(),
        "pods": pods.iter().map(pod).collect::<Vec<_>>(),
        "totals": {"pods": pods.len(), "same": totals.same, "different": totals.different, "errors": totals.errors},
    })
}

fn pod(pod: &Verified) -> Value {
    let comparison = pod.outcome.as_ref().ok();
    let differences = comparison.iter().flat_map(|comparison| &comparison.differences).map(|difference| {
        json!({
            "path": difference.path.to_string(),
            "pod": difference.actual,
            "expected": difference.expected,
            "cause": difference.cause.code(),
            "text": difference.cause.to_string(),
        })
    });
    let admission = comparison.iter().flat_map(|comparison| &comparison.admission).map(ToString::to_string);
    let result = match (&pod.outcome, pod.is_same()) {
        (Err(_), _) => "error",
        (Ok(_), true) => "same",
        (Ok(_), false) => "different",
    };
    json!({
        "namespace": pod.pod.namespace,
        "name": pod.pod.name,
        "proxy": pod.proxy.word(),
        "template": pod.template.to_string(),
        "result": result,
        "error": pod.outcome.as_ref().err(),
        "differences": differences.collect::<Vec<_>>(),
        "admission": admission.collect::<Vec<_>>(),
    })
}
