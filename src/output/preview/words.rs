//! The changes of a group in words, one line for each subject and container.

use std::collections::BTreeMap;

use crate::explain::{Action, PodChange, Proxy, Scope, Subject};
use crate::output::printable;
use crate::output::table::{cut, padded};

/// The longest value that is shown, in characters.
const LONGEST: usize = 60;

/// How many changes a line has at most.
const MOST: usize = 8;

/// The width of the column with the subjects.
const WIDTH: usize = 18;

/// The word for a proxy.
pub(super) fn proxy(proxy: Proxy) -> &'static str {
    match proxy {
        Proxy::None => "without a proxy",
        other => other.word(),
    }
}

/// The lines of a summary.
pub(super) fn lines(changes: &[PodChange]) -> Vec<String> {
    let mut by_subject: BTreeMap<(Subject, &Scope), Vec<&PodChange>> = BTreeMap::new();
    for change in changes {
        by_subject.entry((change.subject, &change.scope)).or_default().push(change);
    }
    // Containers that change alike share a line.
    let mut lines: Vec<(Subject, Vec<String>, String)> = Vec::new();
    for ((subject, scope), changes) in by_subject {
        let text = text(subject, &changes);
        let container = match scope {
            Scope::Injected(name) if subject != Subject::Containers || !text.starts_with(['+', '-']) => {
                Some(printable(name).into_owned())
            }
            Scope::Own => Some("the workload's containers".to_owned()),
            Scope::Injected(_) | Scope::Pod => None,
        };
        let same = lines.iter_mut().find(|(of, containers, known)| {
            *of == subject && *known == text && !containers.is_empty() && container.is_some()
        });
        match same {
            Some((_, containers, _)) => containers.extend(container),
            None => lines.push((subject, container.into_iter().collect(), text)),
        }
    }
    let mut last = None;
    let line = |(subject, containers, text): (Subject, Vec<String>, String)| {
        let title = if last.replace(subject) == Some(subject) { "" } else { title(subject) };
        let containers = if containers.is_empty() { String::new() } else { format!("{}: ", containers.join(", ")) };
        format!("{}{containers}{text}", padded(title, WIDTH))
    };
    lines.into_iter().map(line).collect()
}

fn title(subject: Subject) -> &'static str {
    match subject {
        Subject::Containers => "containers",
        Subject::Images => "images",
        Subject::Arguments => "arguments",
        Subject::Environment => "environment",
        Subject::Resources => "resources",
        Subject::Probes => "probes",
        Subject::Lifecycle => "lifecycle",
        Subject::Ports => "ports",
        Subject::SecurityContext => "security context",
        Subject::Volumes => "volumes",
        Subject::Labels => "labels",
        Subject::Annotations => "annotations",
        Subject::Other => "other fields",
    }
}

/// The changes of a subject in one container.
fn text(subject: Subject, changes: &[&PodChange]) -> String {
    // Fields that change from the same value to the same value share an item.
    type Values<'c> = (Action, &'c str, Option<&'c str>, Option<&'c str>);
    let mut items: Vec<(Vec<String>, Values<'_>)> = Vec::new();
    for change in changes {
        let mount = if subject == Subject::Volumes && change.scope != Scope::Pod { "mount " } else { "" };
        let field = format!("{mount}{}", cut(&printable(&change.field), LONGEST));
        let values = (change.action, &*change.part, change.from.as_deref(), change.to.as_deref());
        match items.iter_mut().find(|(_, known)| change.action == Action::Changed && *known == values) {
            Some((fields, _)) => fields.push(field),
            None => items.push((vec![field], values)),
        }
    }
    items.sort_by_key(|(_, (action, ..))| *action != Action::Moved);
    let more = items.len().saturating_sub(MOST);
    let shown: Vec<String> = items.iter().take(MOST).map(|(fields, values)| item(subject, fields, *values)).collect();
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    shown.join(", ") + &more
}

fn item(
    subject: Subject,
    fields: &[String],
    (action, part, from, to): (Action, &str, Option<&str>, Option<&str>),
) -> String {
    let names = fields.join(", ");
    match (action, subject) {
        (Action::Moved, _) => format!("moves to {}", value(to)),
        (Action::Reordered, Subject::Containers) => format!("{names} start in another order: {}", change(from, to)),
        (Action::Reordered, _) => format!("{names} in another order"),
        // The image of a container, and what happens when it ends.
        (Action::Changed, Subject::Images) if names == "image" => change(from, to),
        (_, Subject::Containers) if names == RESTART_POLICY => match action {
            Action::Removed => format!("without {RESTART_POLICY}"),
            _ => format!("with {RESTART_POLICY}: {}", value(to)),
        },
        (Action::Added, Subject::Containers) => format!("+{names} in {}", value(to)),
        (Action::Removed, Subject::Containers) => format!("-{names} from {}", value(from)),
        (Action::Added, _) => format!("+{names}{}", assigned(subject, to)),
        (Action::Removed, _) => format!("-{names}{}", assigned(subject, from)),
        (Action::Changed, Subject::Probes | Subject::Lifecycle) if from.or(to).is_none() => {
            format!("{names} rewritten")
        }
        (Action::Changed, _) if from.or(to).is_none() => format!("{names} changed"),
        (Action::Changed, _) => {
            let last = part.rsplit('.').next().unwrap_or_default();
            let of = if last.is_empty() { String::new() } else { format!("{} of ", printable(last)) };
            format!("{of}{names}: {}", change(from, to))
        }
    }
}

/// The field of a container that makes it native.
const RESTART_POLICY: &str = "restartPolicy";

/// The value that a field gets or loses. Objects such as volumes are not shown.
fn assigned(subject: Subject, value: Option<&str>) -> String {
    let shown = short(value).filter(|text| !text.is_empty() && !text.starts_with(['{', '[']));
    match (subject, shown) {
        (_, None) => String::new(),
        (Subject::Environment | Subject::Labels | Subject::Annotations, Some(text)) => format!("={text}"),
        (_, Some(text)) => format!(" {text}"),
    }
}

/// `unset -> 1`
fn change(from: Option<&str>, to: Option<&str>) -> String {
    format!("{} -> {}", value(from), value(to))
}

fn value(value: Option<&str>) -> String {
    match value {
        None => "unset".to_owned(),
        Some("") => "\"\"".to_owned(),
        value => short(value).unwrap_or_else(|| "…".to_owned()),
    }
}

/// A value that fits on a line.
fn short(value: Option<&str>) -> Option<String> {
    Some(cut(&printable(value?.trim_end()), LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change_of(
        subject: Subject,
        scope: &Scope,
        action: Action,
        [field, part]: [&str; 2],
        [from, to]: [Option<&str>; 2],
    ) -> PodChange {
        let [from, to] = [from, to].map(|text| text.map(str::to_owned));
        PodChange { subject, scope: scope.clone(), action, field: field.to_owned(), part: part.to_owned(), from, to }
    }

    #[test]
    fn changes_are_grouped_by_subject_and_container() {
        let [init, proxy] = ["istio-init", "istio-proxy"].map(|name| Scope::Injected(name.to_owned()));
        let image = [Some("proxyv2:1.26.8"), Some("proxyv2:1.30.3")];
        let divisor = "valueFrom.resourceFieldRef.divisor";
        let lists = [Some("containers"), Some("initContainers")];
        let changes = [
            change_of(Subject::Containers, &proxy, Action::Added, [RESTART_POLICY, ""], [None, Some("Always")]),
            change_of(Subject::Containers, &proxy, Action::Moved, ["istio-proxy", ""], lists),
            change_of(Subject::Images, &init, Action::Changed, ["image", ""], image),
            change_of(Subject::Images, &proxy, Action::Changed, ["image", ""], image),
            change_of(Subject::Environment, &proxy, Action::Added, ["A\u{1b}", ""], [None, Some("1")]),
            change_of(Subject::Environment, &proxy, Action::Changed, ["B", divisor], [None, Some("1")]),
            change_of(Subject::Environment, &proxy, Action::Changed, ["C", divisor], [None, Some("1")]),
            change_of(Subject::Environment, &proxy, Action::Removed, ["D", ""], [Some("{\"a\":1}"), None]),
            change_of(Subject::Probes, &Scope::Own, Action::Changed, ["readinessProbe", ""], [None, None]),
            change_of(Subject::Volumes, &Scope::Pod, Action::Added, ["v", ""], [None, Some("{}")]),
            change_of(Subject::Volumes, &proxy, Action::Added, ["/v", ""], [None, Some("{}")]),
        ];
        let expected = [
            "containers        istio-proxy: moves to initContainers, with restartPolicy: Always",
            "images            istio-init, istio-proxy: proxyv2:1.26.8 -> proxyv2:1.30.3",
            "environment       istio-proxy: +A\\u{1b}=1, divisor of B, C: unset -> 1, -D",
            "probes            the workload's containers: readinessProbe rewritten",
            "volumes           +v",
            "                  istio-proxy: +mount /v",
        ];
        assert_eq!(lines(&changes), expected);
    }

    #[test]
    fn lines_are_short() {
        let long = "x".repeat(1000);
        let names: Vec<String> = (0..20).map(|n| format!("{long}{n}")).collect();
        let added =
            |name: &String| change_of(Subject::Labels, &Scope::Pod, Action::Added, [name, ""], [None, Some(&*long)]);
        let lines = lines(&names.iter().map(added).collect::<Vec<_>>());
        assert_eq!(lines.len(), 1);
        assert!(lines.iter().all(|line| line.ends_with("and 12 more") && line.chars().count() < 1200), "{lines:?}");
    }
}
