//! Chooses the project file and its target.

use std::path::PathBuf;

use super::{ConfigError, ModeSetting, PathModes, Project, Target, find};

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

impl ProjectFile {
    fn read(self) -> Result<Option<Project>, ConfigError> {
        match self {
            Self::Named(path) => Project::read(&path).map(Some),
            Self::None => Ok(None),
            Self::Find => {
                let found = std::env::current_dir().map_or(Ok(None), |folder| find(&folder))?;
                found.map(Project::read_found).transpose()
            }
        }
    }
}

/// The project and the chosen target.
#[derive(Debug, Default)]
pub struct ProjectChoice {
    /// The project, if there is one.
    pub project: Option<Project>,
    /// The target; empty if none is needed.
    pub target: Target,
    /// The name of the target, if the project has several.
    pub name: Option<String>,
    /// The mode that the project file requests.
    pub mode: Option<ModeSetting>,
    /// The modes of files that patterns match. The last pattern that matches a file counts.
    pub paths: PathModes,
}

impl ProjectChoice {
    /// Reads the project file and chooses the target of this name. Without a name, the only one is chosen if
    /// `needs_target`, which is so for commands that need a mesh.
    pub fn read(file: ProjectFile, target: Option<&str>, needs_target: bool) -> Result<Self, ConfigError> {
        let Some(project) = file.read()? else {
            return if target.is_some() { Err(ConfigError::NoProject) } else { Ok(Self::default()) };
        };
        if needs_target || target.is_some() {
            let (name, target) = project.target(target)?;
            return Ok(Self { mode: target.mode, paths: target.paths.clone(), target, name, project: Some(project) });
        }
        let (mode, paths) = project.common_modes()?;
        Ok(Self { mode, paths, project: Some(project), ..Self::default() })
    }

    /// Reads the project file, which must have targets. None of them is chosen.
    pub fn with_all_targets(file: ProjectFile) -> Result<Self, ConfigError> {
        let project = file.read()?.ok_or(ConfigError::NoProject)?;
        project.check_has_targets()?;
        Ok(Self { project: Some(project), ..Self::default() })
    }

    /// Whether valid annotations are kept.
    pub fn keeps_existing(&self) -> bool {
        self.project.as_ref().is_some_and(|project| project.settings.keep_existing)
    }
}
