//! The project file, `.nativesidecar.yaml`: what a repository says once, so that nobody has to say it at each call.

mod file;
mod find;

pub use file::{ConfigError, ModeSetting, Project, Settings, Target};
pub use find::find;

/// The file's name.
pub const FILE_NAME: &str = ".nativesidecar.yaml";
