//! `-v`: everything about each workload, as in `kubectl describe`.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::{DetailsOf, ExplainForm, ExplainedRun, joined, proxy_word};
use crate::explain::{Details, Explained, InjectedWith, Replicas, Role};
use crate::k8s::{Resources, resource_names};
use crate::output::form::{Form, Layout, Pieces};
use crate::output::table::padded;
use crate::output::{Entry, Spool, printable, printable_file};

/// The width of the names of fields.
const WIDTH: usize = 20;

/// Everything about each workload, for people.
#[derive(Debug)]
pub(super) struct Block;

impl Form for Block {
    fn name(&self) -> &'static str {
        "describe"
    }

    fn help(&self) -> &'static str {
        "Everything about each workload, as in kubectl describe"
    }

    fn layout(&self) -> Layout {
        Layout { next: "\n", ..Layout::NOTHING }
    }

    fn pieces(&self) -> Pieces {
        Pieces::Workloads(block)
    }
}

impl ExplainForm for Block {
    fn details(&self) -> DetailsOf {
        DetailsOf::All
    }

    fn reports_fleet(&self) -> bool {
        true
    }

    fn write(&self, mut pieces: Spool, _run: &ExplainedRun<'_>, mut out: &mut dyn Write) -> io::Result<()> {
        pieces.copy_to(&mut out)
    }
}

/// A block of text that grows field by field. All text from manifests is escaped.
struct Fields(String);

impl Fields {
    /// A field with a value.
    fn field(&mut self, name: &str, value: &str) {
        let name = format!("{name}:");
        let _ = writeln!(self.0, "{name:WIDTH$}{}", printable(value));
    }

    /// A field with a line for each item below it.
    fn list(&mut self, name: &str, items: impl IntoIterator<Item = String>) {
        let mut items = items.into_iter().peekable();
        if items.peek().is_some() {
            let _ = writeln!(self.0, "{name}:");
        }
        for item in items {
            let _ = writeln!(self.0, "  {}", printable(&item));
        }
    }
}

pub(super) fn block(entry: &Entry) -> String {
    let mut fields = Fields(String::new());
    fields.field("Name", &entry.name);
    fields.field("Namespace", &entry.namespace);
    fields.field("Kind", &entry.kind);
    fields.field("Where", &format!("{}:{}", printable_file(&entry.file), entry.line));
    fields.field("Proxy", proxy_word(entry));
    match &entry.explained {
        Some(explained) => decision(explained, entry, &mut fields),
        None => fields.field("Error", entry.error.as_deref().unwrap_or_default()),
    }
    if let Some(details) = &entry.details {
        facts(details, entry, &mut fields);
    }
    fields.0
}

/// The place of a line in the workload's file.
fn at(entry: &Entry, line: Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!(" ({}:{line})", printable_file(&entry.file)))
}

fn decision(explained: &Explained, entry: &Entry, fields: &mut Fields) {
    for (number, located) in explained.reasons.iter().enumerate() {
        let name = if number == 0 { "Why" } else { "And" };
        fields.field(name, &format!("{}{}", located.reason, at(entry, located.line)));
        if let Some(source) = located.reason.source() {
            fields.field("Source", &source);
        }
    }
    if let Some(without) = explained.without_annotation {
        fields.field("Without annotation", without.word());
    }
    if let Some((istio, revision)) = &explained.by {
        fields.field("Mesh", &format!("istio {istio}, revision {revision}"));
    }
    if let Some(finishes) = explained.finishes {
        fields.field("Finishes", if finishes { "yes" } else { "no" });
    }
}

fn facts(details: &Details, entry: &Entry, fields: &mut Fields) {
    if let Some(InjectedWith { mode, image, revision }) = &details.injected_with {
        let revision = revision.as_ref().map_or_else(String::new, |revision| format!(", revision {revision}"));
        fields.field("Injected with", &format!("{mode}, {image}{revision}"));
    }
    // The order of the containers.
    let width = details.containers.iter().map(|container| container.name.chars().count()).max().unwrap_or_default();
    let starts = details.start_steps();
    fields.list(
        "Start order",
        details.containers.iter().zip(&starts).map(|(container, step)| {
            let what = match container.role {
                Role::Init => "ends before the next one starts",
                Role::Sidecar => "keeps running; the next one starts once it has started",
                Role::App => "runs",
            };
            let injected = if container.injected { ", injected" } else { "" };
            let behind = if container.behind_proxy && container.role == Role::Init { ", behind the proxy" } else { "" };
            let name = padded(&container.name, width);
            format!("{step}. {name}  {}{injected}{behind}: {what}", container.role.word())
        }),
    );
    if details.after.is_some() {
        let ends = details.stop_order();
        let ends = ends.iter().enumerate().map(|(step, names)| format!("{}. {}", step + 1, joined(names, ", ")));
        fields.list("Stop order", ends);
        let period = details.grace_period.map_or_else(
            || "not a whole number of seconds".to_owned(),
            |seconds| format!("{seconds} s, shared by all containers"),
        );
        fields.field("Grace period", &period);
    }
    // Resources.
    fields.field("Replicas", &replicas(&details.replicas));
    let after = details.after.as_ref();
    fields.list("Requests", resources(&details.before.requests, after.map(|after| &after.requests)));
    fields.list("Limits", resources(&details.before.limits, after.map(|after| &after.limits)));
    // The rest.
    let settings = details.settings.iter();
    fields.list("Settings", settings.map(|s| format!("{}: {}{}", s.name, s.value, at(entry, s.line))));
    fields.list("Notes", details.notes.iter().map(|note| format!("{}: {note}", note.code())));
}

/// How many pods the workload runs.
fn replicas(replicas: &Replicas) -> String {
    match replicas {
        Replicas::Fixed(count) => count.to_string(),
        Replicas::Autoscaled(count, scaler) => {
            format!("{count}, from {} to {} by HorizontalPodAutoscaler {}", scaler.min, scaler.max, scaler.name)
        }
        Replicas::PerNode => "one on each node".to_owned(),
        Replicas::NotUnderstood(_) | Replicas::Unknown => "unknown".to_owned(),
    }
}

/// A line for each resource: `cpu  500m, with the sidecar 600m`.
fn resources(before: &Resources, after: Option<&Resources>) -> Vec<String> {
    let names = resource_names(before, after);
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    let quantity = |resources: &Resources, name: &String| {
        resources.get(name).map_or_else(|| "none".to_owned(), ToString::to_string)
    };
    let line = |name: &&String| {
        let was = quantity(before, name);
        let now = match after {
            Some(after) if quantity(after, name) == was => String::new(),
            Some(after) => format!(" -> {}", quantity(after, name)),
            None => " -> unknown".to_owned(),
        };
        format!("{}  {was}{now}", padded(name, width))
    };
    names.iter().map(line).collect()
}
