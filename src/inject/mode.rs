//! Stage: sets the annotation that selects native or regular, by request.

use std::fmt;

use serde_json::Value;

use super::pod::{part, set_annotation};
use crate::istio::names::annotation::NATIVE_SIDECAR;
use crate::istio::native::Mode;

/// Spellings of true that are repaired, in lower case.
pub const TRUE_WORDS: [&str; 6] = ["true", "yes", "on", "y", "1", "t"];
/// Spellings of false that are repaired, in lower case.
pub const FALSE_WORDS: [&str; 6] = ["false", "no", "off", "n", "0", "f"];

/// What to do with the annotation `sidecar.istio.io/nativeSidecar`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ModeRequest {
    /// Nothing: the mesh decides.
    Mesh,
    /// Native if it is absent or empty. A valid value is kept, a misspelt one is fixed, and any other is kept and reported.
    #[default]
    NativeIfAbsent,
    /// Set it to this mode.
    Set {
        /// The mode to set.
        mode: Mode,
        /// Keep a valid value, and repair a misspelt one.
        keep_existing: bool,
    },
}

/// The annotation of a pod template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExistingMode {
    /// No annotation.
    Absent,
    /// An empty string or `null`, which is read as absent.
    Empty,
    /// Exactly `"true"` or `"false"`.
    Valid(Mode),
    /// Another spelling of true or false, such as `"True"`.
    Misspelt {
        /// The value, as reported.
        was: String,
        /// The mode that it means.
        mode: Mode,
    },
    /// Neither true nor false.
    Unclear {
        /// The value, as reported.
        was: String,
    },
}

impl ExistingMode {
    /// Reads the value of the annotation, `None` if there is no annotation.
    pub fn of(value: Option<&Value>) -> Self {
        let Some(value) = value else { return Self::Absent };
        let word = match value {
            Value::Null => return Self::Empty,
            Value::String(text) => match text.as_str() {
                "true" => return Self::Valid(Mode::Native),
                "false" => return Self::Valid(Mode::Regular),
                // Helm templates that quote twice leave quotes in the value.
                text => text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'')).to_lowercase(),
            },
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            Value::Array(_) | Value::Object(_) => return Self::Unclear { was: shown(value) },
        };
        let was = shown(value);
        match word.as_str() {
            "" => Self::Empty,
            word if TRUE_WORDS.contains(&word) => Self::Misspelt { was, mode: Mode::Native },
            word if FALSE_WORDS.contains(&word) => Self::Misspelt { was, mode: Mode::Regular },
            _ => Self::Unclear { was },
        }
    }

    /// The mode of a valid value.
    pub fn valid(&self) -> Option<Mode> {
        if let Self::Valid(mode) = self { Some(*mode) } else { None }
    }

    /// Reads it from a pod template.
    fn on(pod: &Value) -> Self {
        let annotations = part(part(pod, "metadata"), "annotations");
        Self::of(annotations.as_object().and_then(|annotations| annotations.get(NATIVE_SIDECAR)))
    }
}

/// A value as reports show it: strings in quotes, and shortened if long.
fn shown(value: &Value) -> String {
    const MAX: usize = 40;
    match value {
        Value::String(text) if text.chars().count() > MAX => {
            format!("{:?}…", text.chars().take(MAX).collect::<String>())
        }
        Value::String(text) => format!("{text:?}"),
        Value::Bool(bool) => format!("the boolean {bool}"),
        Value::Number(number) => format!("the number {number}"),
        Value::Null => "null".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
    }
}

/// What happens to the annotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnnotationChange {
    /// No change was requested.
    None,
    /// It already has the requested mode.
    Already(Mode),
    /// It has the other mode and is kept.
    Kept(Mode),
    /// It is added.
    Added(Mode),
    /// It gets another value.
    Replaced {
        /// The old value, as reported.
        was: String,
        /// The new mode.
        mode: Mode,
    },
    /// A misspelt value is replaced by the valid one.
    Repaired {
        /// The old value, as reported.
        was: String,
        /// The new mode.
        mode: Mode,
    },
    /// It is neither true nor false, and is kept.
    Unclear {
        /// The value, as reported.
        was: String,
    },
}

impl AnnotationChange {
    /// The stable name of the change.
    pub fn code(&self) -> &'static str {
        match self {
            Self::None => "annotation-untouched",
            Self::Already(_) => "annotation",
            Self::Kept(_) => "annotation-kept",
            Self::Added(_) => "annotation-added",
            Self::Replaced { .. } => "annotation-replaced",
            Self::Repaired { .. } => "annotation-repaired",
            Self::Unclear { .. } => "annotation-unclear",
        }
    }

    /// The change that `request` makes to an existing annotation.
    pub fn of(request: ModeRequest, existing: &ExistingMode) -> Self {
        let (requested, keeps, rewrites) = match request {
            ModeRequest::Mesh => return Self::None,
            ModeRequest::NativeIfAbsent => (Mode::Native, true, false),
            ModeRequest::Set { mode, keep_existing } => (mode, keep_existing, true),
        };
        match existing.clone() {
            ExistingMode::Absent => Self::Added(requested),
            ExistingMode::Empty => Self::Replaced { was: "empty".to_owned(), mode: requested },
            ExistingMode::Valid(mode) if mode == requested => Self::Already(mode),
            ExistingMode::Valid(mode) if keeps => Self::Kept(mode),
            ExistingMode::Valid(mode) => Self::Replaced { was: format!("{:?}", value(mode)), mode: requested },
            ExistingMode::Misspelt { was, mode } if keeps || mode == requested => Self::Repaired { was, mode },
            ExistingMode::Unclear { was } if !rewrites => Self::Unclear { was },
            ExistingMode::Misspelt { was, .. } | ExistingMode::Unclear { was } => {
                Self::Replaced { was, mode: requested }
            }
        }
    }

    /// The mode that the annotation selects after the change; `None` if none was requested or it is unclear.
    pub fn mode(&self) -> Option<Mode> {
        match self {
            Self::Already(mode) | Self::Kept(mode) => Some(*mode),
            _ => self.written(),
        }
    }

    /// The mode to write; `None` if the annotation does not change.
    pub fn written(&self) -> Option<Mode> {
        match self {
            Self::Added(mode) | Self::Replaced { mode, .. } | Self::Repaired { mode, .. } => Some(*mode),
            Self::None | Self::Already(_) | Self::Kept(_) | Self::Unclear { .. } => None,
        }
    }
}

impl fmt::Display for AnnotationChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None | Self::Already(_) => Ok(()),
            Self::Kept(mode) => write!(f, "annotation {NATIVE_SIDECAR} is {:?}: kept", value(*mode)),
            Self::Added(mode) => write!(f, "annotation {NATIVE_SIDECAR}: {:?} added", value(*mode)),
            Self::Replaced { was, mode } => {
                write!(f, "annotation {NATIVE_SIDECAR} changed from {was} to {:?}", value(*mode))
            }
            Self::Repaired { was, mode } => {
                write!(f, "annotation {NATIVE_SIDECAR} repaired from {was} to {:?}", value(*mode))
            }
            Self::Unclear { was } => {
                write!(f, "annotation {NATIVE_SIDECAR} is {was}, neither \"true\" nor \"false\": left as it is")
            }
        }
    }
}

/// The annotation's value for a mode.
pub fn value(mode: Mode) -> &'static str {
    if mode == Mode::Native { "true" } else { "false" }
}

/// Applies a request to a pod template.
pub(super) fn choose(pod: &mut Value, request: ModeRequest) -> AnnotationChange {
    let change = AnnotationChange::of(request, &ExistingMode::on(pod));
    if let Some(mode) = change.written() {
        set_annotation(pod, NATIVE_SIDECAR, value(mode));
    }
    change
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The annotation after `request`, on a pod template that has `value`.
    fn after(value: &Value, request: ModeRequest) -> Value {
        let mut pod = json!({"metadata": {"annotations": {NATIVE_SIDECAR: value}}});
        choose(&mut pod, request);
        pod["metadata"]["annotations"][NATIVE_SIDECAR].clone()
    }

    #[test]
    fn a_misspelt_value_is_repaired() {
        let no = ["False", "FALSE", "no", "No", "off", "n", "N", "0", "f", " false ", "'false'", "\"false\""];
        let yes = ["True", "TRUE", "yes", "YES", "on", "y", "1", "T", "true\n", "\"true\""];
        for (words, expected) in [(&no[..], "false"), (&yes[..], "true")] {
            for word in words {
                assert_eq!(after(&json!(word), ModeRequest::NativeIfAbsent), expected, "{word:?}");
            }
        }
        for (value, expected) in
            [(json!(false), "false"), (json!(0), "false"), (json!(true), "true"), (json!(1), "true")]
        {
            assert_eq!(after(&value, ModeRequest::NativeIfAbsent), expected);
        }
    }

    #[test]
    fn an_unclear_value_is_left_alone_unless_a_mode_is_set() {
        for value in [json!("maybe"), json!("native"), json!("2"), json!(2), json!(0.0), json!("falsey"), json!([])] {
            assert_eq!(after(&value, ModeRequest::NativeIfAbsent), value);
            let native = ModeRequest::Set { mode: Mode::Native, keep_existing: true };
            assert_eq!(after(&value, native), "true", "{value}");
        }
    }

    #[test]
    fn an_empty_value_counts_as_absent() {
        for value in [json!(""), json!(" "), Value::Null, json!("\"\"")] {
            assert_eq!(after(&value, ModeRequest::NativeIfAbsent), "true", "{value}");
            let regular = ModeRequest::Set { mode: Mode::Regular, keep_existing: true };
            assert_eq!(after(&value, regular), "false", "{value}");
        }
    }

    #[test]
    fn a_mode_replaces_every_value_unless_existing_ones_are_kept() {
        let set = |keep_existing| ModeRequest::Set { mode: Mode::Native, keep_existing };
        for (value, rewritten, kept) in
            [(json!("false"), "true", "false"), (json!("False"), "true", "false"), (json!("true"), "true", "true")]
        {
            assert_eq!(after(&value, set(false)), rewritten, "{value}");
            assert_eq!(after(&value, set(true)), kept, "{value}");
        }
        assert_eq!(after(&json!("off"), ModeRequest::Mesh), "off");
    }

    #[test]
    fn the_change_shows_the_old_value() {
        let change = |value: Value| AnnotationChange::of(ModeRequest::default(), &ExistingMode::of(Some(&value)));
        assert_eq!(change(json!("false")), AnnotationChange::Kept(Mode::Regular));
        assert_eq!(change(json!("true")), AnnotationChange::Already(Mode::Native));
        assert_eq!(
            change(json!(false)).to_string(),
            format!("annotation {NATIVE_SIDECAR} repaired from the boolean false to \"false\"")
        );
        let long = change(json!("x".repeat(100))).to_string();
        assert!(long.contains(&format!("is \"{}\"…, neither", "x".repeat(40))), "{long}");
    }
}
