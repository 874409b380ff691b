//! What a walk left out: a counted line for people, each with its reason for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::totals::plural;
use crate::output::printable;

/// How many paths a line names.
const NAMED: usize = 3;

/// Why a walk left something out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SkippedPath {
    /// It holds the templates of a Helm chart.
    ChartTemplates,
    /// It is a folder whose name begins with a dot.
    DotFolder,
    /// It is a symbolic link that leads out of the folder that was named.
    LinkOut,
}

impl SkippedPath {
    /// The code of the reason in the JSON report.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::ChartTemplates => "chart-templates",
            Self::DotFolder => "dot-folder",
            Self::LinkOut => "link-out",
        }
    }

    /// The reason in the JSON report.
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
            Self::LinkOut => Some("name a link to follow it"),
        }
    }
}

/// Paths by the reason for which they were left out.
#[derive(Debug, Default)]
pub(super) struct SkippedPaths(BTreeMap<SkippedPath, (usize, Vec<String>)>);

impl SkippedPaths {
    /// Takes in a path; all are named if `names_all`.
    pub(super) fn add(&mut self, path: &str, why: SkippedPath, names_all: bool) {
        let (count, named) = self.0.entry(why).or_default();
        *count += 1;
        if names_all || named.len() < NAMED {
            named.push(path.to_owned());
        }
    }

    pub(super) fn lines(&self) -> String {
        let mut text = String::new();
        for (why, (count, named)) in &self.0 {
            let more = count - named.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let line = format!("{} skipped: {}{more}", why.counted(*count), named.join(", "));
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
    fn many_folders_are_one_line() {
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
