//! The CEL expressions of policies. Each works for pods without annotations, labels or owners: an expression that fails
//! would refuse the pod.

use super::owner::OwnerKind;
use crate::inject::{FALSE_WORDS, TRUE_WORDS};
use crate::istio::names::annotation::{INJECT, NATIVE_SIDECAR};
use crate::istio::native::Mode;

/// The pod template of a workload; a `CronJob`'s is in its `jobTemplate`. In one expression: an optional in a variable cannot be
/// chained on.
const TEMPLATE: &str = "dyn(object).spec.?jobTemplate.?spec.?template.or(dyn(object).spec.?template)";

/// Whether a pod template differs from what was there before.
pub(super) const TEMPLATE_CHANGED: [&str; 3] = [
    "request.operation == \"CREATE\" ||",
    "dyn(object).spec.?template != dyn(oldObject).spec.?template ||",
    "dyn(object).spec.?jobTemplate != dyn(oldObject).spec.?jobTemplate",
];

/// White space, as the Unicode property of this name has it, and quotes: what may be around a value that is repaired.
const AROUND: &str = r"[\s\v\x{85}\pZ\x22\x27]*";

/// The values that are valid.
pub(super) const VALID: &str = "[\"true\", \"false\"]";

/// The owner references of an object.
const OWNERS: &str = "object.metadata.?ownerReferences.orValue([])";

/// Whether the owner reference `o` is the controller.
const IS_CONTROLLER: &str = "o.?controller.orValue(false)";

/// Whether a controller made the object.
pub(super) fn is_controlled() -> String {
    format!("{OWNERS}.exists(o, {IS_CONTROLLER})")
}

/// Whether a pod's controller is of one of these kinds, or it has none and `Pod` is one of them.
pub(super) fn is_of(kinds: &[OwnerKind]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut controllers = kinds.iter().filter(|kind| kind.controls_pods()).map(OwnerKind::condition).peekable();
    if kinds.iter().any(OwnerKind::is_pod) {
        let or = if controllers.peek().is_some() { " ||" } else { "" };
        lines.push(format!("!{}{or}", is_controlled()));
    }
    if controllers.peek().is_some() {
        lines.push(format!("{OWNERS}.exists(o, {IS_CONTROLLER} && ("));
        while let Some(controller) = controllers.next() {
            let end = if controllers.peek().is_some() { " ||" } else { "))" };
            lines.push(format!("({controller}){end}"));
        }
    }
    lines
}

/// The prefix of a pod's fields in expressions: `object.`, or `variables.pod.?` where it has no type.
#[derive(Clone, Copy)]
pub(super) struct PodName(&'static str);

/// A new pod.
pub(super) const OBJECT: PodName = PodName("object.");
/// The variable that [`pod`] defines.
pub(super) const VARIABLE: PodName = PodName("variables.pod.?");

/// The annotation of a pod, an optional.
pub(super) fn value(PodName(pod): PodName) -> String {
    format!("{pod}metadata.?annotations[?\"{NATIVE_SIDECAR}\"]")
}

/// Whether the pod opts out of injection, so that `annotate` skips it. A label takes precedence over the annotation of the same
/// name.
pub(super) fn opts_out(PodName(pod): PodName) -> [String; 3] {
    [
        format!("{pod}spec.?hostNetwork.orValue(false) ||"),
        format!("{pod}metadata.?labels[?\"{INJECT}\"]"),
        format!(".or({pod}metadata.?annotations[?\"{INJECT}\"]).orValue(\"\") == \"false\""),
    ]
}

/// Whether the annotation of a new pod is one of some words, in any case. `is_optional`: or empty.
fn is_spelling(words: &[&str], is_optional: bool) -> [String; 2] {
    let optional = if is_optional { "?" } else { "" };
    let words = words.join("|");
    [
        format!("{}.orValue(\"\").lowerAscii()", value(OBJECT)),
        format!(".matches(r'^{AROUND}({words}){optional}{AROUND}$')"),
    ]
}

/// Whether the annotation is missing, empty or misspelt.
pub(super) fn is_repairable() -> [String; 2] {
    is_spelling(&[TRUE_WORDS, FALSE_WORDS].concat(), true)
}

/// The value to set, if the annotation is not valid: what it means or, if it means nothing, that of the mode.
pub(super) fn repaired(mode: Mode) -> [String; 3] {
    let (words, meaning, otherwise) = match mode {
        Mode::Native => (FALSE_WORDS, "false", "true"),
        Mode::Regular => (TRUE_WORDS, "true", "false"),
    };
    let [value, matches] = is_spelling(&words, false);
    [value, matches, format!("? \"{meaning}\" : \"{otherwise}\"")]
}

/// The pod or pod template that a validation is about, as a value without a type: the kinds differ.
pub(super) fn pod(has_pods: bool, has_templates: bool) -> Vec<String> {
    let template = format!("{TEMPLATE}.orValue(dyn({{}}))");
    match (has_pods, has_templates) {
        (true, true) => vec!["request.resource.resource == \"pods\" ? dyn(object) :".to_owned(), template],
        (false, _) => vec![template],
        (true, false) => vec!["dyn(object)".to_owned()],
    }
}
