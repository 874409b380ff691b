//! The summary of the page: how many workloads get which proxy, in all and by namespace.

use std::collections::BTreeMap;

use maud::{Markup, html};

/// The proxies, in the order of the page. The last one is for workloads that cannot be decided.
pub(super) const PROXIES: [&str; 5] = ["native", "regular", "depends", "none", "error"];

/// The width of a bar, in units of its drawing.
const WIDTH: usize = 1000;

/// The number of workloads with each proxy.
type Counts = [usize; PROXIES.len()];

/// The number of workloads by namespace and proxy.
#[derive(Default)]
pub(super) struct Summary {
    by_namespace: BTreeMap<String, Counts>,
}

impl Summary {
    /// Counts a workload.
    pub(super) fn add(&mut self, namespace: &str, proxy: &str) {
        let counts = match self.by_namespace.get_mut(namespace) {
            Some(counts) => counts,
            None => self.by_namespace.entry(namespace.to_owned()).or_default(),
        };
        for (count, _) in counts.iter_mut().zip(PROXIES).filter(|(_, word)| *word == proxy) {
            *count += 1;
        }
    }

    /// The number of workloads with a proxy.
    pub(super) fn count(&self, proxy: &str) -> usize {
        let counts = self.by_namespace.values().flat_map(|counts| counts.iter().zip(PROXIES));
        counts.filter(|(_, word)| *word == proxy).map(|(count, _)| count).sum()
    }

    /// The number of workloads.
    pub(super) fn workloads(&self) -> usize {
        self.by_namespace.values().flatten().sum()
    }

    /// The namespaces, sorted.
    pub(super) fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.by_namespace.keys().map(String::as_str)
    }

    /// The two first sections of the page.
    pub(super) fn markup(&self) -> Markup {
        let all = self.workloads();
        // Errors are shown if there are any, everything else also if there is none.
        let shown: Vec<(usize, &str)> =
            PROXIES.into_iter().enumerate().filter(|(_, proxy)| *proxy != "error" || self.count(proxy) > 0).collect();
        html! {
            section aria-labelledby="summary-title" {
                h2 #summary-title { "Summary" }
                dl.tiles {
                    @for (_, proxy) in &shown {
                        div class={ "tile " (proxy) } {
                            dt { (proxy) }
                            dd { (self.count(proxy)) " " small { (percent(self.count(proxy), all)) } }
                        }
                    }
                }
            }
            section aria-labelledby="namespaces-title" {
                h2 #namespaces-title { "By namespace" }
                table {
                    thead {
                        tr {
                            th scope="col" { "Namespace" }
                            @for (_, proxy) in &shown { th.number scope="col" { (proxy) } }
                            th scope="col" { "Share" }
                        }
                    }
                    tbody {
                        @for (namespace, counts) in &self.by_namespace {
                            tr {
                                th scope="row" { (namespace) }
                                @for (at, _) in &shown { td.number { (counts.get(*at).copied().unwrap_or_default()) } }
                                td.share { (bar(counts)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A share in percent, rounded down.
fn percent(part: usize, all: usize) -> String {
    match (part * 100).checked_div(all) {
        None | Some(0) if part == 0 => "0 %".to_owned(),
        None | Some(0) => "< 1 %".to_owned(),
        Some(percent) => format!("{percent} %"),
    }
}

/// The counts as a bar, next to the numbers.
fn bar(counts: &Counts) -> Markup {
    let all = counts.iter().sum::<usize>().max(1);
    let mut before = 0;
    let parts = counts.iter().zip(PROXIES).filter(|(count, _)| **count > 0).map(|(count, proxy)| {
        let x = before * WIDTH / all;
        before += count;
        (proxy, x, before * WIDTH / all - x)
    });
    html! {
        svg.bar viewBox={ "0 0 " (WIDTH) " 10" } preserveAspectRatio="none" aria-hidden="true" {
            @for (proxy, x, width) in parts { rect class=(proxy) x=(x) width=(width) height="10" {} }
        }
    }
}
