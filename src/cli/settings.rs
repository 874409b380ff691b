//! The flags that lay Istio's own values over those of a mesh.

use std::path::{Path, PathBuf};

use clap::Args;

use super::mesh::{mesh_failure, read_text};
use super::{Failure, usage_error};
use crate::config::Target;
use crate::input::Source;
use crate::istio::{Remarks, UserValues, UserValuesError, WhyUnused};
use lossless_yaml::{Place, Tree, split};

#[derive(Args)]
#[command(next_help_heading = "The mesh")]
#[expect(clippy::doc_markdown, reason = "what people read as help")]
pub(super) struct SettingsArgs {
    /// A file of Istio's own values, as for the istiod chart, or in an IstioOperator, a Flux HelmRelease, an Argo CD
    /// Application or an Istio of the Sail operator; may be repeated
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
    /// Whether any is given.
    pub(super) fn are_given(&self) -> bool {
        !self.values.is_empty() || !self.set.is_empty()
    }

    /// The files of values, those of the project first.
    pub(super) fn files<'f>(&'f self, target: &'f Target) -> impl Iterator<Item = &'f PathBuf> {
        target.values.iter().chain(&self.values)
    }

    /// The settings: of the project, then files, then single ones. Adds what is to be reported.
    pub(super) fn settings(&self, target: &Target, report: &mut Report) -> Result<UserValues, Failure> {
        let mut settings = UserValues::default();
        for path in self.files(target) {
            read_values(path, &mut settings, report)?;
        }
        for text in &self.set {
            let remarks = settings.set(text).map_err(|error| usage_error(format!("--set: {error}"), error.hint()))?;
            let wrong = |path: &[String], meant: &str| {
                let message = format!("--set: {} is not a value of the istiod chart", path.join("."));
                usage_error(message, Some(format!("did you mean {meant}?")))
            };
            take(remarks, "--set", report, wrong)?;
        }
        Ok(settings)
    }
}

/// What is to be reported of settings.
#[derive(Default)]
pub(super) struct Report {
    pub notes: Vec<String>,
    pub warnings: Vec<String>,
}

/// Lays the documents of a file over the settings. Objects that carry no values are passed over where another document
/// has some.
fn read_values(path: &Path, settings: &mut UserValues, report: &mut Report) -> Result<(), Failure> {
    let name = path.display().to_string();
    let text = read_text(&Source::File(path.to_owned()))?;
    let (mut taken, mut passed_over) = (false, Vec::new());
    for chunk in split(text.as_bytes()) {
        let document = text.get(chunk.range).unwrap_or_default();
        match read_document(&name, document, chunk.start, settings, report)? {
            None => taken = true,
            Some(other) => passed_over.push(other),
        }
    }
    match (taken, passed_over.first()) {
        (false, Some(error)) => Err(mesh_failure(format!("{name}: {error}"), error.hint())),
        (true, Some(_)) => {
            let passed_over = passed_over.iter().filter_map(UserValuesError::without_values);
            let passed_over = passed_over.collect::<Vec<_>>().join(", ");
            report.notes.push(format!("{name}: passed over, without values of the istiod chart: {passed_over}"));
            Ok(())
        }
        (_, None) => Ok(()),
    }
}

/// Lays one document over the settings. Gives back why it carries none.
fn read_document(
    name: &str,
    document: &str,
    first: Place,
    settings: &mut UserValues,
    report: &mut Report,
) -> Result<Option<UserValuesError>, Failure> {
    let at = |error: &lossless_yaml::YamlError| {
        let message = format!("{name}:{}:{}: {error}", error.place.line, error.place.column);
        mesh_failure(message, error.hint.clone())
    };
    let tree = Tree::parse(document, first).map_err(|e| at(&e))?;
    let Some(root) = tree.root() else { return Ok(None) };
    let value = tree.value(root).map_err(|e| at(&e))?;
    let wrong_at = |path: &[String], message: &str, hint: Option<String>| {
        let Place { line, column } = place(&tree, path);
        mesh_failure(format!("{name}:{line}:{column}: {message}"), hint)
    };
    let remarks = match settings.document(value) {
        Ok(remarks) => remarks,
        Err(error) if error.without_values().is_some() => return Ok(Some(error)),
        Err(error) => return Err(wrong_at(error.path(), &error.to_string(), error.hint())),
    };
    take(remarks, name, report, |path, meant| {
        let message = format!("{} is not a value of the istiod chart", path.join("."));
        wrong_at(path, &message, Some(format!("did you mean {meant}?")))
    })?;
    Ok(None)
}

/// Reports what does not reach a sidecar; what was meant otherwise is an error.
fn take(
    remarks: Remarks,
    name: &str,
    report: &mut Report,
    wrong: impl Fn(&[String], &str) -> Failure,
) -> Result<(), Failure> {
    let (mut without_effect, mut unknown) = (Vec::new(), Vec::new());
    for key in remarks.unused_keys {
        match key.why {
            WhyUnused::Meant(meant) => return Err(wrong(&key.path, &meant)),
            WhyUnused::NoEffect => without_effect.push(key.path.join(".")),
            WhyUnused::Unknown => unknown.push(key.path.join(".")),
        }
    }
    if !without_effect.is_empty() {
        report.notes.push(format!("{name}: no effect on a sidecar: {}", some_of(without_effect)));
    }
    if !unknown.is_empty() {
        report.warnings.push(format!("{name}: not values of the istiod chart, ignored: {}", some_of(unknown)));
    }
    report.notes.extend(remarks.notes.iter().map(|note| format!("{name}: {note}")));
    report.warnings.extend(remarks.warnings.iter().map(|warning| format!("{name}: {warning}")));
    Ok(())
}

/// The first of many names, and how many more there are.
fn some_of(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", names.join(", "))
}

/// The place of a key in a document of values, in whichever of their forms; the document's begin where it is not found.
fn place(tree: &Tree<'_>, path: &[String]) -> Place {
    let Some(root) = tree.root() else { return Place { line: 1, column: 1 } };
    let get = |map, key: &str| tree.get(map, key).ok().flatten();
    let operator = get(root, "spec").and_then(|spec| get(spec, "values").or(Some(spec)));
    let tops = [Some(root), get(root, "values"), operator, get(root, "spec"), get(root, "istiod")];
    let found = tops.into_iter().flatten().find_map(|top| {
        let (last, way) = path.split_last()?;
        let map = way.iter().try_fold(top, |map, key| get(map, key))?;
        let entry = tree.entries(map).find(|(key, _)| tree.key(*key).is_ok_and(|name| name == last.as_str()))?;
        Some(tree.place(entry.0))
    });
    found.unwrap_or_else(|| tree.place(root))
}
