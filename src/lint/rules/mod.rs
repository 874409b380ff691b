//! The rules: one file each, and its line in the registry below.

mod aks_injection_label;
mod ambient_conflict;
mod annotation_not_a_string;
mod conflicting_inject;
mod duplicate_proxy;
mod ineffective_annotation;
mod misplaced_annotation;
mod misspelled_annotation;
mod old_nodes;
mod proxy_in_wrong_list;
mod redundant_annotation;
pub(super) mod shadowed_template;
mod stale_injection;
mod undrained_status_port;
mod unrecognized_value;
mod unsafe_annotation_value;
pub(super) mod unused_ignore;
mod windows_pod;

use super::rule::Rule;

/// The rules, in the order of the documentation: annotations, workarounds, traps.
pub static RULES: &[&Rule] = &[
    &misplaced_annotation::RULE,
    &misspelled_annotation::RULE,
    &annotation_not_a_string::RULE,
    &unrecognized_value::RULE,
    &ineffective_annotation::RULE,
    &redundant_annotation::RULE,
    &conflicting_inject::RULE,
    &unsafe_annotation_value::RULE,
    &duplicate_proxy::RULE,
    &stale_injection::RULE,
    &proxy_in_wrong_list::RULE,
    &undrained_status_port::RULE,
    &old_nodes::RULE,
    &windows_pod::RULE,
    &ambient_conflict::RULE,
    &aks_injection_label::RULE,
    &shadowed_template::RULE,
    &unused_ignore::RULE,
];

/// The first rule about traps. Those before it are about annotations and workarounds.
const FIRST_TRAP: &str = "duplicate-proxy";

/// Whether a rule is about a trap: whether something goes wrong when the pods run.
pub(super) fn is_trap(rule: &Rule) -> bool {
    let first = RULES.iter().position(|other| other.name == FIRST_TRAP);
    let position = RULES.iter().position(|other| *other == rule);
    position >= first && rule != &unused_ignore::RULE
}
