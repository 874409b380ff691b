//! One line per finding.

use std::io::{self, Write};

use crate::lint::Finding;
use crate::output::{printable, printable_file};

/// Writes `file:line:column: severity[rule] message` for each finding.
pub fn concise(findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    for finding in findings {
        let Finding { rule, file, start, message, .. } = finding;
        let (file, severity, name) = (printable_file(file), rule.severity.label(), rule.name);
        writeln!(out, "{file}:{}:{}: {severity}[{name}] {}", start.line, start.column, printable(message))?;
    }
    Ok(())
}
