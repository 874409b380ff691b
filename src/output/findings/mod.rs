//! Findings of `lint`, in the forms that people and other programs read.

mod concise;
mod full;
mod github;
mod gitlab;
mod identity;
mod json;
mod sarif;
mod totals;

pub use concise::concise;
pub use full::{Look, full};
pub use github::github;
pub use gitlab::gitlab;
pub use json::json;
pub use sarif::sarif;
pub use totals::{Checked, Fixed, totals};
