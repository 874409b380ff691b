//! Reads the values of Istio that a user gives.

use std::path::Path;

use super::read_text;
use crate::config::MeshSettings;
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::input::Source;
use crate::istio::{self, UserValues, UserValuesError, WhyUnused};
use crate::output::{Remark, RunInfo};
use lossless_yaml::{Place, Tree, YamlError, split};

/// How many keys a message names.
const NAMED: usize = 6;

/// Reads `--values`, then `--set`.
pub(super) fn read(settings: &MeshSettings, info: &mut RunInfo) -> Result<UserValues, Diagnostic> {
    let mut values = UserValues::default();
    for path in &settings.values {
        read_values(path, &mut values, info)?;
    }
    for text in &settings.set {
        let wrong = |message: String, hint| Diagnostic::usage(format!("--set: {message}"), hint);
        let set = values.set(text).map_err(|error| wrong(error.to_string(), error.hint()))?;
        take(set, "--set", info, |path, meant| {
            let message = format!("{} is not a value of the istiod chart", path.join("."));
            wrong(message, Some(format!("did you mean {meant}?")))
        })?;
    }
    Ok(values)
}

/// Reads the documents of a file. Objects without values are ignored if another document has some.
fn read_values(path: &Path, settings: &mut UserValues, info: &mut RunInfo) -> Result<(), Diagnostic> {
    let name = path.display().to_string();
    let text = read_text(&Source::File(path.to_owned()))?;
    let (mut taken, mut passed_over) = (false, Vec::new());
    for chunk in split(text.as_bytes()) {
        let document = text.get(chunk.range).unwrap_or_default();
        match read_document(&name, document, chunk.start, settings, info)? {
            None => taken = true,
            Some(other) => passed_over.push(other),
        }
    }
    match (taken, passed_over.first()) {
        (false, Some(error)) => Err(Diagnostic::from(error).in_file(name)),
        (true, Some(_)) => {
            let passed_over = passed_over.iter().filter_map(UserValuesError::without_values);
            let passed_over = passed_over.collect::<Vec<_>>().join(", ");
            let text = format!("{name}: ignored, without values of the istiod chart: {passed_over}");
            info.notes.push(Remark::new("values-passed-over", text));
            Ok(())
        }
        (_, None) => Ok(()),
    }
}

/// Reads one document. Returns why it has no values, if so.
fn read_document(
    name: &str,
    document: &str,
    first: Place,
    settings: &mut UserValues,
    info: &mut RunInfo,
) -> Result<Option<UserValuesError>, Diagnostic> {
    let at = |error: &YamlError| Diagnostic { exit_code: ExitCode::Mesh, ..Diagnostic::from(error).in_file(name) };
    let tree = Tree::parse(document, first).map_err(|e| at(&e))?;
    let Some(root) = tree.root() else { return Ok(None) };
    let value = tree.value(root).map_err(|e| at(&e))?;
    let found = match settings.document(value) {
        Ok(found) => found,
        Err(error) if error.without_values().is_some() => return Ok(Some(error)),
        Err(error) => {
            return Err(Diagnostic::from(&error).in_file(name).at(Some(place(&tree, error.path()))));
        }
    };
    take(found, name, info, |path, meant| {
        let message = format!("{} is not a value of the istiod chart", path.join("."));
        let wrong = Diagnostic::error(Code::InvalidValues, ExitCode::Mesh, message);
        wrong.in_file(name).at(Some(place(&tree, path))).with_hint(format!("did you mean {meant}?"))
    })?;
    Ok(None)
}

/// Reports keys without effect on a sidecar. Misspelt keys are an error.
fn take(
    found: istio::Remarks,
    name: &str,
    info: &mut RunInfo,
    wrong: impl Fn(&[String], &str) -> Diagnostic,
) -> Result<(), Diagnostic> {
    let (mut without_effect, mut unknown) = (Vec::new(), Vec::new());
    for key in found.unused_keys {
        match key.why {
            WhyUnused::Meant(meant) => return Err(wrong(&key.path, &meant)),
            WhyUnused::NoEffect => without_effect.push(key.path.join(".")),
            WhyUnused::Unknown => unknown.push(key.path.join(".")),
        }
    }
    if !without_effect.is_empty() {
        let text = format!("{name}: no effect on a sidecar: {}", some_of(without_effect));
        info.notes.push(Remark::new("values-without-effect", text));
    }
    if !unknown.is_empty() {
        let text = format!("{name}: not values of the istiod chart, ignored: {}", some_of(unknown));
        info.warnings.push(Remark::new("values-unknown", text));
    }
    let of_file = |text: &String| Remark::new("values", format!("{name}: {text}"));
    info.notes.extend(found.notes.iter().map(of_file));
    info.warnings.extend(found.warnings.iter().map(of_file));
    Ok(())
}

/// The first of many names, and how many more there are.
fn some_of(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", names.join(", "))
}

/// The place of a key in a document of values of any form; the beginning of the document if it is not found.
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
