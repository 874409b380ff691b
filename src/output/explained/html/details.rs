//! The details of a workload on the page, folded below its row.

use maud::{Markup, html};

use super::start_order::drawing;
use crate::explain::{Container, Details, Explained, Proxy, Role};
use crate::k8s::{Resources, resource_names};
use crate::output::{Entry, printable, printable_file};

/// The details of a workload.
pub(super) fn details(entry: &Entry) -> Markup {
    let Some(explained) = &entry.explained else {
        return html! { p.error { (printable(entry.error.as_deref().unwrap_or_default())) } };
    };
    html! {
        (decision(explained, entry))
        @if let Some(details) = &entry.details {
            (containers(details, explained.proxy))
            div.columns {
                (resources("Requests", &details.before.requests, details.after.as_ref().map(|after| &after.requests)))
                (resources("Limits", &details.before.limits, details.after.as_ref().map(|after| &after.limits)))
                (settings(details, entry))
                (notes(details, entry))
            }
        }
    }
}

fn decision(explained: &Explained, entry: &Entry) -> Markup {
    html! {
        h3 { "Decision" }
        ol {
            @for located in &explained.reasons {
                li { (printable(&located.reason.to_string())) " " (place(entry, located.line)) }
            }
        }
        @if let Some(without) = explained.without_annotation {
            p { "Without the annotation: " b class=(without.word()) { (without.word()) } }
        }
        @if let Some(finishes) = explained.finishes {
            p { @if finishes { "The Job finishes." } @else { "The Job never finishes: its proxy keeps running." } }
        }
    }
}

fn containers(details: &Details, proxy: Proxy) -> Markup {
    html! {
        h3 { "Start order" }
        div.order { (drawing(details)) }
        ol {
            @for container in &details.containers {
                li { span.mono { (printable(&container.name)) } " " span.muted { (role(container)) } }
            }
        }
        // What stops is not known before the kind of proxy is.
        @if proxy != Proxy::Depends {
            p {
                "Stop order: "
                @for (at, names) in details.stop_order().iter().enumerate() {
                    @if at > 0 { ", then " }
                    span.mono { (printable(&names.join(", "))) }
                }
                @if let Some(seconds) = details.grace_period { ", all within " (seconds) " s" }
            }
        }
    }
}

/// A container's role in a few words.
fn role(container: &Container) -> String {
    let behind = (container.behind_proxy && container.role == Role::Init).then_some("behind the proxy");
    let injected = container.injected.then_some("injected");
    [Some(container.role.word()), injected, behind].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn resources(title: &str, before: &Resources, after: Option<&Resources>) -> Markup {
    let names = resource_names(before, after);
    let quantity = |resources: Option<&Resources>, name: &String| {
        resources.and_then(|resources| resources.get(name)).map_or_else(|| "-".to_owned(), ToString::to_string)
    };
    html! {
        @if !names.is_empty() {
            div {
                h3 { (title) }
                table {
                    thead {
                        tr {
                            th scope="col" { "Resource" }
                            th.number scope="col" { "As written" }
                            th.number scope="col" { "With the sidecar" }
                        }
                    }
                    tbody {
                        @for name in names {
                            tr {
                                th scope="row" { (printable(name)) }
                                td.number { (quantity(Some(before), name)) }
                                td.number {
                                    @if after.is_none() { "unknown" } @else { (quantity(after, name)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn settings(details: &Details, entry: &Entry) -> Markup {
    html! {
        @if !details.settings.is_empty() {
            div {
                h3 { "Settings of the sidecar" }
                ul {
                    @for setting in &details.settings {
                        li {
                            code { (printable(&setting.name)) ": " (printable(&setting.value)) }
                            " " (place(entry, setting.line))
                        }
                    }
                }
            }
        }
    }
}

fn notes(details: &Details, entry: &Entry) -> Markup {
    html! {
        @if !(details.notes.is_empty() && entry.warnings.is_empty()) {
            div {
                h3 { "Notes" }
                ul {
                    @for note in &details.notes { li { (printable(&note.to_string())) } }
                    @for warning in &entry.warnings { li { (printable(&warning.to_string())) } }
                }
            }
        }
    }
}

/// A line of the workload's file.
fn place(entry: &Entry, line: Option<usize>) -> Markup {
    html! { @if let Some(line) = line { span.muted.mono { (printable_file(&entry.file)) ":" (line) } } }
}
