//! What several meshes do to workloads: the forms of output of `explain --to` and `explain --all-targets`.

pub(super) mod json;
mod table;
mod yaml;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::Value;

pub use self::json::COMPARED_JSON;
pub use self::table::{COMPARED_MATRIX, COMPARED_TABLE};
pub use self::yaml::COMPARED_YAML;
use super::form::Form;
use super::report::{ProxyTotals, plural};
use super::{Entry, Spool};
use crate::diagnostic::{Code, Diagnostic};
use crate::explain::{Explained, Proxy};

/// What a mesh does to a workload.
#[derive(Clone, Debug)]
pub enum Compared {
    /// The decision.
    Explained(Box<Explained>),
    /// The mesh would refuse the workload.
    Error {
        /// The problems.
        text: String,
        /// The code of the first one.
        code: Option<Code>,
    },
}

impl Compared {
    /// What a mesh refuses for these reasons.
    pub fn refused(problems: &[Diagnostic]) -> Self {
        let texts: Vec<String> = problems.iter().map(Diagnostic::text).collect();
        Self::Error { text: texts.join("; "), code: problems.first().map(|problem| problem.code) }
    }

    /// A proxy, or `error`.
    fn word(&self) -> &'static str {
        match self {
            Self::Explained(explained) => explained.proxy.word(),
            Self::Error { .. } => "error",
        }
    }

    /// Whether another mesh surely does the same: gives the same proxy or, if that depends on something unknown, depends on
    /// the same.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Explained(one), Self::Explained(other)) if one.proxy == Proxy::Depends => {
                let codes = |explained: &Explained| -> Vec<&'static str> {
                    explained.reasons.iter().map(|located| located.reason.code()).collect()
                };
                other.proxy == Proxy::Depends && codes(one) == codes(other)
            }
            _ => self.proxy() == other.proxy(),
        }
    }

    /// The word for the proxy, if the mesh decides it.
    pub(super) fn proxy_word(&self) -> Option<&'static str> {
        self.proxy().map(Proxy::word)
    }

    pub(super) fn proxy(&self) -> Option<Proxy> {
        match self {
            Self::Explained(explained) => Some(explained.proxy),
            Self::Error { .. } => None,
        }
    }
}

/// Whether a workload gets another proxy from one mesh than from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flip {
    /// All meshes do the same.
    Same,
    /// Unknown: a mesh refuses the workload, or depends on unknown nodes or an unknown istiod.
    Unknown,
    /// They do not.
    Flips,
}

impl Flip {
    /// Compares what meshes do to a workload.
    pub fn of(compared: &[Compared]) -> Self {
        let decided = compared.iter().filter_map(Compared::proxy).filter(|proxy| *proxy != Proxy::Depends);
        let mut decided = decided.collect::<Vec<_>>();
        decided.dedup();
        match decided.len() {
            0 | 1 if compared.windows(2).all(|pair| matches!(pair, [a, b] if a.is_same(b))) => Self::Same,
            0 | 1 => Self::Unknown,
            _ => Self::Flips,
        }
    }

    /// Whether the proxy flips; `None` if that is unknown.
    pub(in crate::output) fn flips(self) -> Option<bool> {
        match self {
            Self::Same => Some(false),
            Self::Unknown => None,
            Self::Flips => Some(true),
        }
    }
}

/// A mesh of a comparison.
#[derive(Clone, Debug)]
pub struct ComparedColumn {
    /// The name: `NOW`, `AFTER`, or that of a target.
    pub name: String,
    /// The mesh, as the report shows it.
    pub mesh: Option<Value>,
    /// Assumptions made for settings that were not given.
    pub assumed: Vec<String>,
}

/// A comparison, for its forms of output and its totals.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The meshes, in the order of the columns.
    pub columns: Vec<ComparedColumn>,
    /// Whether it is about one cluster before and after a change, and not about several.
    pub is_upgrade: bool,
    /// The command that keeps today's proxies, if it can be shown.
    pub pin: Option<String>,
}

/// A form of output of a comparison.
pub trait ComparedForm: Form {
    /// Prints the pieces of all workloads.
    fn write(&self, pieces: Spool, run: &ComparedRun<'_>, out: &mut dyn Write) -> io::Result<()>;
}

/// What a form shows about the run.
#[derive(Clone, Copy, Debug)]
pub struct ComparedRun<'r> {
    /// The meshes.
    pub comparison: &'r Comparison,
    /// How many workloads get which proxy.
    pub totals: &'r ComparedTotals,
    /// Whether to use color.
    pub styled: bool,
    /// The terminal's width in characters. `None` if the output is not a terminal.
    pub width: Option<usize>,
}

/// How many workloads get which proxy from which mesh.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ComparedTotals {
    /// For each column.
    columns: Vec<ProxyTotals>,
    /// The workloads that flip, by their proxies.
    flips: BTreeMap<Vec<Proxy>, usize>,
    /// Workloads of which it is not known whether they flip.
    unknown: usize,
    workloads: usize,
}

impl ComparedTotals {
    /// Adds a workload.
    pub(super) fn add(&mut self, entry: &Entry) {
        if entry.compared.is_empty() {
            return;
        }
        self.workloads += 1;
        self.columns.resize_with(entry.compared.len().max(self.columns.len()), ProxyTotals::default);
        for (column, compared) in self.columns.iter_mut().zip(&entry.compared) {
            match compared {
                Compared::Explained(explained) => column.add(explained),
                Compared::Error { .. } => column.errors += 1,
            }
        }
        match Flip::of(&entry.compared) {
            Flip::Same => {}
            Flip::Unknown => self.unknown += 1,
            Flip::Flips => {
                let proxies = entry.compared.iter().filter_map(Compared::proxy).collect();
                *self.flips.entry(proxies).or_default() += 1;
            }
        }
    }

    fn flips(&self) -> usize {
        self.flips.values().sum()
    }

    /// The lines of a report.
    pub(super) fn lines(&self, comparison: &Comparison, files: usize) -> String {
        if self.workloads == 0 {
            return String::new();
        }
        let mut lines = vec![format!("{} in {}", plural(self.workloads, "workload"), plural(files, "file"))];
        let names: Vec<String> =
            comparison.columns.iter().map(|column| format!("{}:", super::printable(&column.name))).collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
        for (name, totals) in names.iter().zip(&self.columns) {
            let name = super::table::padded(name, width);
            lines.push(format!("  {name} {}", totals.text()));
        }
        let flips = self.flips();
        lines.push(match (flips, comparison.is_upgrade) {
            (0, true) => "no proxy flips".to_owned(),
            (0, false) => "all targets do the same".to_owned(),
            (1, true) => format!("1 workload flips: {}", self.changes()),
            (count, true) => format!("{count} workloads flip: {}", self.changes()),
            (1, false) => "1 workload gets different proxies".to_owned(),
            (count, false) => format!("{count} workloads get different proxies"),
        });
        if self.unknown > 0 {
            let noun = if flips > 0 { "other workload" } else { "workload" };
            let may = if comparison.is_upgrade { "may flip" } else { "may differ" };
            lines.push(format!("{} {may}: the nodes or istiod decide, and are unknown", plural(self.unknown, noun)));
        }
        if let Some(pin) = comparison.pin.as_ref().filter(|_| flips > 0) {
            lines.push("to keep today's proxies, run this first:".to_owned());
            lines.push(format!("  {pin}"));
        }
        lines.join("\n") + "\n"
    }

    /// `2 regular -> native, 1 native -> none`.
    fn changes(&self) -> String {
        let change = |(proxies, count): (&Vec<Proxy>, &usize)| {
            let words: Vec<&str> = proxies.iter().map(|proxy| proxy.word()).collect();
            format!("{count} {}", words.join(" -> "))
        };
        self.flips.iter().map(change).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::{Explained, LocatedReason, Reason};
    use crate::istio::native::ModeReason;

    fn compared(proxies: &[Option<Proxy>]) -> Vec<Compared> {
        let of = |proxy: &Option<Proxy>| match proxy {
            Some(proxy) => Compared::Explained(Box::new(Explained {
                proxy: *proxy,
                reasons: Vec::new(),
                without_annotation: None,
                by: None,
                finishes: None,
            })),
            None => Compared::Error { text: "refused".to_owned(), code: None },
        };
        proxies.iter().map(of).collect()
    }

    #[test]
    fn a_flip_is_between_decided_proxies() {
        let (native, regular) = (Some(Proxy::Native), Some(Proxy::Regular));
        let (depends, none) = (Some(Proxy::Depends), Some(Proxy::None));
        for (proxies, expected) in [
            (vec![native, native], Flip::Same),
            (vec![regular, native], Flip::Flips),
            (vec![regular, none], Flip::Flips),
            (vec![depends, depends], Flip::Same),
            (vec![regular, depends], Flip::Unknown),
            (vec![regular, None], Flip::Unknown),
            (vec![regular, depends, native], Flip::Flips),
        ] {
            assert_eq!(Flip::of(&compared(&proxies)), expected, "{proxies:?}");
        }
    }

    #[test]
    fn totals_name_the_flips_and_the_command_that_prevents_them() {
        let mut totals = ComparedTotals::default();
        for proxies in
            [[Proxy::Regular, Proxy::Native], [Proxy::Native, Proxy::Native], [Proxy::Regular, Proxy::Depends]]
        {
            let mut entry = Entry::new("a.yaml".into(), "apps", "Deployment", "web");
            entry.compared = compared(&proxies.map(Some));
            totals.add(&entry);
        }
        let column = |name: &str| ComparedColumn { name: name.to_owned(), mesh: None, assumed: Vec::new() };
        let columns = vec![column("NOW"), column("AFTER")];
        let comparison = Comparison { columns, is_upgrade: true, pin: Some("annotate --pin".to_owned()) };
        let expected = "\
3 workloads in 1 file
  NOW:   1 native, 2 regular
  AFTER: 2 native, 1 depends on nodes
1 workload flips: 1 regular -> native
1 other workload may flip: the nodes or istiod decide, and are unknown
to keep today's proxies, run this first:
  annotate --pin
";
        assert_eq!(totals.lines(&comparison, 1), expected);
    }

    #[test]
    fn names_of_targets_are_escaped_before_they_are_aligned() {
        let mut totals = ComparedTotals::default();
        let mut entry = Entry::new("a.yaml".into(), "apps", "Deployment", "web");
        entry.compared = compared(&[Some(Proxy::Native), Some(Proxy::Native)]);
        totals.add(&entry);
        let column = |name: &str| ComparedColumn { name: name.to_owned(), mesh: None, assumed: Vec::new() };
        let columns = vec![column("\u{1b}[31m"), column("b")];
        let comparison = Comparison { columns, is_upgrade: false, pin: None };
        let expected = "\
1 workload in 1 file
  \\u{1b}[31m: 1 native
  b:          1 native
all targets do the same
";
        assert_eq!(totals.lines(&comparison, 1), expected);
    }

    #[test]
    fn what_depends_on_other_unknowns_may_flip() {
        let depends = |reason: Reason| {
            let reasons = vec![LocatedReason { reason, line: None }];
            let explained =
                Explained { proxy: Proxy::Depends, reasons, without_annotation: None, by: None, finishes: None };
            Compared::Explained(Box::new(explained))
        };
        let nodes = || depends(Reason::Mode(ModeReason::NodesUnknown));
        let other = depends(Reason::Mode(ModeReason::NodesAssumed));
        assert_eq!(Flip::of(&[nodes(), nodes()]), Flip::Same);
        assert_eq!(Flip::of(&[nodes(), other]), Flip::Unknown);
    }
}
