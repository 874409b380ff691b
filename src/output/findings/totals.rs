//! The line after the findings.

use std::collections::BTreeSet;

use crate::lint::{Finding, Grade};
use crate::output::report::plural;

/// One line with the number of findings, and of those that can be fixed. `fixed`: how many were fixed; `None` without
/// `--fix`.
pub fn totals(findings: &[Finding], fixed: Option<usize>) -> String {
    let files: BTreeSet<&str> = findings.iter().map(|finding| &*finding.file).collect();
    let count = |grade: Grade| findings.iter().filter(|f| f.fix.as_ref().is_some_and(|fix| fix.grade == grade)).count();
    let found = format!("{} in {}", plural(findings.len(), "problem"), plural(files.len(), "file"));
    let (safe, risky) = (count(Grade::Safe), count(Grade::Unsafe));
    let fixable = match (safe, risky) {
        (0, 0) => String::new(),
        (safe, 0) => format!(" ({safe} fixable with --fix)"),
        (0, risky) => format!(" ({risky} fixable with --fix --unsafe-fixes)"),
        (safe, risky) => format!(" ({safe} fixable with --fix, {risky} more with --unsafe-fixes)"),
    };
    match fixed {
        None if findings.is_empty() => "No problems found.".to_owned(),
        None => format!("Found {found}{fixable}."),
        Some(fixed) if findings.is_empty() => format!("Fixed {}; none remain.", plural(fixed, "problem")),
        Some(fixed) => {
            let remain = if findings.len() == 1 { "remains" } else { "remain" };
            format!("Fixed {}; {found} {remain}{fixable}.", plural(fixed, "problem"))
        }
    }
}
