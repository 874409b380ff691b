//! Stage: the annotation that chooses native or regular, where the caller wants it set.

use std::fmt;

use serde_json::Value;

use super::pod::{part, set_annotation};
use crate::istio::names::annotation::NATIVE_SIDECAR;
use crate::istio::native::Mode;

/// What the caller wants of the annotation `sidecar.istio.io/nativeSidecar`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ModeRequest {
    /// Leave it as it is; the mesh decides.
    Mesh,
    /// Native where it is absent or empty. A valid value is kept, a misspelt one repaired, any other left to its author.
    #[default]
    NativeIfAbsent,
    /// Set it to this mode.
    Set {
        /// The mode.
        mode: Mode,
        /// Keep a valid value, and repair a misspelt one to what it means.
        keep_existing: bool,
    },
}

/// What a pod template has in the place of the annotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExistingMode {
    /// No annotation.
    Absent,
    /// An empty text or `null`, which counts as absent.
    Empty,
    /// Exactly `"true"` or `"false"`.
    Valid(Mode),
    /// Another way to write true or false.
    Misspelt {
        /// The value, as reported.
        was: String,
        /// What it means.
        mode: Mode,
    },
    /// Neither.
    Unclear {
        /// The value, as reported.
        was: String,
    },
}

impl ExistingMode {
    /// Reads the annotation's value; `None` where there is none.
    pub fn of(value: Option<&Value>) -> Self {
        let Some(value) = value else { return Self::Absent };
        let word = match value {
            Value::Null => return Self::Empty,
            Value::String(text) => match text.as_str() {
                "true" => return Self::Valid(Mode::Native),
                "false" => return Self::Valid(Mode::Regular),
                // Templates that quote twice leave quotes in the value.
                text => text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'')).to_lowercase(),
            },
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            Value::Array(_) | Value::Object(_) => return Self::Unclear { was: shown(value) },
        };
        let was = shown(value);
        match word.as_str() {
            "" => Self::Empty,
            "true" | "yes" | "on" | "y" | "1" | "t" => Self::Misspelt { was, mode: Mode::Native },
            "false" | "no" | "off" | "n" | "0" | "f" => Self::Misspelt { was, mode: Mode::Regular },
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

/// A value as the report names it: texts quoted, and shortened if long.
fn shown(value: &Value) -> String {
    const MOST: usize = 40;
    match value {
        Value::String(text) if text.chars().count() > MOST => {
            format!("{:?}…", text.chars().take(MOST).collect::<String>())
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
    /// Nothing was asked for.
    None,
    /// It already has the mode that was asked for.
    Already(Mode),
    /// It has the other mode, and is kept.
    Kept(Mode),
    /// It is added.
    Added(Mode),
    /// It gets another value.
    Replaced {
        /// The value before, as reported.
        was: String,
        /// The mode now.
        mode: Mode,
    },
    /// A misspelt value becomes what it means.
    Repaired {
        /// The value before, as reported.
        was: String,
        /// The mode now.
        mode: Mode,
    },
    /// It is neither true nor false, and is left to its author.
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

    /// What `request` makes of what is there.
    pub fn of(request: ModeRequest, existing: &ExistingMode) -> Self {
        let (wanted, keeps, rewrites) = match request {
            ModeRequest::Mesh => return Self::None,
            ModeRequest::NativeIfAbsent => (Mode::Native, true, false),
            ModeRequest::Set { mode, keep_existing } => (mode, keep_existing, true),
        };
        match existing.clone() {
            ExistingMode::Absent => Self::Added(wanted),
            ExistingMode::Empty => Self::Replaced { was: "empty".to_owned(), mode: wanted },
            ExistingMode::Valid(mode) if mode == wanted => Self::Already(mode),
            ExistingMode::Valid(mode) if keeps => Self::Kept(mode),
            ExistingMode::Valid(mode) => Self::Replaced { was: format!("{:?}", value(mode)), mode: wanted },
            ExistingMode::Misspelt { was, mode } if keeps || mode == wanted => Self::Repaired { was, mode },
            ExistingMode::Unclear { was } if !rewrites => Self::Unclear { was },
            ExistingMode::Misspelt { was, .. } | ExistingMode::Unclear { was } => Self::Replaced { was, mode: wanted },
        }
    }

    /// The mode that the annotation has afterwards, as far as it was asked for.
    pub fn mode(&self) -> Option<Mode> {
        match self {
            Self::Already(mode) | Self::Kept(mode) => Some(*mode),
            _ => self.written(),
        }
    }

    /// The mode whose value has to be written; none if the annotation stays as it is.
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

/// Sets the annotation of a pod template as requested, and returns what was done.
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
    fn a_misspelt_value_is_repaired_to_what_it_means() {
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
    fn a_value_that_means_neither_is_left_to_its_author() {
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
    fn a_mode_rewrites_all_unless_existing_values_are_kept() {
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
    fn the_change_says_what_was_there() {
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
