//! `-o json`: the groups and the workloads. docs/reference/schemas/diff-preview.schema.json is its schema: fields may be
//! added, but never changed.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::PreviewRun;
use super::groups::{Body, PreviewGroups};
use crate::output::compared::json::meshes;
use crate::output::structured::{harmless, json_line, write_json_items_by};
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
    write_json_items_by(workloads, out, |line, out| {
        let mut item: Value = serde_json::from_slice(line)?;
        if let Some(group) = item.get_mut("group") {
            let position = group.as_u64().and_then(|position| usize::try_from(position).ok());
            *group = json!(position.and_then(|position| numbers.get(position)));
        }
        out.write_all(harmless(&item.to_string()).as_bytes())
    })?;
    let totals = json!({
        "workloads": counts.changed + counts.unchanged + counts.undecided, "changed": counts.changed,
        "unchanged": counts.unchanged, "undecided": counts.undecided, "flips": counts.flips, "groups": sorted.len(),
    });
    write!(out, ",\n  \"totals\": {totals}\n}}\n")
}

/// A workload on one line. `group` is the position of its group.
pub(super) fn workload_line(entry: &Entry, group: Option<usize>) -> String {
    let proxies: Vec<Option<&str>> = entry.compared.iter().map(Compared::proxy_word).collect();
    let item = entry.json_item(json!({
        "proxies": proxies, "flips": Flip::of(&entry.compared).flips(),
        "changes": entry.preview.as_ref().map(|_| group.is_some()), "group": group, "error": entry.error,
    }));
    json_line(&item.into())
}
