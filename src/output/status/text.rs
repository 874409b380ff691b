//! The state of workloads as a table, and the notes about it.

use std::fmt::Write as _;

use super::super::printable;
use super::super::report::plural;
use super::super::table::table;
use crate::cluster::status::{Action, ActionReason, Row, Status};
use crate::explain::Proxy;

/// The table. If it is wide, with the reasons, and with a second table of the pods.
pub fn status_table(status: &Status, is_wide: bool) -> String {
    let shows_outdated = status.rows.iter().any(|row| row.outdated.is_some());
    let mut header = vec!["NAMESPACE", "WORKLOAD", "PODS", "NATIVE", "REGULAR", "NONE"];
    header.extend(shows_outdated.then_some("OUTDATED"));
    header.extend(["NEXT", "ACTION"]);
    if is_wide {
        header.push("REASON");
    }
    let rows = status.rows.iter().map(|row| {
        let counts = [row.pods, row.native, row.regular, row.none()].map(|count| count.to_string());
        let mut cells = vec![row.key.namespace.clone(), row.key.display_name()];
        cells.extend(counts);
        if shows_outdated {
            cells.push(row.outdated.map_or_else(String::new, |count| count.to_string()));
        }
        cells.extend([row.next.map_or("", Proxy::word).to_owned(), action(row)]);
        if is_wide {
            cells.push(row.reason.to_string());
        }
        cells
    });
    let mut text = table(&header, &rows.collect::<Vec<_>>());
    if is_wide && status.rows.iter().any(|row| !row.all_pods.is_empty()) {
        let pods = status.rows.iter().flat_map(|row| {
            row.all_pods.iter().map(|pod| {
                let columns = &pod.columns;
                let shown = [&columns.ready, &columns.status, &columns.restarts, &columns.age].map(String::clone);
                let mut cells = vec![
                    row.key.namespace.clone(),
                    pod.name.clone(),
                    row.key.display_name(),
                    pod.proxy.word().to_owned(),
                ];
                cells.extend(shown);
                cells
            })
        });
        let header = ["NAMESPACE", "POD", "WORKLOAD", "PROXY", "READY", "STATUS", "RESTARTS", "AGE"];
        text.push('\n');
        text.push_str(&table(&header, &pods.collect::<Vec<_>>()));
    }
    text
}

/// The action; if there is none, the reason too, unless all is well.
fn action(row: &Row) -> String {
    match (row.action, &row.reason) {
        (Action::None, ActionReason::UpToDate | ActionReason::NoPods | ActionReason::NoProxy) => {
            Action::None.code().to_owned()
        }
        (action @ (Action::None | Action::Unknown), reason) => format!("{} ({})", action.code(), reason.code()),
        (action, _) => action.code().to_owned(),
    }
}

/// The workloads that need an action, as kubectl prints names: `deployment.apps/web`.
pub fn status_names(status: &Status) -> String {
    let mut text = String::new();
    for row in status.rows.iter().filter(|row| row.action.is_needed()) {
        let group = if row.key.kind.group.is_empty() { String::new() } else { format!(".{}", row.key.kind.group) };
        let _ =
            writeln!(text, "{}", printable(&format!("{}{group}/{}", row.key.kind.kind.to_lowercase(), row.key.name)));
    }
    text
}

/// Notes about workloads and the cluster, and the totals.
pub fn status_notes(status: &Status) -> String {
    let mut text = String::new();
    for row in &status.rows {
        for note in &row.notes {
            let about = format!("{}/{}: {}: {note}", row.key.namespace, row.key.display_name(), note.code());
            let _ = writeln!(text, "{}", printable(&about));
        }
    }
    for note in &status.notes {
        let _ = writeln!(text, "note: {}", printable(&note.to_string()));
    }
    let sum = |count: fn(&Row) -> usize| status.rows.iter().map(count).sum::<usize>();
    let needed = status.rows.iter().filter(|row| row.action.is_needed()).count();
    let todo = match needed {
        0 => "nothing to do".to_owned(),
        1 => "1 workload needs an action".to_owned(),
        count => format!("{count} workloads need an action"),
    };
    let _ = writeln!(
        text,
        "{}, {}: {} native, {} regular, {} without a proxy; {todo}",
        plural(status.rows.len(), "workload"),
        plural(sum(|row| row.pods), "pod"),
        sum(|row| row.native),
        sum(|row| row.regular),
        sum(Row::none),
    );
    text
}
