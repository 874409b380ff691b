//! A label that injects sidecars elsewhere, but not with the Istio add-on of AKS.
//!
//! ## Why
//!
//! The add-on is always installed with a revision, and its webhook looks for the label `istio.io/rev`. It skips namespaces
//! with `istio-injection: enabled` and pods with only `sidecar.istio.io/inject: "true"`: they get no sidecar, without any
//! message. The rule runs with `--platform aks`.
//!
//! ## Example
//!
//! ```yaml
//! kind: Namespace
//! metadata:
//!   labels:
//!     istio-injection: enabled
//! ```
//!
//! Write instead, with the revision of the add-on:
//!
//! ```yaml
//! kind: Namespace
//! metadata:
//!   labels:
//!     istio.io/rev: asm-1-30
//! ```
//!
//! ## Fix
//!
//! Unsafe: the label of the revision that `--platform` names. Beside a label `istio.io/rev`, `istio-injection` is removed.
//!
//! ## Source
//!
//! [AKS: deploy the Istio add-on](https://learn.microsoft.com/azure/aks/istio-deploy-addon)

use crate::istio::names::label::{INJECT, INJECTION, REVISION};
use crate::k8s::Path;
use crate::lint::context::{ANY, LintedObject, Pod};
use crate::lint::finding::Findings;
use crate::lint::fix::{Edit, Fix, Grade};
use crate::lint::node::Entry;
use crate::lint::rule::{Check, Need, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    name: "aks-injection-label",
    severity: Severity::Error,
    is_default: true,
    checks: &[
        Check::If(Need::Aks, &Check::Pod { proxies: ANY, find }),
        Check::If(Need::Aks, &Check::Object(find_in_namespace)),
    ],
    source: include_str!("aks_injection_label.rs"),
};

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    let namespace = pod.known.facts.namespaces.get(pod.namespace);
    if namespace.is_none_or(|namespace| !namespace.labels.contains_key(REVISION)) {
        check(&pod.labels(), pod.known.aks_revision, findings);
    }
}

fn find_in_namespace(object: &LintedObject<'_>, findings: &mut Findings<'_>) {
    if !object.is_namespace() {
        return;
    }
    let labels = object.labels();
    let label = |name: &str| labels.iter().rev().find(|label| label.name == name);
    match label(INJECTION).filter(|label| label.value.text() == Some("enabled")) {
        Some(injection) if label(REVISION).is_some() => {
            let message = "this label wins over istio.io/rev, and the AKS add-on skips the namespace";
            let reported = findings.add(injection.key, message);
            reported.help("remove it").fix(Fix::risky(Edit::Remove { path: injection.value.path() }));
        }
        _ => check(&labels, object.known.aks_revision, findings),
    }
}

/// Reports the label that injects elsewhere, if there is no revision.
fn check(labels: &[Entry<'_>], revision: Option<&str>, findings: &mut Findings<'_>) {
    let label = |name: &str| labels.iter().rev().find(|label| label.name == name);
    if label(REVISION).is_some() {
        return;
    }
    let revision = revision.filter(|revision| !revision.is_empty());
    let wanted =
        revision.map_or_else(|| "istio.io/rev: asm-1-N".to_owned(), |revision| format!("istio.io/rev: {revision}"));
    if let Some(injection) = label(INJECTION).filter(|label| label.value.text() == Some("enabled")) {
        let reported = findings.add(injection.key, "the AKS add-on ignores this label, and injects nothing");
        reported.help(format!("replace it by the label {wanted}"));
        if let Some(revision) = revision {
            let path = injection.value.path();
            let renamed = beside(&path);
            let value = revision.to_owned().into();
            let rename = Edit::RenameKey { path, name: REVISION.to_owned() };
            let edits = vec![rename, Edit::Set { path: renamed, value, before: None }];
            reported.fix(Fix { grade: Grade::Unsafe, edits });
        }
    } else if let Some(inject) = label(INJECT).filter(|label| label.value.text() == Some("true")) {
        let reported =
            findings.add(inject.key, "the AKS add-on ignores this label without a revision, and injects nothing");
        reported.help(format!("add the label {wanted}"));
        if let Some(revision) = revision {
            let path = beside(&inject.value.path());
            reported.fix(Fix::risky(Edit::Set { path, value: revision.to_owned().into(), before: None }));
        }
    }
}

/// The path of the label for the revision in the same mapping.
fn beside(label: &Path) -> Path {
    let parents = label.iter().take(label.len().saturating_sub(1)).cloned();
    parents.chain(Path::of_keys([REVISION]).iter().cloned()).collect()
}
