//! Errors about the user's values.

use super::set::SetError;
use crate::diagnostic::{Code, Diagnostic, ExitCode};

/// Why the user's values cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UserValuesError {
    /// A document of values is not a mapping.
    #[error("istio's values must be a mapping")]
    NotAMapping,
    /// A document is an object without values of the istiod chart.
    #[error("{0} has no values of the istiod chart")]
    Object(String),
    /// A document installs another chart than istiod's.
    #[error("{object} installs chart {chart}, not istiod")]
    OtherChart {
        /// The object, such as `HelmRelease podinfo`.
        object: String,
        /// The chart.
        chart: String,
    },
    /// No key of a document is a value of the istiod chart.
    #[error("none of its keys is a value of the istiod chart")]
    NoKnownKey,
    /// An unknown field of an object is similar to a known one.
    #[error("{} is not a field of {object}", path.join("."))]
    Misspelt {
        /// The object, such as `IstioOperator`.
        object: String,
        /// The field's path.
        path: Vec<String>,
        /// The similar field.
        meant: &'static str,
    },
    /// A document has values of a parent chart, and also values of the istiod chart.
    #[error("istiod is not a value of the istiod chart, but its sibling {other} is")]
    ParentChart {
        /// The key of the istiod chart.
        other: String,
    },
    /// A text with values is not valid YAML.
    #[error("{path} is not valid YAML: {problem}")]
    Text {
        /// The path of the text.
        path: &'static str,
        /// The problem.
        problem: String,
    },
    /// The tag does not start with a version.
    #[error("global.tag is {0:?}, which does not begin with an Istio version: the release is unknown")]
    Tag(String),
    /// The text of a `--set` cannot be read.
    #[error(transparent)]
    Set(#[from] SetError),
    /// A value is of a type that istiod cannot load.
    #[error("{} must be {expected}: istiod cannot load it", path.join("."))]
    WrongType {
        /// The value's path.
        path: Vec<String>,
        /// The type that istiod expects.
        expected: &'static str,
        /// What to do about it.
        hint: Option<&'static str>,
    },
}

impl From<&UserValuesError> for Diagnostic {
    fn from(error: &UserValuesError) -> Self {
        Self { hint: error.hint(), ..Self::error(Code::InvalidValues, ExitCode::Mesh, error.to_string()) }
    }
}

impl UserValuesError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Misspelt { meant, .. } => return Some(format!("did you mean {meant}?")),
            Self::Object(_) => {
                "--values takes values of the istiod chart, also in an IstioOperator, a HelmRelease, an Application of \
                 Argo CD or an Istio of the Sail operator"
            }
            Self::OtherChart { .. } => {
                "if this is the istiod chart under another name, put its values into a separate file"
            }
            Self::NoKnownKey => "--values takes values of the istiod chart, such as global.proxy or meshConfig",
            Self::ParentChart { .. } => "put the values under istiod into a separate file",
            Self::Tag(_) => "pass --istio, for example --istio 1.30.3",
            Self::WrongType { hint: Some(hint), .. } => hint,
            _ => return None,
        };
        Some(hint.to_owned())
    }

    /// The path of the key at fault; empty for the whole document.
    pub fn path(&self) -> &[String] {
        match self {
            Self::WrongType { path, .. } | Self::Misspelt { path, .. } => path,
            _ => &[],
        }
    }

    /// If the error is that an object has no values of the istiod chart: the object, such as `Namespace istio-system`.
    pub fn without_values(&self) -> Option<&str> {
        match self {
            Self::Object(object) | Self::OtherChart { object, .. } => Some(object),
            _ => None,
        }
    }
}
