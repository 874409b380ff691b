//! `OpenShift`, where the Sail operator installs upstream's charts.

use super::{IstiodFacts, NativeDefault, Rule, Ruling, Source};

/// The profile that the operator applies to upstream's charts.
const PROFILE: Source =
    Source { document: "istio-ecosystem/sail-operator, profile-platform-openshift.yaml", date: "2026-08-22" };

static UPSTREAM: Rule = Rule {
    code: "openshift-upstream",
    text: "OpenShift's profile leaves ENABLE_NATIVE_SIDECARS to the release",
    source: PROFILE,
    default: NativeDefault::ReleaseDefault,
};

/// All rules.
pub(super) static RULES: [&Rule; 1] = [&UPSTREAM];

pub(super) fn ruling(istiod: IstiodFacts<'_>) -> Option<Ruling> {
    (!istiod.has_deployment).then(|| Ruling::of(&UPSTREAM))
}
