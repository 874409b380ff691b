//! The project file, `.nativesidecar.yaml`, with the settings of a repository; the typed reader and the bounds that
//! other configurations share.

mod bounds;
mod choice;
mod error;
mod fields;
mod file;
mod find;
mod lint;
mod mesh;
mod template;

pub use bounds::{Bounds, OutOfBounds};
pub use choice::{ProjectChoice, ProjectFile};
pub use error::ConfigError;
pub use fields::{FieldError, Fields};
pub use file::{ModeSetting, PathModes, Project, Settings, Target};
pub use find::{FoundFile, find};
pub use lint::LintSettings;
pub use mesh::{Contradiction, MeshSettings, kubernetes_version, node_version};
pub use template::project_template;

/// The file's name.
pub const FILE_NAME: &str = ".nativesidecar.yaml";
