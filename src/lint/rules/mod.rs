//! The rules: one file each, and its line in the registry below.

mod annotation_not_a_string;

use super::rule::Rule;

/// The rules, in the order of the documentation: annotations, workarounds, traps.
pub static RULES: &[&Rule] = &[&annotation_not_a_string::RULE];
