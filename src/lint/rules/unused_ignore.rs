//! An ignore comment that suppresses nothing, or names no rules.
//!
//! ## Why
//!
//! `# nativesidecar: ignore[rule]` at the end of a line, or alone on the line above, suppresses what the rule finds on the
//! line. Once the finding is gone the comment misleads, and would hide the next one. A comment is reported only if all rules
//! that it names ran: not if one of them is ignored, or needs a mesh that is not given.
//!
//! ## Example
//!
//! ```yaml
//! # nativesidecar: ignore[hold-application]
//! proxy.istio.io/config: '{"concurrency": 2}'
//! ```
//!
//! ## Fix
//!
//! Safe: the comment is removed. There is no fix if it names a rule that does not exist, or has no list of rules.
//!
//! ## Source
//!
//! [Hide findings](lint.md#hide-findings)

use crate::lint::finding::Found;
use crate::lint::fix::{Edit, Fix};
use crate::lint::ignores::Ignore;
use crate::lint::rule::{Rule, Severity};
use crate::lint::rule_set::UnknownRule;
use lossless_yaml::NodeId;

pub(in crate::lint) static RULE: Rule = Rule {
    name: "unused-ignore",
    severity: Severity::Warning,
    is_default: true,
    checks: &[],
    source: include_str!("unused_ignore.rs"),
};

/// The finding about a comment of an object's document.
pub(in crate::lint) fn found(ignore: &Ignore, unknown: Option<&UnknownRule>, object: NodeId) -> Found {
    let mut found = if !ignore.is_well_formed() {
        let message = "this comment suppresses nothing: it names no rules".to_owned();
        Found {
            help: Some("write # nativesidecar: ignore[rule, other-rule]".to_owned()),
            ..Found::new(object, message)
        }
    } else if let Some(unknown) = unknown {
        Found { help: Some(unknown.hint()), ..Found::new(object, unknown.to_string()) }
    } else {
        let (rules, line) = (ignore.rules.join(", "), ignore.line);
        let message = format!("this comment suppresses nothing: no finding of {rules} on line {line}");
        Found { help: Some("remove the comment".to_owned()), ..Found::new(object, message) }
    };
    let is_removed = ignore.is_well_formed() && unknown.is_none();
    found.fix = is_removed.then(|| Fix::safe(Edit::RemoveComment { comment: ignore.comment.clone() }));
    found
}
