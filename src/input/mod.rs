//! Reads manifests from files, folders and standard input.

mod error;
mod find;
mod gitignore;
mod inputs;
mod io_text;
mod list;
mod patterns;
mod read;
mod utf16;
mod walk;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

pub use error::FindError;
pub use find::{Find, find};
pub use gitignore::IgnoreFileError;
pub use inputs::{Inputs, Replays, Skipped, WhySkipped};
pub use io_text::io_text;
pub use list::{ListFrame, ListPart, ListSizes};
pub use patterns::{PatternError, patterns};
pub use read::{Batch, Batches, MAX_PART, Opened, ReadError, not_utf8, open, read};
pub use utf16::decoding_utf16;

/// The source of a stream of documents.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// The contents of standard input.
    Text(Arc<[u8]>),
}

impl Source {
    /// Whether it can be opened and read again, unlike pipes and devices.
    pub fn is_repeatable(&self) -> bool {
        match self {
            Self::File(path) => std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file()),
            Self::Stdin => false,
            Self::Text(_) => true,
        }
    }
}

impl fmt::Display for Source {
    /// The name for reports and errors.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Stdin | Self::Text(_) => f.write_str("<stdin>"),
        }
    }
}
