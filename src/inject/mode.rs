//! Stage: the annotation that chooses native or regular, where the caller wants it set.

use serde_json::Value;

use super::pod::{annotation, set_annotation};
use crate::istio::names::annotation::NATIVE_SIDECAR;
use crate::istio::native::Mode;

/// What the caller wants of the annotation `sidecar.istio.io/nativeSidecar`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModeRequest {
    /// Leave it as it is; the mesh decides.
    Mesh,
    /// Set it.
    Set {
        /// To this mode.
        mode: Mode,
        /// Unless it has a valid value already.
        keep_valid: bool,
    },
}

impl Default for ModeRequest {
    /// Native, where nobody decided otherwise.
    fn default() -> Self {
        Self::Set { mode: Mode::Native, keep_valid: true }
    }
}

/// What happened to the annotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnnotationChange {
    /// Nothing was asked for.
    None,
    /// It already says what was asked for.
    Already,
    /// It says the other mode, which is somebody's decision.
    Kept(Mode),
    /// It was not there.
    Set(Mode),
    /// It had another value.
    Replaced {
        /// The value before.
        was: String,
        /// What it says now.
        mode: Mode,
    },
}

/// Sets the annotation of a pod template as requested, and says what was done. A value that is neither `"true"` nor
/// `"false"` is nobody's decision and always replaced.
pub fn choose_mode(pod: &mut Value, request: ModeRequest) -> AnnotationChange {
    let ModeRequest::Set { mode, keep_valid } = request else { return AnnotationChange::None };
    let value = |mode| if mode == Mode::Native { "true" } else { "false" };
    let change = match annotation(pod, NATIVE_SIDECAR) {
        None => AnnotationChange::Set(mode),
        Some(found) if found == value(mode) => return AnnotationChange::Already,
        Some("true") if keep_valid => return AnnotationChange::Kept(Mode::Native),
        Some("false") if keep_valid => return AnnotationChange::Kept(Mode::Regular),
        Some(found) => AnnotationChange::Replaced { was: found.to_owned(), mode },
    };
    set_annotation(pod, NATIVE_SIDECAR, value(mode));
    change
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn choose(value: Option<&str>, mode: Mode, keep_valid: bool) -> (AnnotationChange, Option<String>) {
        let mut pod = value.map_or(json!({}), |value| json!({"metadata": {"annotations": {NATIVE_SIDECAR: value}}}));
        let change = choose_mode(&mut pod, ModeRequest::Set { mode, keep_valid });
        (change, annotation(&pod, NATIVE_SIDECAR).map(str::to_owned))
    }

    #[test]
    fn a_valid_decision_stays_and_others_are_repaired() {
        use Mode::{Native, Regular};
        let was = |was: &str, mode| AnnotationChange::Replaced { was: was.to_owned(), mode };
        assert_eq!(choose(None, Native, true), (AnnotationChange::Set(Native), Some("true".to_owned())));
        assert_eq!(choose(Some("false"), Native, true), (AnnotationChange::Kept(Regular), Some("false".to_owned())));
        assert_eq!(choose(Some("false"), Native, false), (was("false", Native), Some("true".to_owned())));
        assert_eq!(choose(Some("True"), Native, true), (was("True", Native), Some("true".to_owned())));
        assert_eq!(choose(Some("false"), Regular, false), (AnnotationChange::Already, Some("false".to_owned())));
    }
}
