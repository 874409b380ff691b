//! Returns a report to an earlier state: the work on a List may have to be done again.

use super::repeated::Repeated;
use super::totals::Totals;
use super::{Report, json};
use crate::output::spool::SpoolMark;

/// The state of a report. It does not include problems: none is added in between.
#[derive(Debug)]
pub struct ReportMark {
    spools: [SpoolMark; 2],
    workload_items: json::ItemsMark,
    unhandled_items: json::ItemsMark,
    unhandled_lines: Repeated,
    warning_lines: Repeated,
    totals: Totals,
    entries: usize,
    warnings: usize,
    check_failures: usize,
    rendered_elsewhere: usize,
    restarts: bool,
    recreates: bool,
}

impl Report {
    /// The state of the report.
    pub fn mark(&self) -> ReportMark {
        ReportMark {
            spools: [self.lines.mark(), self.urgent_lines.mark()],
            workload_items: self.workload_items.mark(),
            unhandled_items: self.unhandled_items.mark(),
            unhandled_lines: self.unhandled_lines.clone(),
            warning_lines: self.warning_lines.clone(),
            totals: self.totals.clone(),
            entries: self.entries.len(),
            warnings: self.info.warnings.len(),
            check_failures: self.check_failures,
            rendered_elsewhere: self.rendered_elsewhere,
            restarts: self.restarts,
            recreates: self.recreates,
        }
    }

    /// Drops the workloads and the objects passed through that were added since `mark` was taken.
    pub fn rewind(&mut self, mark: &ReportMark) {
        let [lines, urgent_lines] = mark.spools;
        let results = [
            self.lines.rewind(lines),
            self.urgent_lines.rewind(urgent_lines),
            self.workload_items.rewind(mark.workload_items),
            self.unhandled_items.rewind(mark.unhandled_items),
        ];
        for result in results {
            self.keep_error(result);
        }
        self.unhandled_lines.clone_from(&mark.unhandled_lines);
        self.warning_lines.clone_from(&mark.warning_lines);
        self.totals.clone_from(&mark.totals);
        self.entries.truncate(mark.entries);
        self.info.warnings.truncate(mark.warnings);
        self.check_failures = mark.check_failures;
        self.rendered_elsewhere = mark.rendered_elsewhere;
        (self.restarts, self.recreates) = (mark.restarts, mark.recreates);
    }
}
