//! The flags that lay Istio's own values over those of a mesh.

use std::path::{Path, PathBuf};

use clap::Args;

use super::Failure;
use super::mesh::{mesh_failure, read_text};
use crate::config::Target;
use crate::input::Source;
use crate::istio::{Remarks, Settings, SettingsError};
use crate::yaml::{Place, Tree, split};

#[derive(Args)]
#[command(next_help_heading = "The mesh")]
#[expect(clippy::doc_markdown, reason = "what people read as help")]
pub(super) struct SettingsArgs {
    /// A file of Istio's own values, as for the istiod chart or in an IstioOperator; may be repeated
    #[arg(long, value_name = "FILE")]
    values: Vec<PathBuf>,
    /// One of Istio's own values, in Helm's syntax: global.proxy.logLevel=debug, meshConfig.trustDomain=example.org; may
    /// be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// How many keys are named, where there may be many.
const NAMED: usize = 6;

impl SettingsArgs {
    /// Whether any is said.
    pub(super) fn are_said(&self) -> bool {
        !self.values.is_empty() || !self.set.is_empty()
    }

    /// The settings: of the project, then files, then single ones. Adds what is to be noted.
    pub(super) fn settings(&self, target: &Target, notes: &mut Vec<String>) -> Result<Settings, Failure> {
        let mut settings = Settings::default();
        for path in target.values.iter().chain(&self.values) {
            read_values(path, &mut settings, notes)?;
        }
        for text in &self.set {
            let remarks = settings.set(text).map_err(|error| Failure::usage(format!("--set: {error}"), None))?;
            let wrong = |path: &[String], meant: &str| {
                let message = format!("--set: {} is none of istio's values", path.join("."));
                Failure::usage(message, Some(format!("did you mean {meant}?")))
            };
            take(remarks, "--set", notes, wrong)?;
        }
        Ok(settings)
    }
}

fn read_values(path: &Path, settings: &mut Settings, notes: &mut Vec<String>) -> Result<(), Failure> {
    let name = path.display().to_string();
    let text = read_text(&Source::File(path.to_owned()))?;
    let at = |error: &crate::yaml::YamlError| {
        let message = format!("{name}:{}:{}: {error}", error.place.line, error.place.column);
        mesh_failure(message, error.hint.clone())
    };
    let chunk = split(text.as_bytes()).into_iter().next();
    let chunk = chunk.and_then(|c| text.get(c.range)).unwrap_or_default();
    let tree = Tree::parse(chunk, 1).map_err(|e| at(&e))?;
    let value = tree.root().map_or(Ok(serde_json::Value::Null), |root| tree.value(root)).map_err(|e| at(&e))?;
    let wrong_at = |path: &[String], message: &str, hint: Option<String>| {
        let Place { line, column } = place(&tree, path);
        mesh_failure(format!("{name}:{line}:{column}: {message}"), hint)
    };
    let remarks = settings.document(value).map_err(|error| match &error {
        SettingsError::WrongType { path, .. } => wrong_at(path, &error.to_string(), None),
        _ => mesh_failure(format!("{name}: {error}"), None),
    })?;
    take(remarks, &name, notes, |path, meant| {
        let message = format!("{} is none of istio's values", path.join("."));
        wrong_at(path, &message, Some(format!("did you mean {meant}?")))
    })
}

/// Notes what is not read; what was meant otherwise is an error.
fn take(
    remarks: Remarks,
    name: &str,
    notes: &mut Vec<String>,
    wrong: impl Fn(&[String], &str) -> Failure,
) -> Result<(), Failure> {
    let mut unread = Vec::new();
    for finding in remarks.findings {
        match finding.meant {
            Some(meant) => return Err(wrong(&finding.path, &meant)),
            None => unread.push(finding.path.join(".")),
        }
    }
    if !unread.is_empty() {
        let more = unread.len().saturating_sub(NAMED);
        unread.truncate(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        notes.push(format!("{name}: a sidecar does not read {}{more}", unread.join(", ")));
    }
    notes.extend(remarks.notes.iter().map(|note| format!("{name}: {note}")));
    Ok(())
}

/// Where a key stands in a document of values, in whichever of their forms; where the document begins if it does not
/// show.
fn place(tree: &Tree<'_>, path: &[String]) -> Place {
    let Some(root) = tree.root() else { return Place { line: 1, column: 1 } };
    let get = |map, key: &str| tree.get(map, key).ok().flatten();
    let operator = get(root, "spec").and_then(|spec| get(spec, "values").or(Some(spec)));
    let tops = [Some(root), get(root, "values"), operator, get(root, "spec")];
    let found = tops.into_iter().flatten().find_map(|top| {
        let (last, way) = path.split_last()?;
        let map = way.iter().try_fold(top, |map, key| get(map, key))?;
        let entry = tree.entries(map).find(|(key, _)| tree.key(*key).is_ok_and(|name| name == last.as_str()))?;
        Some(tree.place(entry.0))
    });
    found.unwrap_or_else(|| tree.place(root))
}
