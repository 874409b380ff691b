//! Findings as JSON.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::lint::Finding;
use crate::output::json_text;

/// Writes the findings as one JSON document.
pub fn json(findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    let findings: Vec<Value> = findings.iter().map(finding).collect();
    out.write_all(json_text(&json!({"version": 1, "findings": findings}))?.as_bytes())
}

fn finding(finding: &Finding) -> Value {
    json!({
        "rule": finding.rule.name,
        "severity": finding.rule.severity.label(),
        "file": &*finding.file,
        "line": finding.start.line,
        "column": finding.start.column,
        "endLine": finding.end.line,
        "endColumn": finding.end.column,
        "kind": finding.kind,
        "namespace": finding.namespace,
        "name": finding.name,
        "message": finding.message,
        "help": finding.help,
        "fix": finding.fix.as_ref().map(|fix| fix.grade.label()),
    })
}
