//! The flags about the project file.

use std::path::PathBuf;

use clap::Args;

use super::Failure;
use crate::config::{ConfigError, ModeSetting, Project, Target, find};

#[derive(Args)]
#[command(next_help_heading = "Project file")]
pub(super) struct ProjectArgs {
    /// The project file; not given: .nativesidecar.yaml here or above, up to the repository's root
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

impl ProjectArgs {
    /// Reads the project file, if there is one. `needs_target`: the command is about a mesh.
    pub(super) fn read(&self, needs_target: bool) -> Result<Chosen, Failure> {
        let path = match &self.config {
            Some(path) => Some(path.clone()),
            None if self.no_config => None,
            None => std::env::current_dir().ok().and_then(|folder| find(&folder)),
        };
        let project = path.map(|p| Project::read(&p)).transpose().map_err(|e| failure(&e))?;
        let (mode, target) = match &project {
            Some(project) if needs_target || self.target.is_some() => {
                let target = project.target(self.target.as_deref()).map_err(|e| failure(&e))?;
                (target.mode, target)
            }
            Some(project) => (project.mode().map_err(|e| failure(&e))?, Target::default()),
            None if self.target.is_some() => {
                let message = "--target names a mesh of the project file, and there is none";
                return Err(Failure::usage(
                    message,
                    Some("write a .nativesidecar.yaml, or pass --config FILE".to_owned()),
                ));
            }
            None => (None, Target::default()),
        };
        Ok(Chosen { project, target, mode })
    }
}

fn failure(error: &ConfigError) -> Failure {
    Failure::usage(error.to_string(), error.hint().map(str::to_owned))
}
