//! The state of workloads as one JSON document (docs/reference/schemas/status.schema.json).

use serde_json::{Value, json};

use super::super::Remark;
use crate::cluster::status::{Note, Row, Status};
use crate::explain::Proxy;

/// The state as JSON. `mesh` describes the mesh, `assumed` what was assumed about it.
pub fn status_value(status: &Status, mesh: Option<&Value>, assumed: &[Remark]) -> Value {
    json!({
        "version": 1,
        "mesh": mesh,
        "assumed": assumed.iter().map(|remark| &*remark.text).collect::<Vec<_>>(),
        "rows": status.rows.iter().map(row).collect::<Vec<_>>(),
        "notes": status.notes.iter().map(note).collect::<Vec<_>>(),
    })
}

fn row(row: &Row) -> Value {
    let pods = row.all_pods.iter().map(|pod| {
        json!({
            "name": pod.name,
            "proxy": pod.proxy.word(),
            "ready": pod.columns.ready,
            "status": pod.columns.status,
            "restarts": pod.columns.restarts,
            "age": pod.columns.age,
        })
    });
    json!({
        "namespace": row.key.namespace,
        "workload": row.key.display_name(),
        "group": row.key.kind.group,
        "pods": row.pods,
        "native": row.native,
        "regular": row.regular,
        "none": row.none(),
        "outdated": row.outdated,
        "next": row.next.map(Proxy::word),
        "action": row.action.code(),
        "reason": row.reason.code(),
        "text": row.reason.to_string(),
        "notes": row.notes.iter().map(note).collect::<Vec<_>>(),
        "podStatus": pods.collect::<Vec<_>>(),
    })
}

fn note(note: &Note) -> Value {
    json!({"code": note.code(), "text": note.to_string(), "pods": note.pods().collect::<Vec<_>>()})
}
