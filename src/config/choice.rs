//! Chooses the project file and its target.

use std::path::PathBuf;

use super::{ConfigError, ModeSetting, Project, Target, find};

/// The location of the project file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ProjectFile {
    /// Search from the working directory upwards.
    #[default]
    Find,
    /// At this path.
    Named(PathBuf),
    /// None.
    None,
}

/// The project and the chosen target.
#[derive(Debug, Default)]
pub struct ProjectChoice {
    /// The project, if there is one.
    pub project: Option<Project>,
    /// The target; empty if none is needed.
    pub target: Target,
    /// The mode that the project file requests.
    pub mode: Option<ModeSetting>,
}

impl ProjectChoice {
    /// Reads the project file and chooses the target of this name. Without a name, the only one is chosen if
    /// `needs_target`, which is so for commands that need a mesh.
    pub fn read(file: ProjectFile, target: Option<&str>, needs_target: bool) -> Result<Self, ConfigError> {
        let project = match file {
            ProjectFile::Named(path) => Some(Project::read(&path)?),
            ProjectFile::None => None,
            ProjectFile::Find => {
                let found = std::env::current_dir().map_or(Ok(None), |folder| find(&folder))?;
                found.map(Project::read_found).transpose()?
            }
        };
        let (mode, target) = match &project {
            Some(project) if needs_target || target.is_some() => {
                let target = project.target(target)?;
                (target.mode, target)
            }
            Some(project) => (project.mode()?, Target::default()),
            None if target.is_some() => return Err(ConfigError::NoProject),
            None => (None, Target::default()),
        };
        Ok(Self { project, target, mode })
    }

    /// Whether valid annotations are kept.
    pub fn keeps_existing(&self) -> bool {
        self.project.as_ref().is_some_and(|project| project.settings.keep_existing)
    }
}
