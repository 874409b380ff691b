//! Findings as JSON.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::lint::Finding;

/// Writes the findings as one JSON document.
pub fn json(findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    let findings: Vec<Value> = findings.iter().map(finding).collect();
    serde_json::to_writer_pretty(&mut *out, &json!({"version": 1, "findings": findings}))?;
    writeln!(out)
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
