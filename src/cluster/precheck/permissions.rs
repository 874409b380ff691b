//! What could not be read.

use std::collections::BTreeSet;

use super::command::argument;
use super::{Answer, Check, Date, Facts, Group};

pub(super) const CHECK: Check = Check { code: "permissions", group: Group::Access, decides: false, answers };

/// How the facts were read.
#[derive(Debug, Default)]
pub(super) enum Access {
    /// From files.
    #[default]
    Files,
    /// From the cluster, which refused to show some.
    Live {
        /// The missing rights: `list nodes`, `list pods in namespace shop`.
        missing: BTreeSet<String>,
    },
}

fn answers(facts: &Facts, _: Date) -> Vec<Answer> {
    match &facts.access {
        Access::Files => vec![Answer::ok("", "answered from files: no access to the cluster is needed")],
        Access::Live { missing } if missing.is_empty() => vec![Answer::ok("", "everything could be read")],
        Access::Live { missing } => missing.iter().map(|right| of_missing(right)).collect(),
    }
}

fn of_missing(right: &str) -> Answer {
    let mut words = right.split(' ');
    let (verb, resource) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let place = match (words.next(), words.next_back()) {
        (Some("in"), Some("namespaces")) => " -A".to_owned(),
        (Some("in"), Some(namespace)) => format!(" -n {}", argument(namespace, "NAMESPACE")),
        _ => String::new(),
    };
    let fix = format!("kubectl auth can-i {} {}{place}", argument(verb, "VERB"), argument(resource, "RESOURCE"));
    Answer::unknown("", "the right is missing: what depends on it is not known").about(right).fix(fix)
}
