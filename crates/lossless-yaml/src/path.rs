//! Paths into the data of a document.

use std::fmt;
use std::ops::{Deref, DerefMut};

/// One step of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'p> {
    /// A key of a mapping.
    Key(&'p str),
    /// An item of a list, counted from 0.
    Index(usize),
}

/// The steps from one node to another below it. Printed as people write it: `spec.containers[0].name`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path<'p>(Vec<Step<'p>>);

impl<'p> Deref for Path<'p> {
    type Target = Vec<Step<'p>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Path<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<'p> From<&[Step<'p>]> for Path<'p> {
    fn from(steps: &[Step<'p>]) -> Self {
        Self(steps.to_vec())
    }
}

impl<'p> FromIterator<Step<'p>> for Path<'p> {
    fn from_iter<I: IntoIterator<Item = Step<'p>>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let could_be_misread = |c: char| matches!(c, '.' | '[' | '"') || c.is_whitespace();
        for (index, step) in self.0.iter().enumerate() {
            match *step {
                Step::Index(item) => write!(f, "[{item}]")?,
                Step::Key(key) if key.is_empty() || key.contains(could_be_misread) => write!(f, "[{key:?}]")?,
                Step::Key(key) if index == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_could_be_misread_are_quoted() {
        let path: Path<'_> =
            [Step::Index(0), Step::Key("a"), Step::Key("b.c/d"), Step::Key(""), Step::Key("e")].into_iter().collect();
        assert_eq!(path.to_string(), "[0].a[\"b.c/d\"][\"\"].e");
    }
}
