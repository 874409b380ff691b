//! `annotate` on any manifest changes one annotation and nothing else.

#![no_main]

use fuzz::input::{parts, plans, same_but_empty};
use fuzz::manifest::{Done, WORDS, check, run, varied};
use fuzz::model::read;
use libfuzzer_sys::{Corpus, fuzz_target};
use lossless_yaml::{Step, Tree, split};
use nativesidecar::inject::{AnnotationChange, ExistingMode, ModeRequest};
use nativesidecar::istio::native::Mode;
use nativesidecar::k8s::{Element, Kinds, objects};
use nativesidecar::output::Outcome;
use nativesidecar::run::{Annotate, AnnotationAction};
use serde_json::{Map, Value, json};

const NAME: &str = "sidecar.istio.io/nativeSidecar";

const CHANGES: [AnnotationAction; 6] = [
    AnnotationAction::Set(ModeRequest::NativeIfAbsent),
    AnnotationAction::Set(ModeRequest::Set { mode: Mode::Native, keep_existing: false }),
    AnnotationAction::Set(ModeRequest::Set { mode: Mode::Regular, keep_existing: true }),
    AnnotationAction::Set(ModeRequest::Mesh),
    AnnotationAction::Remove(None),
    AnnotationAction::Remove(Some(Mode::Native)),
];

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some((stream, mut program)) = parts(data) else { return Corpus::Reject };
    let change = *program.choose(&CHANGES).unwrap_or(&CHANGES[0]);
    let task = Annotate { include_uninjected: true, ..Annotate::new(change) };
    let stream = varied(stream, &plans(&mut program, &WORDS, 3));
    for chunk in split(stream.as_bytes()) {
        let text = &stream[chunk.range];
        let done = run(text, &task);
        check(text, &done, &task);
        if done.problem.is_none() && done.entries.iter().all(|entry| entry.outcome != Outcome::Error) {
            check_data(text, &done, change);
        }
    }
    Corpus::Keep
});

/// Checks that the data is the same except for the requested annotation.
fn check_data(text: &str, done: &Done<'_>, change: AnnotationAction) {
    let tree = Tree::parse(text, 1).expect("it was processed");
    let found = objects(&tree, &Kinds::default()).expect("it was processed").workloads;
    let (Ok(mut model), Ok(got)) = (read(text), read(&done.text)) else { return };
    let has_merge = text.contains("<<");
    for object in &found {
        let Some(template) = at(&mut model, &object.path) else { return };
        let existing = ExistingMode::of(template.pointer("/metadata/annotations").and_then(|a| a.get(NAME)));
        match change {
            AnnotationAction::Pin => unreachable!("it needs a mesh, and is not among the changes"),
            AnnotationAction::Remove(Some(only)) if existing.valid().is_some_and(|mode| mode != only) => {}
            AnnotationAction::Remove(_) => {
                if let Some(Value::Object(map)) = template.pointer_mut("/metadata/annotations") {
                    map.shift_remove(NAME);
                }
            }
            AnnotationAction::Set(request) => {
                let Some(mode) = AnnotationChange::of(request, &existing).written() else { continue };
                let annotations = map(map(template).entry("metadata").or_insert(Value::Null))
                    .entry("annotations")
                    .or_insert(Value::Null);
                map(annotations).insert(NAME.to_owned(), json!((mode == Mode::Native).to_string()));
            }
        }
    }
    // Annotations from merge keys cannot be removed.
    if !(matches!(change, AnnotationAction::Remove(_)) && has_merge) {
        assert!(same_but_empty(&got, &model), "{got}\ninstead of {model}:\n{text}\n---- becomes\n{}", done.text);
    }
    // At most one line is changed.
    let [object] = &found[..] else { return };
    let was_there = at(&mut read(text).expect("it was read before"), &object.path)
        .is_some_and(|template| template.pointer("/metadata/annotations").is_some_and(|a| a.get(NAME).is_some()));
    // The header of a block scalar at the end of a text without a final newline may change, too.
    let is_whole = text.ends_with('\n') && !text.contains('*');
    if matches!(change, AnnotationAction::Set(_)) && !was_there && is_whole {
        let (old, new): (Vec<&str>, Vec<&str>) = (text.lines().collect(), done.text.lines().collect());
        let above = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
        let below = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
        let changed = old.len() - (above + below).min(old.len());
        assert!(changed <= 1, "{changed} lines changed:\n{text}\n---- becomes\n{}", done.text);
    }
}

fn at<'v>(value: &'v mut Value, path: &[Element]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |at, element| match element.step() {
        Step::Key(key) => at.get_mut(key),
        Step::Index(index) => at.get_mut(index),
    })
}

/// The mapping at `value`. Null is replaced by an empty mapping.
fn map(value: &mut Value) -> &mut Map<String, Value> {
    if value.is_null() {
        *value = json!({});
    }
    value.as_object_mut().expect("other values are refused")
}
