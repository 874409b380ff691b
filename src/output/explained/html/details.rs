//! The details of a workload as the page keeps them: a line of JSON, from which `details.js` makes the elements when they are
//! unfolded. All texts are ready to show.

use serde_json::{Value, json};

use crate::explain::{Container, Details, Explained, Proxy, Role};
use crate::k8s::{Resources, resource_names};
use crate::output::{Entry, printable, printable_file};

/// The details of a workload. They have no `<`, so that no text ends the element or begins another.
pub(super) fn details(entry: &Entry) -> String {
    let details = match &entry.explained {
        None => json!({ "error": printable(entry.error.as_deref().unwrap_or_default()) }),
        Some(explained) => {
            let facts = entry.details.as_ref().map(|details| facts(details, explained.proxy, entry));
            json!({ "decision": decision(explained, entry), "facts": facts })
        }
    };
    // JSON has the character in strings only.
    details.to_string().replace('<', "\\u003c")
}

fn decision(explained: &Explained, entry: &Entry) -> Value {
    let reasons = explained.reasons.iter();
    let reasons: Vec<Value> =
        reasons.map(|located| located_text(&located.reason.to_string(), entry, located.line)).collect();
    json!({
        "reasons": reasons,
        "withoutAnnotation": explained.without_annotation.map(Proxy::word),
        "finishes": explained.finishes,
    })
}

fn facts(details: &Details, proxy: Proxy, entry: &Entry) -> Value {
    let containers = details.containers.iter().zip(details.start_steps()).map(|(container, step)| {
        json!({
            "name": printable(&container.name), "role": container.role.word(), "about": about(container), "step": step,
        })
    });
    // What stops is not known before the kind of proxy is.
    let stop_order = if proxy == Proxy::Depends { Vec::new() } else { details.stop_order() };
    let stop_order = stop_order.iter().map(|names| printable(&names.join(", ")).into_owned());
    let settings = details.settings.iter();
    let settings =
        settings.map(|setting| located_text(&format!("{}: {}", setting.name, setting.value), entry, setting.line));
    let notes = details.notes.iter().map(ToString::to_string);
    let notes = notes.chain(entry.warnings.iter().map(ToString::to_string));
    let after = details.after.as_ref();
    json!({
        "containers": containers.collect::<Vec<_>>(),
        "stopOrder": stop_order.collect::<Vec<_>>(),
        "gracePeriod": details.grace_period,
        "requests": resources(&details.before.requests, after.map(|after| &after.requests)),
        "limits": resources(&details.before.limits, after.map(|after| &after.limits)),
        "settings": settings.collect::<Vec<_>>(),
        "notes": notes.map(|note| printable(&note).into_owned()).collect::<Vec<_>>(),
    })
}

/// A container's role in a few words.
fn about(container: &Container) -> String {
    let behind = (container.behind_proxy && container.role == Role::Init).then_some("behind the proxy");
    let injected = container.injected.then_some("injected");
    [Some(container.role.word()), injected, behind].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The rows of a table: the resource, as written, and with the sidecar.
fn resources(before: &Resources, after: Option<&Resources>) -> Value {
    let quantity =
        |resources: &Resources, name: &String| resources.get(name).map_or_else(|| "-".to_owned(), ToString::to_string);
    let rows = resource_names(before, after).into_iter().map(|name| {
        let after = after.map_or_else(|| "unknown".to_owned(), |after| quantity(after, name));
        json!([printable(name), quantity(before, name), after])
    });
    rows.collect()
}

/// A text, and its place in the workload's file.
fn located_text(text: &str, entry: &Entry, line: Option<usize>) -> Value {
    json!([printable(text), line.map(|line| format!("{}:{line}", printable_file(&entry.file)))])
}
