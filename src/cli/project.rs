//! The flags that choose the project file and its target.

use std::path::PathBuf;

use clap::Args;

use crate::config::{ProjectChoice, ProjectFile};
use crate::diagnostic::Diagnostic;

#[derive(Args)]
#[command(next_help_heading = "Project file")]
pub(super) struct ProjectArgs {
    /// Project file; by default .nativesidecar.yaml in the working directory or, in a repository, in a folder above it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Do not read a project file
    #[arg(long, conflicts_with = "config")]
    no_config: bool,
    /// Which mesh of the project file to use
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
}

impl ProjectArgs {
    /// Reads the project file, if there is one. `needs_target`: whether the command needs a mesh.
    pub(super) fn read(self, needs_target: bool) -> Result<ProjectChoice, Diagnostic> {
        let (file, target) = self.file();
        let choice = ProjectChoice::read(file, target.as_deref(), needs_target);
        choice.map_err(|error| Diagnostic::from(&error))
    }

    /// Reads the project file, which must have targets. None of them is chosen.
    pub(super) fn read_all_targets(self) -> Result<ProjectChoice, Diagnostic> {
        ProjectChoice::with_all_targets(self.file().0).map_err(|error| Diagnostic::from(&error))
    }

    fn file(self) -> (ProjectFile, Option<String>) {
        let file = match self.config {
            Some(path) => ProjectFile::Named(path),
            None if self.no_config => ProjectFile::None,
            None => ProjectFile::Find,
        };
        (file, self.target)
    }
}
