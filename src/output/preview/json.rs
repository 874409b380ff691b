//! `-o json`: the groups and the workloads. docs/reference/schemas/diff-preview.schema.json is its schema: fields may be added, but never
//! changed.

use std::io::{self, BufRead as _, Write};

use serde_json::{Value, json};

use super::PreviewRun;
use super::groups::{Body, PreviewGroups};
use crate::output::compared::json::meshes;
use crate::output::structured::harmless;
use crate::output::{Compared, Entry, Flip, Spool};

/// Writes the groups and the workloads as JSON.
pub fn preview_json(mut groups: PreviewGroups, run: &PreviewRun<'_>, out: &mut dyn Write) -> io::Result<()> {
    let sorted = groups.sorted();
    let counts = groups.counts();
    // The numbers of groups by their position.
    let mut numbers = vec![0; sorted.len()];
    write!(out, "{{\n  \"version\": 1,\n  \"meshes\": {},\n  \"groups\": [", meshes(run.comparison))?;
    for (number, group) in sorted.iter().enumerate().map(|(index, group)| (index + 1, group)) {
        if let Some(known) = numbers.get_mut(group.position) {
            *known = number;
        }
        let Body { representative, changes, diff } = groups.body(group)?;
        let diff = (!run.summary_only).then_some(diff);
        let item = json!({
            "group": number, "count": group.count, "flips": group.flips(),
            "proxies": group.proxies.map(crate::explain::Proxy::word),
            "representative": representative, "changes": changes, "diff": diff,
        });
        let comma = if number > 1 { "," } else { "" };
        write!(out, "{comma}\n    {}", harmless(&item.to_string()))?;
    }
    write!(out, "{}],\n  \"workloads\": ", if sorted.is_empty() { "" } else { "\n  " })?;
    let workloads = std::mem::replace(&mut groups.workloads, Spool::new(0));
    write_workloads(workloads, &numbers, out)?;
    let totals = json!({
        "workloads": counts.changed + counts.unchanged + counts.undecided, "changed": counts.changed,
        "unchanged": counts.unchanged, "undecided": counts.undecided, "flips": counts.flips, "groups": sorted.len(),
    });
    write!(out, ",\n  \"totals\": {totals}\n}}\n")
}

/// Writes the spooled workloads with the numbers of their groups.
fn write_workloads(workloads: Spool, numbers: &[usize], out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"[")?;
    let (mut lines, mut line, mut comma) = (workloads.reader()?, String::new(), "");
    while lines.read_line(&mut line)? > 0 {
        let mut item: Value = serde_json::from_str(&line)?;
        if let Some(group) = item.get_mut("group") {
            let position = group.as_u64().and_then(|position| usize::try_from(position).ok());
            *group = position.and_then(|position| numbers.get(position)).map_or(Value::Null, |number| json!(number));
        }
        write!(out, "{comma}\n    {}", harmless(&item.to_string()))?;
        line.clear();
        comma = ",";
    }
    out.write_all(if comma.is_empty() { b"]" } else { b"\n  ]" })
}

/// A workload on one line. `group` is the position of its group.
pub(super) fn workload_line(entry: &Entry, group: Option<usize>) -> String {
    let mut item = place(entry);
    let flips = match Flip::of(&entry.compared) {
        Flip::Same => Some(false),
        Flip::Unknown => None,
        Flip::Flips => Some(true),
    };
    let proxies: Vec<Option<&str>> = entry.compared.iter().map(Compared::proxy_word).collect();
    if let Some(item) = item.as_object_mut() {
        item.insert("proxies".to_owned(), json!(proxies));
        item.insert("flips".to_owned(), json!(flips));
        item.insert("changes".to_owned(), json!(entry.preview.as_ref().map(|_| group.is_some())));
        item.insert("group".to_owned(), json!(group));
        item.insert("error".to_owned(), json!(entry.error));
    }
    format!("{item}\n")
}

/// The place and name of a workload.
pub(super) fn place(entry: &Entry) -> Value {
    json!({
        "file": *entry.file, "source": entry.source.as_deref(), "document": entry.document, "item": entry.item,
        "line": entry.line, "kind": entry.kind, "namespace": entry.namespace, "name": entry.name,
    })
}
