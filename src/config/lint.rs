//! The settings of `lint` in the project file.

use std::path::PathBuf;

use super::{FieldError, Fields};
use crate::lint::{UnknownRule, rule};

/// The settings of `lint`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LintSettings {
    /// The rules that run instead of the default ones.
    pub select: Vec<String>,
    /// The rules that do not run.
    pub ignore: Vec<String>,
    /// The file with the findings to hide, relative to the project file.
    pub baseline: Option<PathBuf>,
    /// Rules that are ignored in files that a pattern matches.
    pub paths: Vec<(String, Vec<String>)>,
}

impl LintSettings {
    /// Reads the key `lint`.
    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, FieldError> {
        let mut settings = Self {
            select: rules(&mut fields, "select")?,
            ignore: rules(&mut fields, "ignore")?,
            baseline: fields.text("baseline")?.map(PathBuf::from),
            paths: Vec::new(),
        };
        for (pattern, mut of_path) in fields.maps_by_pattern("paths")? {
            settings.paths.push((pattern, rules(&mut of_path, "ignore")?));
            of_path.finish()?;
        }
        fields.finish()?;
        Ok(settings)
    }
}

/// A list of rules.
fn rules(fields: &mut Fields<'_>, key: &'static str) -> Result<Vec<String>, FieldError> {
    let names: Vec<String> = fields.texts(key)?;
    match names.iter().find(|name| rule(name).is_none()) {
        Some(unknown) => Err(fields.unknown_rule(key, &UnknownRule::of(unknown))),
        None => Ok(names),
    }
}
