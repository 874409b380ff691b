//! The schema of a pod, as Go's typed objects have it: the types of [`strategicpatch`].

mod overlay;
mod written;

pub(super) use overlay::{WrongType, drop_unwritten, overlay};
pub(super) use written::{Quantities, container, keep_written, object};
