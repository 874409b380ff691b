//! Findings of `lint`, in the forms that people and other programs read.

mod concise;
mod json;

pub use concise::concise;
pub use json::json;
