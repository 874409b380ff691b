//! `timeline`: reads saved pods and events, and logs of proxies.

use std::fs::File;
use std::io::Read as _;

use super::saved_objects;
use crate::cluster::timeline::log::{is_log, moments};
use crate::cluster::timeline::{Collected, Target, Timeline};
use crate::diagnostic::Diagnostic;
use crate::input::{Inputs, Source, decoding_utf16, read};
use crate::k8s::Time;

/// How many bytes are read to distinguish a log from objects.
const START: u64 = 8 << 10;

/// The timelines of the pods of a target in the inputs. `default_namespace` is for objects without one.
pub fn timelines(
    inputs: &mut Inputs,
    target: &Target,
    default_namespace: &str,
    now: Time,
) -> Result<Vec<Timeline>, Vec<Diagnostic>> {
    let mut collected = Collected::default();
    let mut problems = Vec::new();
    for source in inputs.sources.extract_if(.., |source| starts_like_log(source)) {
        match read(&source) {
            Ok(text) => collected.logs.extend(moments(&text)),
            Err(error) => problems.push(Diagnostic::from(&error).in_file(source.to_string())),
        }
    }
    problems.extend(saved_objects(inputs, &mut |object| collected.take(&object.value, default_namespace)));
    if !problems.is_empty() {
        return Err(problems);
    }
    collected.timelines(target, now).map_err(|error| vec![Diagnostic::from(&error)])
}

/// Whether a file is a log. Pipes are not checked, as they can be read only once.
fn starts_like_log(source: &Source) -> bool {
    let Source::File(path) = source else { return false };
    let mut start = Vec::new();
    let looked = source.is_repeatable()
        && File::open(path).and_then(|file| decoding_utf16(file).take(START).read_to_end(&mut start)).is_ok();
    looked && is_log(&String::from_utf8_lossy(&start))
}
