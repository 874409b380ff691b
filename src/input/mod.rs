//! Files, folders and standard input, as the manifests of one run.

mod find;
mod read;

use std::fmt;
use std::path::PathBuf;

pub use find::{Find, FindError, Inputs, Replay, find, io_text};
pub use read::{Batch, Batches, MAX_PART, Opened, ReadError, not_utf8, open, read};

/// Where a stream of documents comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

impl fmt::Display for Source {
    /// As people name it, in reports and errors.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Stdin => f.write_str("<stdin>"),
        }
    }
}
