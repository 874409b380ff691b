//! Findings as a GitLab code quality report.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::identity::fingerprints;
use crate::lint::{Finding, Severity};
use crate::output::json_text;

/// Writes the report.
pub fn gitlab(findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    let item = |(finding, fingerprint): (&Finding, String)| {
        let Finding { rule, file, start, end, message, .. } = finding;
        let severity = match rule.severity {
            Severity::Error => "major",
            Severity::Warning => "minor",
            Severity::Info => "info",
        };
        json!({
            "description": message,
            "check_name": rule.name,
            "fingerprint": fingerprint,
            "severity": severity,
            "location": {
                "path": file.trim_start_matches("./"),
                "lines": {"begin": start.line, "end": end.line},
            },
        })
    };
    let items: Vec<Value> = findings.iter().zip(fingerprints(findings)).map(item).collect();
    out.write_all(json_text(&items)?.as_bytes())
}
