//! The line after the findings.

use std::collections::BTreeSet;

use crate::lint::{Finding, Grade};
use crate::output::report::plural;

/// What was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// No workload.
    Nothing,
    /// Workloads, but not all of each, since its proxy is not known.
    Partly,
    /// All of the workloads.
    Wholly,
}

/// What became of fixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fixed {
    /// So many findings were fixed.
    Made(usize),
    /// So many would be fixed: the changes are only shown.
    Shown(usize),
}

/// One line with the number of findings, and of those that can be fixed. `fixed` is `None` without `--fix`.
pub fn totals(findings: &[Finding], checked: Checked, fixed: Option<Fixed>) -> String {
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
    let fixed = fixed.map(|fixed| match fixed {
        Fixed::Made(count) => format!("Fixed {}", plural(count, "problem")),
        Fixed::Shown(count) => format!("Would fix {}", plural(count, "problem")),
    });
    if findings.is_empty() {
        let scope = match checked {
            Checked::Nothing => return "No workloads were checked.".to_owned(),
            Checked::Partly => " in what was checked",
            Checked::Wholly => "",
        };
        return fixed
            .map_or_else(|| format!("No problems found{scope}."), |fixed| format!("{fixed}; none remain{scope}."));
    }
    match fixed {
        None => format!("Found {found}{fixable}."),
        Some(fixed) => {
            let remain = if findings.len() == 1 { "remains" } else { "remain" };
            format!("{fixed}; {found} {remain}{fixable}.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_was_checked() {
        for (checked, fixed, expected) in [
            (Checked::Nothing, None, "No workloads were checked."),
            (Checked::Nothing, Some(Fixed::Made(0)), "No workloads were checked."),
            (Checked::Partly, None, "No problems found in what was checked."),
            (Checked::Wholly, None, "No problems found."),
            (Checked::Wholly, Some(Fixed::Made(1)), "Fixed 1 problem; none remain."),
            (Checked::Partly, Some(Fixed::Shown(2)), "Would fix 2 problems; none remain in what was checked."),
            (Checked::Wholly, Some(Fixed::Shown(2)), "Would fix 2 problems; none remain."),
        ] {
            assert_eq!(totals(&[], checked, fixed), expected);
        }
    }
}
