//! Totals: one line by outcome, and for large runs one line for each reason.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Entry, Outcome};
use crate::explain::{Explained, Fleet, Proxy};
use crate::output::{ComparedTotals, printable};

/// Runs with more workloads show totals by reason. In smaller ones, the lines of the workloads are enough.
const FEW: usize = 20;

/// How many groups are counted separately.
const MAX_GROUPS: usize = 20;

/// The group of all other reasons.
const OTHERS: &str = "other reasons";

#[derive(Clone, Debug, Default)]
pub(super) struct Totals {
    outcomes: BTreeMap<Outcome, usize>,
    /// Workloads per kind, grouped by outcome and by mode or reason.
    groups: BTreeMap<(Outcome, String), BTreeMap<String, usize>>,
    proxies: ProxyTotals,
    /// What the pods request together, where the details of workloads are known.
    fleet: Fleet,
    compared: ComparedTotals,
}

/// How many workloads get which proxy, where that is explained.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxyTotals {
    proxies: BTreeMap<Proxy, usize>,
    /// How many of those that depend do so on istiod's environment.
    on_istiod: usize,
    /// Workloads that cannot be decided.
    pub errors: usize,
}

impl ProxyTotals {
    /// How many workloads get this proxy.
    pub fn count(&self, proxy: Proxy) -> usize {
        self.proxies.get(&proxy).copied().unwrap_or_default()
    }

    /// Counts a workload.
    pub(in crate::output) fn add(&mut self, explained: &Explained) {
        *self.proxies.entry(explained.proxy).or_default() += 1;
        self.on_istiod += usize::from(explained.depends_on_istiod());
    }

    /// `3 native, 1 regular`.
    pub(in crate::output) fn text(&self) -> String {
        self.parts().join(", ")
    }

    fn sum(&self) -> usize {
        self.proxies.values().sum::<usize>() + self.errors
    }

    fn parts(&self) -> Vec<String> {
        let depend = |count: usize, on: &str| match count {
            0 => None,
            1 => Some(format!("1 depends on {on}")),
            count => Some(format!("{count} depend on {on}")),
        };
        let parts = self.proxies.iter().flat_map(|(proxy, count)| match proxy {
            Proxy::Depends => [depend(count - self.on_istiod, "nodes"), depend(self.on_istiod, "istiod")],
            Proxy::None => [Some(format!("{count} without a proxy")), None],
            Proxy::Native | Proxy::Regular => [Some(format!("{count} {}", proxy.word())), None],
        });
        let parts = parts.flatten();
        let errors = (self.errors > 0).then(|| format!("{} undecided", self.errors));
        parts.chain(errors).collect()
    }
}

impl Totals {
    pub(super) fn add(&mut self, entry: &Entry) {
        if let Some(explained) = &entry.explained {
            self.proxies.add(explained);
        } else if entry.outcome == Outcome::Error {
            self.proxies.errors += 1;
        }
        if let Some(details) = &entry.details {
            self.fleet.add(&entry.namespace, &entry.kind, details);
        }
        self.compared.add(entry);
        *self.outcomes.entry(entry.outcome).or_default() += 1;
        let why = match (entry.outcome, entry.mode, entry.reasons.first()) {
            (Outcome::Skipped | Outcome::NotChosen, _, Some(reason)) => reason.to_string(),
            (_, Some(mode), _) => mode.to_string(),
            _ => String::new(),
        };
        let mut group = (entry.outcome, why);
        if self.groups.len() >= MAX_GROUPS && !self.groups.contains_key(&group) {
            OTHERS.clone_into(&mut group.1);
        }
        *self.groups.entry(group).or_default().entry(entry.kind.to_lowercase()).or_default() += 1;
    }

    /// Which proxies the workloads get, where that is explained.
    pub(super) fn proxies(&self) -> &ProxyTotals {
        &self.proxies
    }

    /// Which proxies the workloads get from several meshes, where those are compared.
    pub(super) fn compared(&self) -> &ComparedTotals {
        &self.compared
    }

    /// What the pods request together.
    pub(super) fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// The line for workloads that are explained.
    pub(super) fn explained_line(&self, files: usize) -> String {
        let (workloads, files) = (plural(self.proxies.sum(), "workload"), plural(files, "file"));
        format!("{workloads} in {files}: {}\n", self.proxies.text())
    }

    pub(super) fn workloads(&self) -> usize {
        self.outcomes.values().sum()
    }

    /// How many workloads have an outcome that `is_counted`.
    pub(super) fn count(&self, is_counted: impl Fn(Outcome) -> bool) -> usize {
        self.outcomes.iter().filter(|(outcome, _)| is_counted(**outcome)).map(|(_, count)| count).sum()
    }

    /// The lines. Empty without workloads. `would`: changes were not delivered.
    pub(super) fn lines(&self, files: usize, would: bool) -> String {
        let label = |outcome: Outcome| match outcome {
            _ if would && outcome.is_change() => format!("would be {}", outcome.label()),
            _ => outcome.label().to_owned(),
        };
        // The total by outcome.
        let workloads = self.workloads();
        if workloads == 0 {
            return String::new();
        }
        let parts: Vec<String> =
            self.outcomes.iter().map(|(outcome, count)| format!("{count} {}", label(*outcome))).collect();
        let (workloads_text, files) = (plural(workloads, "workload"), plural(files, "file"));
        let mut text = format!("{workloads_text} in {files}: {}\n", parts.join(", "));
        if workloads <= FEW {
            return text;
        }
        // The groups, by outcome and then by size.
        let mut groups: Vec<_> =
            self.groups.iter().map(|(group, kinds)| (group, kinds, kinds.values().sum::<usize>())).collect();
        groups.sort_by_key(|((outcome, _), _, count)| (*outcome, Reverse(*count)));
        let digits = groups.iter().map(|(.., count)| count.to_string().len()).fold(0, usize::max);
        for ((outcome, why), kinds, count) in groups {
            let mut kinds: Vec<_> = kinds.iter().collect();
            kinds.sort_by_key(|(_, count)| Reverse(**count));
            let kinds: Vec<String> = kinds.into_iter().map(|(kind, count)| format!("{kind} {count}")).collect();
            let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
            let line = format!("{count:>digits$} {}{why}: {}", label(*outcome), kinds.join(", "));
            let _ = writeln!(text, "  {}", printable(&line));
        }
        text
    }
}

/// `1 file`, `2 files`.
pub fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::istio::native::Mode;
    use crate::output::report::Reason;

    fn entry(kind: &str, outcome: Outcome, reason: &str) -> Entry {
        let reasons = vec![Reason::AnnotationKept { value: reason.to_owned() }];
        Entry { outcome, mode: Some(Mode::Native), reasons, ..Entry::new("a.yaml".into(), "", kind, "a") }
    }

    fn totals(entries: &[(usize, &str, Outcome, &str)]) -> Totals {
        let mut totals = Totals::default();
        for (count, kind, outcome, reason) in entries {
            (0..*count).for_each(|_| totals.add(&entry(kind, *outcome, reason)));
        }
        totals
    }

    #[test]
    fn small_runs_have_one_line() {
        let few = totals(&[(1, "Pod", Outcome::Skipped, "host network"), (2, "Deployment", Outcome::Annotated, "")]);
        assert_eq!(few.lines(1, false), "3 workloads in 1 file: 2 annotated, 1 skipped\n");
        assert_eq!(few.lines(1, true), "3 workloads in 1 file: 2 would be annotated, 1 skipped\n");
        assert_eq!(Totals::default().lines(1, false), "");
    }

    #[test]
    fn large_runs_are_counted_by_reason_and_kind() {
        let many = totals(&[
            (20, "Deployment", Outcome::Annotated, "as before"),
            (3, "Pod", Outcome::Skipped, "host network"),
            (2, "Deployment", Outcome::Skipped, "a label"),
            (5, "DaemonSet", Outcome::Skipped, "host network"),
        ]);
        let expected = "\
30 workloads in 12 files: 20 would be annotated, 10 skipped
  20 would be annotated (native): deployment 20
   8 skipped (the annotation is host network): daemonset 5, pod 3
   2 skipped (the annotation is a label): deployment 2
";
        assert_eq!(many.lines(12, true), expected);
    }

    #[test]
    fn the_number_of_groups_is_bounded() {
        let mut totals = Totals::default();
        for n in 0..100 * MAX_GROUPS {
            totals.add(&entry("Pod", Outcome::Skipped, &format!("reason {n}\u{1b}")));
        }
        assert_eq!(totals.groups.len(), MAX_GROUPS + 1);
        let lines = totals.lines(1, false);
        assert!(lines.contains(&format!("  {} skipped (other reasons): pod", 99 * MAX_GROUPS)), "{lines}");
        assert!(!lines.contains('\u{1b}'));
    }
}
