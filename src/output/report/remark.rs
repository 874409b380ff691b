//! Remarks on a run as a whole.

use std::fmt;
use std::sync::Arc;

/// An assumption, a warning or a note about the run as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The code in the JSON report. It is stable, unlike the text.
    pub code: &'static str,
    /// The text.
    pub text: Arc<str>,
}

impl Remark {
    /// A remark with a code and a text.
    pub fn new(code: &'static str, text: impl Into<Arc<str>>) -> Self {
        Self { code, text: text.into() }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
