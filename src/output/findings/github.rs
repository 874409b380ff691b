//! Findings as GitHub workflow commands, which annotate the lines of a pull request.

use std::io::{self, Write};

use crate::lint::{Finding, Severity};
use crate::output::ci::escaped;
use crate::output::printable;

/// Writes a workflow command for each finding.
pub fn github(findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    for finding in findings {
        let Finding { rule, file, start, end, message, .. } = finding;
        let command = match rule.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let file = printable(file);
        let file = escaped(&file, true);
        let help = finding.help.as_deref().map(|help| format!("\n{}", printable(help))).unwrap_or_default();
        let message = format!("{}{help}", printable(message));
        // Columns are only shown for findings on one line.
        let columns = if start.line == end.line {
            format!(",col={},endColumn={}", start.column, end.column)
        } else {
            String::new()
        };
        let (line, last, name) = (start.line, end.line, rule.name);
        let message = escaped(&message, false);
        writeln!(out, "::{command} file={file},line={line},endLine={last}{columns},title={name}::{message}")?;
    }
    Ok(())
}
