//! A `nativeSidecar` annotation for what the mesh does anyway.
//!
//! ## Why
//!
//! Once a mesh makes all proxies native, the annotations that made them native one by one are clutter. They may still be
//! wanted, to be prepared for another mesh: the rule runs only if it is selected, and if a mesh is given.
//!
//! ## Example
//!
//! With `--istiod-env ENABLE_NATIVE_SIDECARS=true`:
//!
//! ```yaml
//! annotations:
//!   sidecar.istio.io/nativeSidecar: "true"
//! ```
//!
//! ## Fix
//!
//! Safe: the annotation is removed.
//!
//! ## Source
//!
//! [Istio: resource annotations](https://istio.io/latest/docs/reference/config/annotations/)

use crate::explain::Proxy;
use crate::istio::names::annotation::NATIVE_SIDECAR;
use crate::lint::context::Pod;
use crate::lint::finding::Findings;
use crate::lint::fix::{Edit, Fix};
use crate::lint::rule::{Check, Need, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    name: "redundant-annotation",
    severity: Severity::Info,
    is_default: false,
    checks: &[Check::If(Need::Mesh, &Check::Pod { proxies: &[Proxy::Native, Proxy::Regular], find })],
    source: include_str!("redundant_annotation.rs"),
};

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    let Some(entry) = pod.annotation(NATIVE_SIDECAR) else { return };
    let says = match entry.value.text() {
        Some("true") => Proxy::Native,
        Some("false") => Proxy::Regular,
        _ => return,
    };
    if pod.decision.without_annotation == Some(says) && pod.decision.proxy == says {
        let message = format!("the mesh makes the proxy {} without this annotation, too", says.word());
        let reported = findings.add(entry.key, message);
        reported.help("remove it").fix(Fix::safe(Edit::Remove { path: entry.value.path() }));
    }
}
