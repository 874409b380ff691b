//! The rules: one file each, and its line in the registry below.

mod aks_injection_label;
mod ambient_conflict;
mod annotation_not_a_string;
mod conflicting_inject;
mod duplicate_proxy;
mod exit_code_policy;
mod grace_period_too_short;
mod hold_application;
mod ineffective_annotation;
mod job_never_finishes;
mod misplaced_annotation;
mod misspelled_annotation;
mod old_nodes;
mod opted_out_job;
mod ordinary_sidecar;
mod outbound_exclusion;
mod pod_resources_too_small;
mod policy_misses_sidecars;
mod proxy_in_wrong_list;
mod proxy_kill;
mod proxy_prestop;
mod proxy_uid;
mod proxy_wait;
mod proxy_wrapper;
mod quit_endpoint;
mod redundant_annotation;
mod shadowed_template;
mod stale_injection;
mod undrained_status_port;
mod unrecognized_value;
mod unsafe_annotation_value;
pub(super) mod unused_ignore;
mod windows_pod;

use super::rule::Rule;
pub(super) use unsafe_annotation_value::has_unsafe_value;

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
    &quit_endpoint::RULE,
    &proxy_wait::RULE,
    &proxy_wrapper::RULE,
    &proxy_kill::RULE,
    &proxy_uid::RULE,
    &outbound_exclusion::RULE,
    &hold_application::RULE,
    &proxy_prestop::RULE,
    &opted_out_job::RULE,
    &job_never_finishes::RULE,
    &duplicate_proxy::RULE,
    &stale_injection::RULE,
    &proxy_in_wrong_list::RULE,
    &grace_period_too_short::RULE,
    &undrained_status_port::RULE,
    &old_nodes::RULE,
    &windows_pod::RULE,
    &exit_code_policy::RULE,
    &ambient_conflict::RULE,
    &aks_injection_label::RULE,
    &shadowed_template::RULE,
    &pod_resources_too_small::RULE,
    &policy_misses_sidecars::RULE,
    &ordinary_sidecar::RULE,
    &unused_ignore::RULE,
];

/// The first rule about traps. Those before it are about annotations and workarounds.
const FIRST_TRAP: &Rule = &job_never_finishes::RULE;

/// Whether a rule is about a trap: whether something goes wrong when the pods run.
pub(super) fn is_trap(rule: &Rule) -> bool {
    let position = |rule: &Rule| RULES.iter().position(|other| *other == rule);
    position(rule) >= position(FIRST_TRAP) && rule != &unused_ignore::RULE
}
