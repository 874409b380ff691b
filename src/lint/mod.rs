//! Finds annotations that do nothing, workarounds that a native proxy makes obsolete, and traps; and fixes them.
//!
//! [`linter`] walks each document once and passes rules what they ask for ([`context`]): objects, or pod templates with the
//! decision about their proxy. A rule is a file of [`rules`], which knows nothing of YAML text: it goes through [`node`]s,
//! and its fixes are edits of data ([`fix`]).

mod apply;
mod baseline;
mod commands;
pub mod context;
mod decision;
pub mod facts;
pub mod finding;
pub mod fix;
mod ignores;
mod items;
mod keys;
mod linter;
pub mod node;
mod place;
pub mod rule;
mod rule_set;
mod rules;
mod shell;

pub use baseline::{Baseline, BaselineError};
pub use context::{Decision, MeshSource};
pub use facts::Facts;
pub use finding::{Change, Excerpt, Finding};
pub use fix::{Edit, Fix, Grade};
pub use linter::{Depending, Fixed, Linted, Linter, Undecided};
pub use rule::{Check, Rule, Severity};
pub use rule_set::{RuleSet, UnknownRule, rule};
pub use rules::RULES;
