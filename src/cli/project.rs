//! The flags about the project file.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, usage_error};
use crate::config::{ConfigError, ModeSetting, Project, Target, find};
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

/// The project, and the mesh in it that was chosen.
pub(super) struct Chosen {
    pub project: Option<Project>,
    pub target: Target,
    /// The mode that the project file asks for.
    pub mode: Option<ModeSetting>,
}

impl Chosen {
    /// What the report names that nobody named on the command line.
    pub(super) fn note(&self) -> Option<String> {
        let found = self.project.as_ref().filter(|project| project.is_found())?;
        Some(format!("settings from {} (pass --no-config to leave them out)", found.path.display()))
    }
}

impl ProjectArgs {
    fn project(&self) -> Result<Option<Project>, ConfigError> {
        match &self.config {
            Some(path) => Project::read(path).map(Some),
            None if self.no_config => Ok(None),
            None => {
                let found = std::env::current_dir().map_or(Ok(None), |folder| find(&folder))?;
                found.map(Project::read_found).transpose()
            }
        }
    }

    /// Reads the project file, if there is one. `needs_target`: the command is about a mesh.
    pub(super) fn read(&self, needs_target: bool) -> Result<Chosen, Failure> {
        let project = self.project().map_err(|e| Diagnostic::from(&e))?;
        let (mode, target) = match &project {
            Some(project) if needs_target || self.target.is_some() => {
                let target = project.target(self.target.as_deref()).map_err(|e| Diagnostic::from(&e))?;
                (target.mode, target)
            }
            Some(project) => (project.mode().map_err(|e| Diagnostic::from(&e))?, Target::default()),
            None if self.target.is_some() => {
                let message = "--target names a mesh of the project file, and there is none";
                return Err(usage_error(
                    message,
                    Some("write a .nativesidecar.yaml, or pass --config FILE".to_owned()),
                ));
            }
            None => (None, Target::default()),
        };
        Ok(Chosen { project, target, mode })
    }
}
