//! `-o json`: what each mesh does to each workload. docs/reference/schemas/explain-compared.schema.json is its schema:
//! fields may be added, but never changed.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::{Compared, ComparedForm, ComparedRun, ComparedTotals, Comparison, Flip};
use crate::explain::Proxy;
use crate::output::explained::reasons;
use crate::output::form::{Form, Pieces};
use crate::output::structured::{json_line, write_json_items};
use crate::output::{Entry, Spool};

/// The comparison as JSON.
pub static COMPARED_JSON: Json = Json;

/// What each mesh does to each workload, as JSON.
#[derive(Debug)]
pub struct Json;

impl Form for Json {
    fn name(&self) -> &'static str {
        "compared-json"
    }

    fn help(&self) -> &'static str {
        "What each mesh does to each workload"
    }

    fn pieces(&self) -> Pieces {
        Pieces::Workloads(item)
    }
}

impl ComparedForm for Json {
    fn write(&self, pieces: Spool, run: &ComparedRun<'_>, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{{\n  \"version\": 1,\n  \"meshes\": {},\n  \"workloads\": ", meshes(run.comparison))?;
        write_json_items(pieces, out)?;
        write!(out, ",\n  \"totals\": {}\n}}\n", totals(run.totals))
    }
}

/// The meshes, in the order of the columns.
pub(in crate::output) fn meshes(comparison: &Comparison) -> Value {
    let columns = comparison.columns.iter();
    columns.map(|column| json!({"name": column.name, "mesh": column.mesh, "assumed": column.assumed})).collect()
}

/// What comes after the workloads.
pub(super) fn totals(totals: &ComparedTotals) -> Value {
    let column = |column: &super::ProxyTotals| -> Value {
        let counts = Proxy::ALL.iter().map(|proxy| (proxy.word().to_owned(), json!(column.count(*proxy))));
        counts.chain([("undecided".to_owned(), json!(column.errors))]).collect::<Map<_, _>>().into()
    };
    let meshes: Vec<Value> = totals.columns.iter().map(column).collect();
    json!({"workloads": totals.workloads, "flips": totals.flips(), "unknown": totals.unknown, "meshes": meshes})
}

/// A workload on one line.
pub(super) fn item(entry: &Entry) -> String {
    let proxies: Vec<Value> = entry.compared.iter().map(proxy).collect();
    let flips = Flip::of(&entry.compared).flips();
    json_line(&entry.json_item(json!({"flips": flips, "proxies": proxies})).into())
}

fn proxy(compared: &Compared) -> Value {
    match compared {
        Compared::Explained(explained) => json!({
            "proxy": explained.proxy.word(), "reasons": reasons(explained), "finishes": explained.finishes, "error": null,
        }),
        Compared::Error { text, .. } => json!({"proxy": null, "reasons": [], "finishes": null, "error": text}),
    }
}
