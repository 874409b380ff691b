//! What all pods request together, on the page.

use maud::{Markup, html};

use crate::explain::Fleet;
use crate::istio::Quotas;
use crate::output::fleet::{FleetQuota, remarks, rows};
use crate::output::printable;

/// The titles of the columns, and whether they hold numbers.
const COLUMNS: [(&str, bool); 6] = [
    ("Namespace", false),
    ("Pods", true),
    ("Resource", false),
    ("Without sidecars", true),
    ("With sidecars", true),
    ("Quota", false),
];

/// The section about requests. Nothing if no workload is counted.
pub(super) fn markup(fleet: &Fleet, quotas: &Quotas) -> Markup {
    let (rows, remarks) = (rows(fleet, quotas), remarks(fleet, quotas));
    let number = |is_number: bool| is_number.then_some("number");
    html! {
        @if !(rows.is_empty() && remarks.is_empty()) {
            section aria-labelledby="requests-title" {
                h2 #requests-title { "Requests of all pods" }
                @if !rows.is_empty() {
                    table {
                        thead {
                            tr { @for (title, is_number) in COLUMNS { th scope="col" class=[number(is_number)] { (title) } } }
                        }
                        tbody {
                            @for row in &rows {
                                tr {
                                    th scope="row" { (printable(&row.namespace)) }
                                    td.number { (row.pods) }
                                    td { (printable(&row.resource)) }
                                    td.number { (row.before) }
                                    td.number { (row.after) }
                                    td class=[row.quota.as_ref().and_then(class)] {
                                        @if let Some(quota) = &row.quota { (printable(&quota.text)) }
                                    }
                                }
                            }
                        }
                    }
                }
                @if !remarks.is_empty() { ul { @for remark in &remarks { li { (printable(remark)) } } } }
            }
        }
    }
}

fn class(quota: &FleetQuota) -> Option<&'static str> {
    quota.is_exceeded.then_some("error")
}
