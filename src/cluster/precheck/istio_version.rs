//! The release of every revision.

use super::command::GET_ISTIOD;
use super::facts::Revision;
use super::{Answer, Check, Date, Facts, Group, per_revision};

pub(super) const CHECK: Check = Check { code: "istio-version", group: Group::Istio, decides: true, answers };

/// The first minor version with native sidecars.
const NATIVE: u16 = 20;
/// The first minor version that reads the annotation.
const ANNOTATION: u16 = 24;

fn answers(facts: &Facts, _: Date) -> Vec<Answer> {
    per_revision(facts, "no mesh is known", answer)
}

fn answer(revision: &Revision<'_>) -> Answer {
    let Some(release) = &revision.release else {
        let tag = revision.istiod.map(|istiod| istiod.tag.clone()).unwrap_or_default();
        return Answer::unknown(tag, "istiod's image has no Istio version").fix(GET_ISTIOD);
    };
    // Of a revision of AKS, only the minor version is known for sure.
    let seen = match revision.istiod {
        None if revision.is_addon => format!("1.{}", release.minor()),
        _ => release.to_string(),
    };
    match release.minor() {
        ..NATIVE => Answer::fail(seen, format!("native sidecars need Istio 1.{NATIVE}")),
        NATIVE..ANNOTATION => Answer::warn(
            seen,
            format!("native sidecars are for all pods or none: the annotation is read from 1.{ANNOTATION} on"),
        ),
        _ => Answer::ok(seen, ""),
    }
}
