//! An annotation value that breaks or rewrites the YAML that Istio renders.
//!
//! ## Why
//!
//! Up to Istio 1.31, the injection template writes the values of `sidecar.istio.io/proxyImage`, `bootstrapOverride`,
//! `logLevel`, `componentLogLevel` and `agentLogLevel` without quotes. A quote, a line break, a `#` after a space or a colon
//! before one makes it render something else: mostly the pod is refused, and sometimes a setting is lost.
//!
//! ## Example
//!
//! ```yaml
//! annotations:
//!   sidecar.istio.io/logLevel: "debug # until the incident is over"
//! ```
//!
//! Write instead:
//!
//! ```yaml
//! annotations:
//!   sidecar.istio.io/logLevel: debug # until the incident is over
//! ```
//!
//! ## Fix
//!
//! None.
//!
//! ## Source
//!
//! The injection templates of Istio 1.24 to 1.31.

use serde_json::Value;

use crate::istio::Mesh;
use crate::istio::names::annotation::{
    AGENT_LOG_LEVEL, BOOTSTRAP_OVERRIDE, COMPONENT_LOG_LEVEL, LOG_LEVEL, PROXY_IMAGE,
};
use crate::lint::context::{INJECTED, Pod};
use crate::lint::finding::Findings;
use crate::lint::rule::{Check, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    name: "unsafe-annotation-value",
    severity: Severity::Warning,
    is_default: true,
    checks: &[Check::Pod { proxies: INJECTED, find }],
    source: include_str!("unsafe_annotation_value.rs"),
};

/// The annotations whose values are written without quotes.
const UNQUOTED: [&str; 5] = [PROXY_IMAGE, BOOTSTRAP_OVERRIDE, LOG_LEVEL, COMPONENT_LOG_LEVEL, AGENT_LOG_LEVEL];

/// The first minor version that quotes them.
const QUOTES_SINCE: u16 = 32;

/// What breaks the YAML around a value without quotes.
const BREAKING: [(&str, &str); 6] = [
    ("\"", "a quote"),
    ("'", "a quote"),
    ("\n", "a line break"),
    ("\r", "a line break"),
    (" #", "a #"),
    (": ", "a colon"),
];

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    let release = &pod.decision.injector.mesh().release;
    if release.minor() >= QUOTES_SINCE {
        return;
    }
    for entry in pod.annotations().iter().filter(|entry| UNQUOTED.contains(&&*entry.name)) {
        if let Some(what) = entry.value.text().and_then(breaking) {
            let message = format!("this value has {what}: Istio {release} writes it into YAML without quotes");
            findings.add(entry.value.id(), message).help("leave out quotes, line breaks, \" #\" and \": \"");
        }
    }
}

/// What in a value breaks the YAML around it.
fn breaking(text: &str) -> Option<&'static str> {
    BREAKING.iter().find(|(part, _)| text.contains(part)).map(|(_, what)| *what)
}

/// Whether a pod template has a value that the rule reports: the mesh may refuse the pod because of it.
pub(in crate::lint) fn has_unsafe_value(mesh: &Mesh, pod: &Value) -> bool {
    let annotations = pod.pointer("/metadata/annotations");
    let is_unsafe = |name: &&str| {
        let value = annotations.and_then(|annotations| annotations.get(*name)?.as_str());
        value.and_then(breaking).is_some()
    };
    mesh.release.minor() < QUOTES_SINCE && UNQUOTED.iter().any(is_unsafe)
}
