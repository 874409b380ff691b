//! `-o html`: one self-contained page. It needs no network and no other files; its Content Security
//! Policy allows its own style and scripts by their hashes, and nothing else.
//!
//! The markup is made with maud: it is checked when the program is compiled, it escapes all text, and a row is a function,
//! so rows can be written one by one. An engine that fills in a file would hold the whole page in memory.
//!
//! The page has the rows of all workloads as elements, and their details as data: a browser takes seconds to lay out the
//! details of thousands of workloads, most of which nobody unfolds.

mod details;
mod fleet;
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
/// The scripts, in the order in which they run.
const SCRIPTS: [&str; 2] = [include_str!("details.js"), include_str!("page.js")];

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
            if let Some([namespace, proxy, ..]) = parts(piece) {
                summary.add(namespace, proxy);
            }
            Ok(())
        })?;
        out.write_all(begin(&summary, run).0.as_bytes())?;
        pieces.each_line(|piece| parts(piece).map_or(Ok(()), |[_, _, row, _]| out.write_all(row.as_bytes())))?;
        out.write_all(b"</table></section></main>\n<script type=\"application/json\" id=\"details\">[")?;
        let mut comma = "\n";
        pieces.each_line(|piece| {
            let Some([.., details]) = parts(piece) else { return Ok(()) };
            out.write_all(std::mem::replace(&mut comma, ",\n").as_bytes())?;
            out.write_all(details.as_bytes())
        })?;
        out.write_all(b"\n]</script></body></html>\n")
    }
}

/// The parts of a piece: namespace, proxy, row and details.
fn parts(piece: &str) -> Option<[&str; 4]> {
    let mut parts = piece.trim_end().splitn(4, SEPARATOR);
    Some([parts.next()?, parts.next()?, parts.next()?, parts.next()?])
}

/// A workload on one line: its facts for the summary, its row and its details.
fn piece(entry: &Entry) -> String {
    let Row { namespace, workload, proxy, why, place } = Row::new(entry);
    // Roles keep the table a table for those who do not see it: its elements are laid out as blocks and grids.
    let row = html! {
        tbody role="rowgroup" data-proxy=(proxy) data-namespace=(namespace) {
            tr role="row" {
                td role="cell" { (namespace) }
                td role="cell" { button.toggle type="button" aria-expanded="false" { (workload) } }
                td role="cell" class=(proxy) { b { (proxy) } }
                td role="cell" { (why) }
                td.mono role="cell" { (place) }
            }
        }
    };
    let piece = [&namespace, proxy, &row.0, &details(entry)].join(&SEPARATOR.to_string());
    debug_assert!(!piece.contains('\n'), "control characters are escaped in all text of a piece");
    format!("{piece}\n")
}

/// The page up to the rows of the table. `write` closes the elements that are open there.
fn begin(summary: &Summary, run: &ExplainedRun<'_>) -> Markup {
    let workloads = plural(summary.workloads(), "workload");
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        hash_source(STYLE),
        SCRIPTS.map(hash_source).join(" ")
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
            @for script in SCRIPTS { script { (PreEscaped(script)) } }
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
        noscript {
            p.muted { "Without JavaScript, this page lacks the details of each workload. " code { "explain -v" } " prints them." }
        }
        (filters(summary))
        (PreEscaped("<table id=\"workloads\" role=\"table\">"))
        thead role="rowgroup" {
            tr role="row" {
                @for column in COLUMNS {
                    th role="columnheader" scope="col" aria-sort="none" { button type="button" { (column) } }
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
    use serde_json::{Value, json};

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
        let style = hash_source(between(&page, "<style>", "</style>"));
        let scripts: Vec<&str> =
            page.split("<script>").skip(1).map(|rest| rest.split_once("</script>").unwrap().0).collect();
        assert_eq!(scripts, SCRIPTS);
        let script = scripts.into_iter().map(hash_source).collect::<Vec<_>>().join(" ");
        let expected =
            format!("default-src 'none'; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'");
        assert_eq!(policy, expected);
        assert!(SCRIPTS.concat().len() < 20_000);
        assert_eq!(page.matches("<script").count(), SCRIPTS.len() + 1, "the scripts, and the details");
    }

    #[test]
    fn scripts_add_text_as_text_alone() {
        for sink in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "eval", "Function("]
        {
            assert!(!SCRIPTS.concat().contains(sink), "{sink}");
        }
    }

    #[test]
    fn names_are_text() {
        let entry = Entry::new("a.yaml".into(), "apps", "Deployment", "<b>\u{202e}\n");
        let piece = piece(&entry);
        assert!(piece.contains("deployment/&lt;b&gt;\\u{202e}\\n"), "{piece}");
        assert!(page(&[piece]).contains("<dd>1 <small>100 %</small></dd>"));
    }

    #[test]
    fn details_cannot_leave_their_element() {
        let mut entry = Entry::new("a.yaml".into(), "apps", "Deployment", "web");
        entry.error = Some("</script><script>alert(1)</script><!-- \u{2028}\0".to_owned());
        let page = page(&[piece(&entry), piece(&entry)]);
        let details = between(&page, "<script type=\"application/json\" id=\"details\">", "</script></body>");
        assert!(!details.contains('<'), "{details}");
        let details: Vec<Value> = serde_json::from_str(details).unwrap();
        let expected = json!({"error": "</script><script>alert(1)</script><!-- \\u{2028}\\u{0}"});
        assert_eq!(details, [expected.clone(), expected]);
    }

    #[test]
    fn an_empty_inventory_is_a_page() {
        let page = page(&[]);
        assert!(page.contains("<title>Native sidecars: 0 workloads</title>") && page.ends_with("</html>\n"));
    }
}
