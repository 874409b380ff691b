//! Why settings cannot be taken in, and what to do about it.

use super::set::SetError;
use crate::diagnostic::{Code, Diagnostic, ExitCode};

/// Why settings cannot be taken in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UserValuesError {
    /// A document of values is not a mapping.
    #[error("istio's values must be a mapping")]
    NotAMapping,
    /// A document is an object that carries no values of the istiod chart.
    #[error("{0} carries no values of the istiod chart")]
    Object(String),
    /// A document installs a chart that is not istiod's.
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
    /// A field of an object that carries values looks like one of its known fields.
    #[error("{} is not a field of {object}", path.join("."))]
    Misspelt {
        /// The object, such as `IstioOperator`.
        object: String,
        /// The path of the field.
        path: Vec<String>,
        /// The field that was probably meant.
        meant: &'static str,
    },
    /// A document has the values of a parent chart, and others that the istiod chart has too.
    #[error("istiod is not a value of the istiod chart; beside it is {other}, which is")]
    ParentChart {
        /// The other key.
        other: String,
    },
    /// Values inside a document, as text, are not valid YAML.
    #[error("{path} is not valid YAML: {problem}")]
    Text {
        /// The path of the text.
        path: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The tag does not begin with a version.
    #[error("global.tag is {0:?}, which does not begin with an Istio version: the release cannot be told")]
    Tag(String),
    /// The text of a `--set` cannot be read.
    #[error(transparent)]
    Set(#[from] SetError),
    /// A value is of a type that istiod cannot load.
    #[error("{} must be {expected}: istiod cannot load it", path.join("."))]
    WrongType {
        /// Its path.
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
                "if this is the istiod chart under another name, put its values into a file of their own"
            }
            Self::NoKnownKey => "--values takes values of the istiod chart, such as global.proxy or meshConfig",
            Self::ParentChart { .. } => "put what is under istiod into a file of its own",
            Self::Tag(_) => "pass --istio, for example --istio 1.30.3",
            Self::WrongType { hint: Some(hint), .. } => hint,
            _ => return None,
        };
        Some(hint.to_owned())
    }

    /// The path of the key that it is about, empty for the document as a whole.
    pub fn path(&self) -> &[String] {
        match self {
            Self::WrongType { path, .. } | Self::Misspelt { path, .. } => path,
            _ => &[],
        }
    }

    /// The object that has no values of the istiod chart, such as `Namespace istio-system`, where the error is that.
    pub fn without_values(&self) -> Option<&str> {
        match self {
            Self::Object(object) | Self::OtherChart { object, .. } => Some(object),
            _ => None,
        }
    }
}
