//! What a release does with native sidecars, in words and as data.

use serde::Serialize;
use serde_json::{Value, json};

use super::table::{DECISIONS_ONLY, Stage};
use super::{Coverage, Release, ReleaseChange};
use crate::istio::mesh::{Mesh, MeshError};
use crate::istio::native::{Answer, ModeReason, PodFacts, decide};
use crate::istio::value::{at, text};

/// What a release does with native sidecars.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseSummary {
    /// The release.
    pub istio: String,
    /// How well it is known.
    pub stage: ReleaseStage,
    /// The default for pods without the annotation, if istiod's `ENABLE_NATIVE_SIDECARS` is unset.
    pub default: ReleaseDefault,
    /// The answer for each value of the annotation.
    pub annotation: Vec<AnnotationAnswer>,
    /// The sidecar of a default installation, if it is built in.
    pub sidecar: Option<Value>,
    /// What changed in the sidecar since the minor before.
    pub changes: Vec<ChangeSummary>,
}

/// How well a release is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseStage {
    /// A final release, whose sidecar is built in.
    Final,
    /// A release candidate, whose sidecar is built in.
    Candidate,
    /// Built in from the development branch.
    Preview,
    /// Only its decisions are known.
    DecisionsOnly,
    /// A patch or minor release that is newer than this program knows. What is shown is that of the newest known one.
    Newer,
}

/// The default of a release for pods without the annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ReleaseDefault {
    /// A regular sidecar.
    Regular,
    /// A native sidecar if all kubelets are new enough.
    Nodes,
}

/// The answer of a release for a value of the annotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnnotationAnswer {
    /// The value; none for any other value.
    pub value: Option<&'static str>,
    /// `native`, `regular`, or `absent` if the value is ignored.
    pub answer: String,
}

/// A change in the sidecar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangeSummary {
    /// The first release of the minor with the change.
    pub since: String,
    /// The change.
    pub text: String,
}

/// The values of the annotation that releases treat differently.
const VALUES: [Option<&str>; 4] = [Some("true"), Some("false"), Some(""), None];
/// An example of any other value.
const OTHER: &str = "yes";

impl Release {
    /// All releases whose decisions are known, one for each minor, oldest first.
    pub fn known() -> impl Iterator<Item = Self> {
        let older = DECISIONS_ONLY.iter().map(|(minor, patch)| Self::of_numbers(*minor, *patch));
        older.chain(Self::built_in())
    }

    /// What it does with native sidecars.
    pub fn summary(&self) -> Result<ReleaseSummary, MeshError> {
        let mesh = Mesh::install_any(self.clone(), &Value::Null)?;
        let default = match decide(&mesh, PodFacts::default()).answer {
            Answer::Mode(_) => ReleaseDefault::Regular,
            Answer::DependsOnNodes | Answer::DependsOnIstiod => ReleaseDefault::Nodes,
        };
        let annotation = VALUES.map(|value| AnnotationAnswer { value, answer: answer(&mesh, value.unwrap_or(OTHER)) });
        Ok(ReleaseSummary {
            istio: self.to_string(),
            stage: self.stage(),
            default,
            annotation: annotation.to_vec(),
            sidecar: self.is_built_in().then(|| sidecar(&mesh)),
            changes: ReleaseChange::ALL.iter().filter_map(|change| self.change(*change)).collect(),
        })
    }

    fn stage(&self) -> ReleaseStage {
        let is_newer = match self.coverage() {
            Coverage::NewerPatch { measured } => measured.patch() < self.patch(),
            Coverage::NewerMinor { .. } => true,
            Coverage::Measured | Coverage::OlderPatch { .. } | Coverage::TooOld { .. } => false,
        };
        if is_newer {
            return ReleaseStage::Newer;
        }
        match self.row().map(|row| row.stage) {
            None => ReleaseStage::DecisionsOnly,
            Some(Stage::Final) => ReleaseStage::Final,
            Some(Stage::Candidate(_)) => ReleaseStage::Candidate,
            Some(Stage::Preview(_)) => ReleaseStage::Preview,
        }
    }

    /// A change, if this release's minor introduced it.
    fn change(&self, change: ReleaseChange) -> Option<ChangeSummary> {
        let (minor, patch) = *change.since().last()?;
        let is_new = minor == self.minor && self.has(change);
        let since = Self::of_numbers(minor, patch).to_string();
        is_new.then(|| ChangeSummary { since, text: change.text().replace('`', "") })
    }
}

fn answer(mesh: &Mesh, value: &str) -> String {
    let decision = decide(mesh, PodFacts { annotation: Some(value), node_name: None });
    let is_absent =
        |reason: &ModeReason| matches!(reason, ModeReason::AnnotationEmpty | ModeReason::AnnotationIgnored { .. });
    match decision.mode() {
        Some(mode) if !decision.reasons.iter().any(is_absent) => mode.to_string(),
        _ => "absent".to_owned(),
    }
}

/// The main fields of a default installation's sidecar.
fn sidecar(mesh: &Mesh) -> Value {
    let global = |path: &[&str]| at(&mesh.all_values, &[&["global"], path].concat());
    let image = format!("{}/{}:{}", text(global(&["hub"])), text(global(&["proxy", "image"])), text(global(&["tag"])));
    json!({"image": image, "resources": global(&["proxy", "resources"])})
}

#[cfg(test)]
mod tests {
    use super::super::table::ROWS;
    use super::*;

    fn summary(version: &str) -> ReleaseSummary {
        version.parse::<Release>().unwrap().summary().unwrap()
    }

    #[test]
    fn the_summary_matches_the_decisions_of_the_release() {
        let answers = |version: &str| {
            let annotation = summary(version).annotation;
            annotation.into_iter().map(|one| one.answer).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(answers("1.23"), "absent absent absent absent");
        assert_eq!(answers("1.26"), "native regular regular regular");
        assert_eq!(answers("1.27"), "native regular absent native");
        assert_eq!(summary("1.26").default, ReleaseDefault::Regular);
        for (version, stage) in [
            ("1.30.3", ReleaseStage::Final),
            ("1.30.1", ReleaseStage::Final),
            ("1.30.99", ReleaseStage::Newer),
            ("1.99.0", ReleaseStage::Newer),
        ] {
            assert_eq!(summary(version).stage, stage, "{version}");
        }
        assert_eq!(summary("1.27").default, ReleaseDefault::Nodes);
    }

    #[test]
    fn changes_are_those_of_the_minor_up_to_the_patch() {
        let texts = |version: &str| summary(version).changes.into_iter().map(|one| one.since).collect::<Vec<_>>();
        assert_eq!(texts("1.28.3"), ["1.28.0", "1.28.0", "1.28.0"]);
        assert_eq!(texts("1.28.10"), ["1.28.0", "1.28.0", "1.28.0", "1.28.6"]);
        assert!(texts("1.23").is_empty());
        let known: Vec<Release> = Release::known().collect();
        assert!(known.iter().all(Release::decides) && known.len() == DECISIONS_ONLY.len() + ROWS.len());
    }

    #[test]
    fn the_sidecar_is_that_of_a_default_installation() {
        let sidecar = summary("1.30").sidecar.unwrap();
        assert_eq!(sidecar["image"], "registry.istio.io/release/proxyv2:1.30.3");
        assert_eq!(sidecar["resources"]["requests"]["memory"], "128Mi");
        assert_eq!((summary("1.22").sidecar, summary("1.22").stage), (None, ReleaseStage::DecisionsOnly));
    }
}
