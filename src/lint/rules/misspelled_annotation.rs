//! An annotation or label whose key is almost one that Istio knows.
//!
//! ## Why
//!
//! Keys are compared byte by byte. `sidecar.istio.io/proxyCpu` and `sidecar.istio.io/native-sidecar` are ignored without a
//! message, and `sidecar.istio.io/native-side` has spread from a release note of Istio 1.27.
//!
//! The rule reports keys of pod templates that differ from a known one in case, dashes or a plural only.
//!
//! ## Example
//!
//! ```yaml
//! annotations:
//!   sidecar.istio.io/native-sidecar: "true"
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
//! Unsafe: the key gets the known name, and takes effect. There is no fix if the mapping has that key already, or if
//! `spec.selector` names the label.
//!
//! ## Source
//!
//! [Istio: resource annotations](https://istio.io/latest/docs/reference/config/annotations/)

use crate::lint::context::{ANY, Pod};
use crate::lint::finding::Findings;
use crate::lint::fix::{Edit, Fix};
use crate::lint::keys::meant;
use crate::lint::rule::{Check, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    name: "misspelled-annotation",
    severity: Severity::Error,
    is_default: true,
    checks: &[Check::Pod { proxies: ANY, find }],
    source: include_str!("misspelled_annotation.rs"),
};

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    for (entries, is_label) in [(pod.labels(), true), (pod.annotations(), false)] {
        for entry in &entries {
            let Some(meant) = meant(&entry.name) else { continue };
            let reported = findings.add(entry.key, "Istio does not know this key, and ignores it");
            reported.help(format!("did you mean {meant}?"));
            let becomes = |other: &str| other == meant || self::meant(other) == Some(meant);
            let is_alone = entries.iter().filter(|other| becomes(&other.name)).count() == 1;
            if is_alone && !(is_label && pod.selects(&entry.name)) {
                reported.fix(Fix::risky(Edit::RenameKey { path: entry.value.path(), name: meant.to_owned() }));
            }
        }
    }
}
