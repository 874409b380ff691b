//! Baselines: known findings of a repository, which are hidden.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::finding::Finding;

/// The findings that are hidden.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline(BTreeSet<Key>);

/// The identity of a finding, even if its lines move.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    file: String,
    kind: String,
    namespace: String,
    name: String,
    path: String,
    rule: String,
}

/// A text that is not a baseline.
#[derive(Debug, thiserror::Error)]
#[error("not a baseline of this version: {0}")]
pub struct BaselineError(String);

impl Baseline {
    /// The baseline with these findings.
    pub fn of<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Self {
        Self(findings.into_iter().map(Key::of).collect())
    }

    /// Reads a baseline.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        let baseline: Value = serde_json::from_str(text).map_err(|error| BaselineError(error.to_string()))?;
        let wrong = |what: &str| BaselineError(what.to_owned());
        if baseline.get("version").and_then(Value::as_u64) != Some(1) {
            return Err(wrong("its version is not 1"));
        }
        let findings = baseline.get("findings").and_then(Value::as_array).ok_or_else(|| wrong("it has no findings"))?;
        Ok(Self(findings.iter().map(Key::read).collect()))
    }

    /// The text of the baseline.
    pub fn to_json(&self) -> Value {
        let findings: Vec<Value> = self.0.iter().map(Key::to_json).collect();
        json!({"version": 1, "findings": findings})
    }

    /// Whether the finding is in the baseline.
    pub fn has(&self, finding: &Finding) -> bool {
        !self.0.is_empty() && self.0.contains(&Key::of(finding))
    }

    /// How many findings it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Key {
    fn of(finding: &Finding) -> Self {
        Self {
            file: finding.file.trim_start_matches("./").to_owned(),
            kind: finding.kind.clone(),
            namespace: finding.namespace.clone(),
            name: finding.name.clone(),
            path: finding.path.clone(),
            rule: finding.rule.name.to_owned(),
        }
    }

    fn read(value: &Value) -> Self {
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self {
            file: text("file"),
            kind: text("kind"),
            namespace: text("namespace"),
            name: text("name"),
            path: text("path"),
            rule: text("rule"),
        }
    }

    fn to_json(&self) -> Value {
        json!({
            "file": self.file,
            "kind": self.kind,
            "namespace": self.namespace,
            "name": self.name,
            "path": self.path,
            "rule": self.rule,
        })
    }
}
