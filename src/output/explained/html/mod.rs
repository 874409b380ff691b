//! `-o html`: one self-contained page. It needs no network and no other files; its Content Security
//! Policy allows its own style and script by their hashes, and nothing else.
//!
//! The markup is made with maud: it is checked when the program is compiled, it escapes all text, and a row is a function,
//! so rows can be written one by one. An engine that fills in a file would hold the whole page in memory.

mod details;
mod fleet;
mod start_order;
mod summary;

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use self::details::details;
use self::summary::{PROXIES, Summary};
use super::row::{Row, SEPARATOR};
use super::{DetailsOf, ExplainForm, ExplainedRun};
use crate::output::form::{Form, Pieces};
use crate::output::{Entry, Spool, plural, printable};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The columns of the table of workloads.
const COLUMNS: [&str; 5] = ["Namespace", "Workload", "Proxy", "Why", "Where"];

/// A page with a summary, and a table of workloads to search.
#[derive(Debug)]
pub(super) struct Html;

impl Form for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn help(&self) -> &'static str {
        "A self-contained page: a summary, and a table to search"
    }

    fn pieces(&self) -> Pieces {
        Pieces::Workloads(piece)
    }
}

impl ExplainForm for Html {
    fn details(&self) -> DetailsOf {
        DetailsOf::All
    }

    fn write(&self, mut pieces: Spool, run: &ExplainedRun<'_>, out: &mut dyn Write) -> io::Result<()> {
        // The summary comes before the rows that it counts.
        let mut summary = Summary::default();
        pieces.each_line(|piece| {
            if let Some((namespace, proxy, _)) = parts(piece) {
                summary.add(namespace, proxy);
            }
            Ok(())
        })?;
        out.write_all(begin(&summary, run).0.as_bytes())?;
        pieces.each_line(|piece| parts(piece).map_or(Ok(()), |(_, _, row)| out.write_all(row.as_bytes())))?;
        out.write_all(b"</table></section></main></body></html>\n")
    }
}

/// The parts of a piece: namespace, proxy and row.
fn parts(piece: &str) -> Option<(&str, &str, &str)> {
    let mut parts = piece.trim_end().splitn(3, SEPARATOR);
    Some((parts.next()?, parts.next()?, parts.next()?))
}

/// A workload on one line: its facts for the summary, then its row.
fn piece(entry: &Entry) -> String {
    let Row { namespace, workload, proxy, why, place } = Row::new(entry);
    let row = html! {
        tbody data-proxy=(proxy) data-namespace=(namespace) {
            tr {
                td { (namespace) }
                td { button.toggle type="button" aria-expanded="false" { (workload) } }
                td class=(proxy) { b { (proxy) } }
                td { (why) }
                td.mono { (place) }
            }
            tr.more { td colspan=(COLUMNS.len()) { (details(entry)) } }
        }
    };
    debug_assert!(!row.0.contains(['\n', SEPARATOR]), "control characters are escaped in all text of a row");
    format!("{namespace}{SEPARATOR}{proxy}{SEPARATOR}{}\n", row.0)
}

/// The page up to the rows of the table. `write` closes the elements that are open there.
fn begin(summary: &Summary, run: &ExplainedRun<'_>) -> Markup {
    let workloads = plural(summary.workloads(), "workload");
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        hash_source(STYLE),
        hash_source(SCRIPT)
    );
    html! {
        (DOCTYPE)
        (PreEscaped("<html lang=\"en\">"))
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(policy);
            meta name="viewport" content="width=device-width, initial-scale=1";
            title { "Native sidecars: " (workloads) }
            style { (PreEscaped(STYLE)) }
            script { (PreEscaped(SCRIPT)) }
        }
        (PreEscaped("<body>"))
        a.skip href="#workloads" { "Skip to the workloads" }
        header {
            h1 { "Native sidecars" }
            p.muted { (workloads) @if let Some(mesh) = mesh(run) { ", " (mesh) } }
            @if !run.assumed.is_empty() {
                p { "Assumed:" }
                ul { @for assumed in run.assumed { li { (printable(&assumed.to_string())) } } }
            }
        }
        (PreEscaped("<main>"))
        (summary.markup())
        (fleet::markup(run.fleet, run.quotas))
        (PreEscaped("<section aria-labelledby=\"workloads-title\">"))
        h2 #workloads-title { "Workloads" }
        (filters(summary))
        (PreEscaped("<table id=\"workloads\">"))
        thead {
            tr {
                @for column in COLUMNS {
                    th scope="col" aria-sort="none" { button type="button" { (column) } }
                }
            }
        }
    }
}

/// The release and the origin of the mesh.
fn mesh(run: &ExplainedRun<'_>) -> Option<String> {
    let get = |key: &str| run.mesh?.get(key)?.as_str();
    let source = get("source").map_or_else(String::new, |source| format!(" ({source})"));
    Some(printable(&format!("istio {}{source}", get("istio")?)).into_owned())
}

/// The fields above the table.
fn filters(summary: &Summary) -> Markup {
    html! {
        form.filters role="search" {
            input #search type="search" aria-label="Search workloads" placeholder="Search";
            select #namespace aria-label="Namespace" {
                option value="" { "All namespaces" }
                // The sign keeps an empty namespace apart from all of them.
                @for namespace in summary.namespaces() { option value={ "=" (namespace) } { (namespace) } }
            }
            fieldset {
                legend { "Proxy" }
                @for proxy in PROXIES.iter().filter(|proxy| summary.count(proxy) > 0) {
                    label { input type="checkbox" name="proxy" value=(proxy) checked; " " (proxy) }
                }
            }
            output #shown aria-live="polite" {}
        }
    }
}

/// How a Content Security Policy names an inline text.
fn hash_source(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::Fleet;
    use crate::istio::Quotas;
    use crate::output::ProxyTotals;

    fn page(pieces: &[String]) -> String {
        let mut spool = Spool::new(1 << 20);
        for piece in pieces {
            spool.push(piece.as_bytes()).unwrap();
        }
        let (totals, fleet, quotas) = <(ProxyTotals, Fleet, Quotas)>::default();
        let run = ExplainedRun {
            mesh: None,
            assumed: &[],
            totals: &totals,
            fleet: &fleet,
            quotas: &quotas,
            styled: false,
            width: None,
        };
        let mut out = Vec::new();
        Html.write(spool, &run, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn between<'p>(page: &'p str, begin: &str, end: &str) -> &'p str {
        let (_, rest) = page.split_once(begin).unwrap();
        rest.split_once(end).unwrap().0
    }

    #[test]
    fn the_policy_allows_the_style_and_the_script_of_the_page_alone() {
        let page = page(&[]);
        let policy = between(&page, "Content-Security-Policy\" content=\"", "\"").replace("&#39;", "'");
        let (style, script) = (between(&page, "<style>", "</style>"), between(&page, "<script>", "</script>"));
        let (style, script) = (hash_source(style), hash_source(script));
        let expected =
            format!("default-src 'none'; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'");
        assert_eq!(policy, expected);
        assert!(SCRIPT.len() < 20_000);
        assert_eq!(page.matches("<script").count(), 1);
    }

    #[test]
    fn names_are_text() {
        let entry = Entry::new("a.yaml".into(), "apps", "Deployment", "<b>\u{202e}\n");
        let piece = piece(&entry);
        assert!(piece.contains("deployment/&lt;b&gt;\\u{202e}\\n"), "{piece}");
        assert!(page(&[piece]).contains("<dd>1 <small>100 %</small></dd>"));
    }

    #[test]
    fn an_empty_inventory_is_a_page() {
        let page = page(&[]);
        assert!(page.contains("<title>Native sidecars: 0 workloads</title>") && page.ends_with("</html>\n"));
    }
}
