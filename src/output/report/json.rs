//! The report as JSON. docs/reference/schemas/report.schema.json is its schema: fields may be added, but never changed.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Entry, Reason, Remark, RunInfo, Warning};
use crate::diagnostic::{Diagnostic, Related};
use crate::k8s::Unhandled;
use crate::output::Compared;
use crate::output::spool::{Spool, SpoolMark};

/// Whether `text` starts like a report.
pub(super) fn is_report(text: &[u8]) -> bool {
    let rest = text.strip_prefix(b"{\n  \"version\": 1,\n  ");
    rest.is_some_and(|rest| rest.starts_with(b"\"delivered\": ") || rest.starts_with(b"\"mesh\": "))
}

/// The spooled items of a JSON list, one item a line.
#[derive(Debug)]
pub(super) struct Items {
    items: Spool,
    count: usize,
}

/// The state of a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct ItemsMark {
    items: SpoolMark,
    count: usize,
}

impl Items {
    pub(super) fn new(in_memory: usize) -> Self {
        Self { items: Spool::new(in_memory), count: 0 }
    }

    pub(super) fn mark(&self) -> ItemsMark {
        ItemsMark { items: self.items.mark(), count: self.count }
    }

    pub(super) fn rewind(&mut self, mark: ItemsMark) -> io::Result<()> {
        self.count = mark.count;
        self.items.rewind(mark.items)
    }

    pub(super) fn push(&mut self, item: &Value) -> io::Result<()> {
        let comma = if self.count > 0 { "," } else { "" };
        self.count += 1;
        self.items.push(format!("{comma}\n    {item}").as_bytes())
    }
}

fn texts(items: &[impl ToString]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

/// A workload's item.
pub(super) fn workload(e: &Entry) -> Value {
    let mut item = e.json_item(json!({
        "outcome": e.outcome.word(), "mode": e.mode.map(|m| m.to_string()),
        "istio": e.by.as_ref().map(|by| &by.istio), "revision": e.by.as_ref().map(|by| &by.revision),
        "reasons": texts(&e.reasons), "reasonCodes": e.reasons.iter().map(Reason::code).collect::<Vec<_>>(),
        "warnings": texts(&e.warnings), "warningCodes": e.warnings.iter().map(Warning::code).collect::<Vec<_>>(),
        "error": e.error,
    }));
    if !e.compared.is_empty() {
        item.insert("preview".to_owned(), preview(e));
    }
    if !e.converted.is_empty() {
        item.insert("converted".to_owned(), json!(e.converted));
    }
    item.into()
}

/// What a change of the mesh changes in a workload.
fn preview(e: &Entry) -> Value {
    let proxies: Vec<Option<&str>> = e.compared.iter().map(Compared::proxy_word).collect();
    json!({"proxies": proxies, "changes": e.preview.as_ref().map(|preview| !preview.changes.is_empty())})
}

/// The item of an object that is passed through.
pub(super) fn unhandled(file: &str, document: usize, source: Option<&str>, unhandled: &Unhandled) -> Value {
    json!({
        "file": file, "source": source, "document": document,
        "kind": unhandled.kind, "name": unhandled.name, "code": unhandled.code(), "why": unhandled.why(),
        "hint": unhandled.hint(),
    })
}

/// A problem's item.
pub(super) fn error(p: &Diagnostic) -> Value {
    let related = |r: &Related| json!({"line": r.place.line, "column": r.place.column, "message": r.message});
    let related: Vec<Value> = p.related.iter().map(related).collect();
    json!({
        "file": p.file, "line": p.place.map(|p| p.line), "column": p.place.map(|p| p.column),
        "source": p.source.as_deref(), "path": p.path, "code": p.code.as_str(), "message": p.message,
        "excerpt": p.excerpt, "hint": p.hint, "related": related,
    })
}

/// Writes the report: the facts about the run, then the lists.
pub(super) fn write<'r>(
    out: &mut dyn Write,
    info: &RunInfo,
    urgent_warnings: &[Remark],
    is_delivered: bool,
    lists: impl IntoIterator<Item = (&'static str, &'r mut Items)>,
) -> io::Result<()> {
    let mesh = json!(info.mesh);
    let warnings: Vec<Remark> = info.warnings.iter().chain(urgent_warnings).cloned().collect();
    write!(out, "{{\n  \"version\": 1,\n  \"delivered\": {is_delivered},\n  \"mesh\": {mesh}")?;
    for (name, codes, remarks) in [
        ("assumed", "assumedCodes", &info.assumed),
        ("warnings", "warningCodes", &warnings),
        ("notes", "noteCodes", &info.notes),
    ] {
        let remark_codes: Vec<&str> = remarks.iter().map(|remark| remark.code).collect();
        write!(out, ",\n  \"{name}\": {},\n  \"{codes}\": {}", json!(texts(remarks)), json!(remark_codes))?;
    }
    for (name, list) in lists {
        write!(out, ",\n  \"{name}\": [")?;
        list.items.copy_to(&mut &mut *out)?;
        out.write_all(if list.count > 0 { b"\n  ]" } else { b"]" })?;
    }
    out.write_all(b"\n}\n")
}
