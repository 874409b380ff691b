//! Paths that the search for manifests skipped: one line per reason in the text report, all of them in JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::totals::plural;
use crate::output::printable;

/// How many paths a line lists.
const MAX_LISTED: usize = 3;

/// Why the search for manifests skipped a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SkippedPath {
    /// It is the template folder of a Helm chart.
    ChartTemplates,
    /// It is a folder whose name starts with a dot.
    DotFolder,
    /// It is a symbolic link out of the folder that was passed.
    LinkOut,
}

impl SkippedPath {
    /// The code in the JSON report.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::ChartTemplates => "chart-templates",
            Self::DotFolder => "dot-folder",
            Self::LinkOut => "link-out",
        }
    }

    /// The text in the JSON report.
    pub(super) fn why(self) -> &'static str {
        match self {
            Self::ChartTemplates => "chart templates",
            Self::DotFolder => "dot folder",
            Self::LinkOut => "symbolic link out of the folder",
        }
    }

    fn counted(self, count: usize) -> String {
        match self {
            Self::ChartTemplates => format!("{} with chart templates", plural(count, "folder")),
            Self::DotFolder => plural(count, "dot folder"),
            Self::LinkOut => format!("{} out of the folder", plural(count, "symbolic link")),
        }
    }

    fn hint(self) -> Option<&'static str> {
        match self {
            Self::ChartTemplates => {
                Some("render the chart and pipe it in: helm template RELEASE CHART | kubectl nativesidecar …")
            }
            Self::DotFolder => None,
            Self::LinkOut => Some("pass the link itself with -f to follow it"),
        }
    }
}

/// Skipped paths by reason, with their number and those that are listed.
#[derive(Debug, Default)]
pub(super) struct SkippedPaths(BTreeMap<SkippedPath, (usize, Vec<String>)>);

impl SkippedPaths {
    /// Adds a path. With `lists_all`, the line lists all paths.
    pub(super) fn add(&mut self, path: &str, why: SkippedPath, lists_all: bool) {
        let (count, listed) = self.0.entry(why).or_default();
        *count += 1;
        if lists_all || listed.len() < MAX_LISTED {
            listed.push(path.to_owned());
        }
    }

    pub(super) fn lines(&self) -> String {
        let mut text = String::new();
        for (why, (count, listed)) in &self.0 {
            let more = count - listed.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let line = format!("{} skipped: {}{more}", why.counted(*count), listed.join(", "));
            let _ = writeln!(text, "{}", printable(&line));
            if let Some(hint) = why.hint() {
                let _ = writeln!(text, "  hint: {hint}");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_with_the_same_reason_share_a_line() {
        let (mut few, mut all) = (SkippedPaths::default(), SkippedPaths::default());
        for n in 1..=5 {
            few.add(&format!("{n}/templates"), SkippedPath::ChartTemplates, false);
            all.add(&format!("{n}/templates"), SkippedPath::ChartTemplates, true);
        }
        let first = |skipped: &SkippedPaths| skipped.lines().lines().next().map(str::to_owned);
        let expected = "5 folders with chart templates skipped: 1/templates, 2/templates, 3/templates and 2 more";
        assert_eq!(first(&few).as_deref(), Some(expected));
        assert!(first(&all).unwrap().ends_with(", 4/templates, 5/templates"));
        assert_eq!(SkippedPaths::default().lines(), "");
    }
}
