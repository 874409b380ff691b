//! The flags about the project file.

use std::path::PathBuf;

use clap::Args;

use crate::config::{ProjectChoice, ProjectFile};
use crate::diagnostic::Diagnostic;

#[derive(Args)]
#[command(next_help_heading = "Project file")]
pub(super) struct ProjectArgs {
    /// The project file; without it: .nativesidecar.yaml of the working directory or, in a repository, of a folder above
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Do not read a project file
    #[arg(long, conflicts_with = "config")]
    no_config: bool,
    /// Which of the project's meshes
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
}

impl ProjectArgs {
    /// Reads the project file, if there is one. `needs_target`: the command needs a mesh.
    pub(super) fn read(self, needs_target: bool) -> Result<ProjectChoice, Diagnostic> {
        let file = match self.config {
            Some(path) => ProjectFile::Named(path),
            None if self.no_config => ProjectFile::None,
            None => ProjectFile::Find,
        };
        let choice = ProjectChoice::read(file, self.target.as_deref(), needs_target);
        choice.map_err(|error| Diagnostic::from(&error))
    }
}
