//! `-o json`: everything about each workload. docs/reference/schemas/explain.schema.json is its schema: fields may be
//! added, but never changed.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::{DetailsOf, ExplainForm, ExplainedRun};
use crate::explain::{Container, Details, Explained, LocatedReason, Proxy, Replicas};
use crate::output::fleet::{self, change};
use crate::output::form::{Form, Pieces};
use crate::output::structured::{json_line, write_json_items};
use crate::output::{Entry, Spool};

/// Everything about each workload, as JSON.
#[derive(Debug)]
pub(super) struct Json;

impl Form for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn help(&self) -> &'static str {
        "Everything about each workload"
    }

    fn pieces(&self) -> Pieces {
        Pieces::Workloads(item)
    }
}

impl ExplainForm for Json {
    fn details(&self) -> DetailsOf {
        DetailsOf::All
    }

    fn write(&self, pieces: Spool, run: &ExplainedRun<'_>, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"{")?;
        for (key, value) in head(run) {
            write!(out, "\n  \"{key}\": {value},")?;
        }
        out.write_all(b"\n  \"workloads\": ")?;
        write_json_items(pieces, out)?;
        write!(out, ",\n  \"totals\": {}\n}}\n", totals(run))
    }
}

/// What comes before the workloads.
pub(super) fn head(run: &ExplainedRun<'_>) -> [(&'static str, Value); 3] {
    let assumed: Vec<String> = run.assumed.iter().map(ToString::to_string).collect();
    [("version", json!(1)), ("mesh", json!(run.mesh)), ("assumed", json!(assumed))]
}

/// What comes after the workloads.
pub(super) fn totals(run: &ExplainedRun<'_>) -> Value {
    let counts = Proxy::ALL.iter().map(|proxy| (proxy.word().to_owned(), json!(run.totals.count(*proxy))));
    let others = [
        ("undecided".to_owned(), json!(run.totals.errors)),
        ("resources".to_owned(), fleet::value(run.fleet, run.quotas)),
    ];
    counts.chain(others).collect::<Map<_, _>>().into()
}

/// A workload on one line.
pub(super) fn item(entry: &Entry) -> String {
    let mut item = entry.json_place();
    if let Some(explained) = &entry.explained {
        item.extend(decision(explained));
    } else {
        item.extend(["proxy", "skipped", "withoutAnnotation"].map(|key| (key.to_owned(), Value::Null)));
        item.insert("reasons".to_owned(), json!([]));
    }
    item.extend(entry.details.as_ref().map_or_else(no_facts, |details| facts(details)));
    item.insert("finishes".to_owned(), json!(entry.explained.as_ref().and_then(|explained| explained.finishes)));
    let codes = entry.warnings.iter().map(|w| json!({"code": w.code(), "text": w.to_string()}));
    if let Some(Value::Array(notes)) = item.get_mut("notes") {
        notes.extend(codes);
    }
    item.insert("error".to_owned(), json!(entry.error));
    json_line(&item.into())
}

/// The reasons of a decision.
pub(in crate::output) fn reasons(explained: &Explained) -> Value {
    let reason = |located: &LocatedReason| {
        let reason = &located.reason;
        json!({"code": reason.code(), "text": reason.to_string(), "line": located.line, "source": reason.source()})
    };
    explained.reasons.iter().map(reason).collect()
}

/// The proxy, and why.
fn decision(explained: &Explained) -> Map<String, Value> {
    let first = explained.reasons.first().filter(|_| explained.proxy == Proxy::None);
    let by = explained.by.as_ref();
    Map::from_iter([
        ("proxy".to_owned(), json!(explained.proxy.word())),
        ("skipped".to_owned(), json!(first.map(|located| located.reason.code()))),
        ("reasons".to_owned(), reasons(explained)),
        ("withoutAnnotation".to_owned(), json!(explained.without_annotation.map(Proxy::word))),
        ("istio".to_owned(), json!(by.map(|(istio, _)| istio))),
        ("revision".to_owned(), json!(by.map(|(_, revision)| revision))),
    ])
}

/// What follows from the decision.
fn facts(details: &Details) -> Map<String, Value> {
    let container = |container: &Container| {
        json!({
            "name": container.name, "role": container.role.word(), "injected": container.injected,
            "behindProxy": container.behind_proxy,
        })
    };
    let after = details.after.as_ref();
    let settings = details.settings.iter();
    let settings = settings.map(|s| json!({"name": s.name, "value": s.value, "line": s.line}));
    let notes = details.notes.iter().map(|note| json!({"code": note.code(), "text": note.to_string()}));
    let injected_with = details
        .injected_with
        .as_ref()
        .map(|with| json!({"mode": with.mode.to_string(), "image": with.image, "revision": with.revision}));
    let autoscaler = match &details.replicas {
        Replicas::Autoscaled(_, scaler) => Some(json!({"name": scaler.name, "min": scaler.min, "max": scaler.max})),
        Replicas::Fixed(_) | Replicas::PerNode | Replicas::NotUnderstood(_) | Replicas::Unknown => None,
    };
    Map::from_iter([
        ("containers".to_owned(), details.containers.iter().map(container).collect()),
        ("stopOrder".to_owned(), json!(details.stop_order())),
        ("terminationGracePeriodSeconds".to_owned(), json!(details.grace_period)),
        ("requests".to_owned(), change(&details.before.requests, after.map(|after| &after.requests))),
        ("limits".to_owned(), change(&details.before.limits, after.map(|after| &after.limits))),
        ("replicas".to_owned(), json!(details.replicas.count())),
        ("autoscaler".to_owned(), json!(autoscaler)),
        ("settings".to_owned(), settings.collect()),
        ("injectedWith".to_owned(), json!(injected_with)),
        ("notes".to_owned(), notes.collect()),
    ])
}

/// The same for an object without a pod template, or one that cannot be read.
fn no_facts() -> Map<String, Value> {
    let none = json!({
        "containers": [], "stopOrder": [], "terminationGracePeriodSeconds": null,
        "requests": {"before": {}, "after": null}, "limits": {"before": {}, "after": null}, "replicas": null, "autoscaler": null,
        "settings": [], "injectedWith": null, "notes": [],
    });
    if let Value::Object(none) = none { none } else { Map::new() }
}
