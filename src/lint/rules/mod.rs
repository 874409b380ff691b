//! The rules: one file each, and its line in the registry below.

mod annotation_not_a_string;
mod exit_code_policy;
mod grace_period_too_short;
mod hold_application;
mod job_never_finishes;
mod opted_out_job;
mod outbound_exclusion;
mod proxy_kill;
mod proxy_prestop;
mod proxy_uid;
mod proxy_wait;
mod proxy_wrapper;
mod quit_endpoint;

use super::rule::Rule;

/// The rules, in the order of the documentation: annotations, workarounds, traps.
pub static RULES: &[&Rule] = &[
    &annotation_not_a_string::RULE,
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
    &grace_period_too_short::RULE,
    &exit_code_policy::RULE,
];
