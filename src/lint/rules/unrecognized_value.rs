//! A value of `nativeSidecar` or `inject` that is neither `"true"` nor `"false"`.
//!
//! ## Why
//!
//! Releases disagree about other values of `sidecar.istio.io/nativeSidecar`. Up to Istio 1.26 they make the proxy regular;
//! from 1.27 on they make it native, so that `"no"` and `"False"` mean the opposite of what they say. An empty value is
//! ignored from 1.27 on. Other values of `sidecar.istio.io/inject` are ignored from 1.27 on, and the mesh's policy decides.
//!
//! ## Example
//!
//! ```yaml
//! annotations:
//!   sidecar.istio.io/nativeSidecar: "True"
//! ```
//!
//! Write instead:
//!
//! ```yaml
//! annotations:
//!   sidecar.istio.io/nativeSidecar: "true"
//! ```
//!
//! ## Fix
//!
//! Unsafe: the value becomes `"true"` or `"false"` where it means what the release makes of it. Where the two differ, or the
//! value means nothing, no fix is offered: a person has to decide.
//!
//! ## Source
//!
//! [Istio: resource annotations](https://istio.io/latest/docs/reference/config/annotations/)

use crate::explain::Proxy;
use crate::istio::names::annotation::{INJECT, NATIVE_SIDECAR};
use crate::istio::{Policy, ReleaseChange};
use crate::lint::context::{ANY, MeshSource, Pod};
use crate::lint::finding::Findings;
use crate::lint::fix::{Edit, Fix};
use crate::lint::node::Entry;
use crate::lint::rule::{Check, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    name: "unrecognized-value",
    severity: Severity::Warning,
    is_default: true,
    checks: &[Check::Pod { proxies: ANY, find }],
    source: include_str!("unrecognized_value.rs"),
};

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    let release = &pod.decision.injector.mesh().release;
    if let Some(entry) = pod.annotation(NATIVE_SIDECAR)
        && release.has(ReleaseChange::NativeAnnotation)
    {
        native(pod, &entry, findings);
    }
    if release.has(ReleaseChange::LenientNativeAnnotation) {
        for entry in [pod.label(INJECT), pod.annotation(INJECT)].into_iter().flatten() {
            inject(pod, &entry, findings);
        }
    }
}

/// What a value means to a person.
fn says(text: &str) -> Option<bool> {
    match text.trim().to_lowercase().as_str() {
        "true" | "yes" | "on" | "y" | "1" | "t" => Some(true),
        "false" | "no" | "off" | "n" | "0" | "f" => Some(false),
        _ => None,
    }
}

fn native(pod: &Pod<'_>, entry: &Entry<'_>, findings: &mut Findings<'_>) {
    let Some(text) = entry.value.text().filter(|text| !matches!(*text, "true" | "false")) else { return };
    let release = &pod.decision.injector.mesh().release;
    let is_lenient = release.has(ReleaseChange::LenientNativeAnnotation);
    let says = says(text);
    let made = match (is_lenient, text) {
        (false, _) => Some(false),
        // As absent: the mesh decides.
        (true, "") if pod.known.source == MeshSource::Assumed => None,
        (true, "") => match pod.decision.without_annotation {
            Some(Proxy::Native) => Some(true),
            Some(Proxy::Regular) => Some(false),
            _ => None,
        },
        (true, _) => Some(true),
    };
    let word = |native: bool| if native { "native" } else { "regular" };
    let takes = match made {
        _ if is_lenient && text.is_empty() => "treats it as absent".to_owned(),
        Some(native) => format!("makes the proxy {}", word(native)),
        None => "leaves it to the mesh".to_owned(),
    };
    let meaning = match says {
        Some(native) => format!("says {}", word(native)),
        None if text.is_empty() => "is empty".to_owned(),
        None => "is neither native nor regular".to_owned(),
    };
    let reported = findings.add(entry.value.id(), format!("this value {meaning}, and Istio {release} {takes}"));
    reported.help("write \"true\" for native or \"false\" for regular");
    if let Some(native) = made.filter(|_| text.is_empty() || says == made) {
        reported.fix(fix(entry, native));
    }
}

fn inject(pod: &Pod<'_>, entry: &Entry<'_>, findings: &mut Findings<'_>) {
    let Some(text) = entry.value.text().filter(|text| !matches!(*text, "true" | "false")) else { return };
    let mesh = pod.decision.injector.mesh();
    let policy = match mesh.injector.policy {
        Policy::Enabled => Some(true),
        Policy::Disabled => Some(false),
        Policy::Other(_) => None,
    };
    let does = match policy {
        Some(true) => "its policy injects the pod",
        _ => "its policy does not inject the pod",
    };
    let message = format!("Istio {} ignores this value, which is neither \"true\" nor \"false\": {does}", mesh.release);
    let reported = findings.add(entry.value.id(), message);
    reported.help("write \"true\" to inject the pod or \"false\" not to");
    if let Some(injects) = says(text).filter(|says| Some(*says) == policy) {
        reported.fix(fix(entry, injects));
    }
}

fn fix(entry: &Entry<'_>, value: bool) -> Fix {
    Fix::risky(Edit::Set { path: entry.value.path(), value: value.to_string().into(), before: None })
}
