//! Reads the output of a template as an overlay: YAML as Kubernetes reads it, with the types of its API.

use std::fmt;

use serde_json::Value;

use crate::inject::pod_schema::{self, WrongType};
use lossless_yaml::{Tree, split};
use strategicpatch::Kind;

/// A rendered text that is not an overlay of a pod.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub struct RenderedError {
    /// What is wrong with it.
    pub problem: String,
    /// The line in the rendered text, from 1.
    pub line: usize,
    /// The lines around it, without values that may be secret.
    pub excerpt: Excerpt,
}

/// Numbered lines of a rendered text.
#[derive(Debug)]
pub struct Excerpt {
    lines: Vec<(usize, String)>,
    at: usize,
}

/// How many lines are shown before and after the wrong one.
const LINES_AROUND: usize = 3;

/// Replaces a value that may be secret.
const MASK: &str = "***";

/// Reads the first document of a rendered text; an empty one is `null`.
pub(super) fn overlay(text: &[u8]) -> Result<Value, RenderedError> {
    let text = std::str::from_utf8(text).map_err(|error| {
        let line = 1 + text.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count();
        RenderedError { problem: "not UTF-8".to_owned(), line, excerpt: Excerpt { lines: Vec::new(), at: line } }
    })?;
    let end = split(text.as_bytes()).first().map_or(text.len(), |chunk| chunk.range.end);
    let document = text.split_at_checked(end).map_or(text, |(document, _)| document);
    let failed = |problem: String, line: usize| RenderedError { problem, line, excerpt: Excerpt::new(document, line) };
    let by_yaml = |error: lossless_yaml::YamlError| failed(error.to_string(), error.place.line);
    let tree = Tree::parse(document, 1).map_err(by_yaml)?;
    let Some(root) = tree.root() else { return Ok(Value::Null) };
    let value = tree.value(root).map_err(by_yaml)?;
    pod_schema::overlay(value, Kind::Pod.structure()).map_err(|WrongType { path, expected, found }| {
        let line = path.node(&tree, root).map_or(1, |node| tree.line(node));
        let path = if path.is_empty() { "the document".to_owned() } else { path.to_string() };
        failed(format!("{path} must be {expected}, found {found}"), line)
    })
}

/// Keys whose values are shown. In a broken text, any other value may belong to an environment variable.
const SHOWN: [&str; 14] = [
    "name",
    "image",
    "kind",
    "apiVersion",
    "containerPort",
    "mountPath",
    "path",
    "port",
    "protocol",
    "restartPolicy",
    "cpu",
    "memory",
    "privileged",
    "runAsUser",
];

/// The longest line that is shown, in bytes.
const WIDTH: usize = 120;

impl Excerpt {
    fn new(text: &str, at: usize) -> Self {
        let near = (1..).zip(text.lines()).skip(at.saturating_sub(LINES_AROUND + 1)).take(2 * LINES_AROUND + 1);
        Self { lines: near.map(|(number, line)| (number, masked(line))).collect(), at }
    }
}

/// A line with its key, and with its value if that cannot be secret.
fn masked(line: &str) -> String {
    let content = line.trim_start_matches([' ', '-']);
    let indent = line.strip_suffix(content).unwrap_or(line);
    if content.is_empty() {
        return String::new();
    }
    let is_key = |key: &str| !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./".contains(&b));
    let shown = match content.split_once(':').filter(|(key, _)| is_key(key)) {
        Some((key, value)) if value.trim().is_empty() => format!("{key}:"),
        Some((key, value)) if SHOWN.contains(&key) && !value.contains(['{', '[']) => format!("{key}:{value}"),
        Some((key, _)) => format!("{key}: {MASK}"),
        None => MASK.to_owned(),
    };
    let mut shown = format!("{indent}{shown}");
    if shown.len() > WIDTH {
        shown.truncate(shown.floor_char_boundary(WIDTH));
        shown.push('…');
    }
    shown
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (number, line)) in self.lines.iter().enumerate() {
            let mark = if *number == self.at { '>' } else { ' ' };
            let end = if i == 0 { "" } else { "\n" };
            write!(f, "{end}{mark} {number:>4} | {line}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_overlay_is_read_with_the_types_of_a_pod() {
        let text = "metadata:\n  labels: {a: b}\nspec:\n  containers:\n  - name: x\n    unknown: 1\n    resources: {limits: {cpu: 2000m, memory: 1024Mi}}\n";
        let expected = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [
            {"name": "x", "resources": {"limits": {"cpu": "2", "memory": "1Gi"}}}]}});
        assert_eq!(overlay(text.as_bytes()).unwrap(), expected);
        assert_eq!(overlay(b"\n").unwrap(), Value::Null);
    }

    #[test]
    fn a_wrong_type_is_reported_with_its_line() {
        let text = "metadata:\n  labels:\n    version: 1.10\n";
        let error = overlay(text.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "metadata.labels.version must be a string, found a number");
        assert_eq!(error.excerpt.to_string(), "     1 | metadata:\n     2 |   labels:\n>    3 |     version: ***");
    }

    #[test]
    fn values_of_variables_are_not_shown() {
        for text in [
            "- value: secret\n- name: B\n  value: |\n    secrets\n- name: [\n",
            "- name: B\n  value: \"{\n \"password\": \"secret\"\n}\"\n- name: [\n",
            "- name: B\n- {name: x, env: [{name: P, value: secret}], tty: 1\n",
            "- name: B\nsecret\n- [\n",
        ] {
            let excerpt = overlay(text.as_bytes()).unwrap_err().excerpt.to_string();
            assert!(!excerpt.contains("secret") && excerpt.contains("name: B"), "{excerpt}");
        }
        let long = format!("name: {}\n- [", "x".repeat(1000));
        assert!(overlay(long.as_bytes()).unwrap_err().excerpt.to_string().len() < 300);
    }

    #[test]
    fn texts_that_are_not_objects_are_rejected() {
        for text in ["text", "- a", "spec: []", "spec: {containers: {}}", "spec: {containers: [x]}"] {
            assert!(overlay(text.as_bytes()).is_err(), "{text}");
        }
    }
}
