//! Reads the project file, and says what is wrong with it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The mode that a project or target asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModeSetting {
    /// Native, everywhere.
    Native,
    /// Regular, everywhere.
    Regular,
    /// As the mesh decides.
    Mesh,
}

/// A mesh, and what its workloads are to become.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Target {
    /// Istio's version.
    pub istio: Option<String>,
    /// Files and folders that describe the mesh, relative to the project file.
    pub mesh_files: Vec<PathBuf>,
    /// The mesh's revision.
    pub revision: Option<String>,
    /// Files of Istio's own values, relative to the project file.
    pub values: Vec<PathBuf>,
    /// Variables of istiod's environment.
    pub istiod_env: BTreeMap<String, String>,
    /// Kubelet versions of the cluster's nodes, each with a name before it if that matters: `node=v1.33.2`.
    pub node_versions: Vec<String>,
    /// The mode.
    pub mode: Option<ModeSetting>,
}

/// What a project file says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Settings {
    /// See [`Target::istio`]; this and the next six are the one mesh of a project that names no targets.
    istio: Option<String>,
    mesh_files: Vec<PathBuf>,
    revision: Option<String>,
    values: Vec<PathBuf>,
    istiod_env: BTreeMap<String, String>,
    node_versions: Vec<String>,
    mode: Option<ModeSetting>,
    /// Valid annotations stay as they are.
    pub keep_existing: bool,
    /// The namespace of documents that name none.
    pub namespace: Option<String>,
    /// Globs of what folders leave out.
    pub exclude: Vec<String>,
    /// Where pod templates of other kinds are, `KIND.GROUP=PATH`.
    pub pod_template_paths: Vec<String>,
    /// Custom kinds whose controllers are known to copy annotations to their pods are included.
    pub known_crds: bool,
    /// Several meshes, by name.
    pub targets: BTreeMap<String, Target>,
}

/// A project file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Where it is.
    pub path: PathBuf,
    /// What it says.
    pub settings: Settings,
}

/// Why a project file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It is no project file.
    #[error("{}{place}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// `:line:column`, if that is known.
        place: String,
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// A target is needed, or one was asked for that is not there.
    #[error("{}: {message}", path.display())]
    Target {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the targets there are.
        message: String,
    },
}

impl ConfigError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Invalid { hint, .. } => hint.as_deref(),
            Self::Target { .. } => Some("pass --target NAME"),
            Self::Unreadable { .. } => None,
        }
    }
}

/// Longest project file that is read, in bytes: it is found, not named, and may be anything.
const MAX_FILE: u64 = 1 << 20;

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_FILE + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE {
        return Err(std::io::Error::other(format!("longer than the limit of {MAX_FILE} bytes")));
    }
    Ok(text)
}

/// What serde says is wrong, without the text that it found: that may be the value of an environment variable.
fn without_values(message: &str) -> String {
    let found =
        message.split_once(": string \"").and_then(|(what, rest)| Some((what, rest.rsplit_once("\", expected ")?.1)));
    found.map_or_else(|| message.to_owned(), |(what, expected)| format!("{what}: a string, expected {expected}"))
}

impl Project {
    /// Reads the project file at `path`.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = read(path).map_err(|error| ConfigError::Unreadable { path: path.to_owned(), error })?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        // An empty file is a project without settings.
        let settings: Option<Settings> = serde_yaml::from_str(text).map_err(|error| {
            let place = error.location().map_or_else(String::new, |l| format!(":{}:{}", l.line(), l.column()));
            let message = error.to_string();
            let message = without_values(message.split(" at line ").next().unwrap_or_default());
            ConfigError::Invalid { path: path.to_owned(), place, hint: nearest(&message), message }
        })?;
        Ok(Self { path: path.to_owned(), settings: settings.unwrap_or_default() })
    }

    /// The mode, where it does not depend on the target.
    pub fn mode(&self) -> Result<Option<ModeSetting>, ConfigError> {
        let base = self.settings.mode;
        let mut modes = self.settings.targets.values().map(|target| target.mode.or(base));
        let first = modes.next().unwrap_or(base);
        if modes.all(|mode| mode == first) {
            Ok(first)
        } else {
            Err(self.no_target("the targets have different modes"))
        }
    }

    /// The mesh named `name`, or the only one there is. Paths come out relative to the working directory.
    pub fn target(&self, name: Option<&str>) -> Result<Target, ConfigError> {
        let settings = &self.settings;
        let own = Target {
            istio: settings.istio.clone(),
            mesh_files: settings.mesh_files.clone(),
            revision: settings.revision.clone(),
            values: settings.values.clone(),
            istiod_env: settings.istiod_env.clone(),
            node_versions: settings.node_versions.clone(),
            mode: settings.mode,
        };
        let mut target = match (name, settings.targets.len()) {
            (Some(name), _) => {
                let found = settings
                    .targets
                    .get(name)
                    .ok_or_else(|| self.no_target(&format!("there is no target {name:?}")))?;
                found.over(own)
            }
            (None, 0) => own,
            (None, 1) => settings.targets.values().next().map_or_else(|| own.clone(), |only| only.over(own.clone())),
            (None, _) => return Err(self.no_target("there are several targets, and none was chosen")),
        };
        let folder = self.path.parent().unwrap_or_else(|| Path::new(""));
        let beside = |paths: &[PathBuf]| paths.iter().map(|path| folder.join(path)).collect();
        (target.values, target.mesh_files) = (beside(&target.values), beside(&target.mesh_files));
        Ok(target)
    }
}

impl Project {
    fn no_target(&self, message: &str) -> ConfigError {
        let names: Vec<&str> = self.settings.targets.keys().map(String::as_str).collect();
        let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        ConfigError::Target { path: self.path.clone(), message: format!("{message} (targets: {names})") }
    }
}

impl Target {
    /// This target, with what it leaves open taken from `base`.
    fn over(&self, base: Self) -> Self {
        fn or<T: Clone>(own: &[T], base: Vec<T>) -> Vec<T> {
            if own.is_empty() { base } else { own.to_vec() }
        }
        let mut istiod_env = base.istiod_env;
        istiod_env.extend(self.istiod_env.clone());
        Self {
            istio: self.istio.clone().or(base.istio),
            mesh_files: or(&self.mesh_files, base.mesh_files),
            revision: self.revision.clone().or(base.revision),
            values: base.values.into_iter().chain(self.values.iter().cloned()).collect(),
            istiod_env,
            node_versions: or(&self.node_versions, base.node_versions),
            mode: self.mode.or(base.mode),
        }
    }
}

/// The nearest right name for the unknown one of an error.
fn nearest(message: &str) -> Option<String> {
    let mut names = message.split('`').skip(1).step_by(2);
    let unknown = names.next().filter(|_| message.contains("unknown field"))?;
    let near = names.max_by(|a, b| strsim::jaro_winkler(unknown, a).total_cmp(&strsim::jaro_winkler(unknown, b)))?;
    Some(format!("did you mean {near}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Project, ConfigError> {
        Project::parse(Path::new("/repo/.nativesidecar.yaml"), text)
    }

    #[test]
    fn one_mesh_needs_no_target() {
        let project = parse("istio: \"1.30\"\nvalues: [mesh/values.yaml]\nmode: mesh\n").unwrap();
        let target = project.target(None).unwrap();
        assert_eq!((target.istio.as_deref(), target.mode), (Some("1.30"), Some(ModeSetting::Mesh)));
        assert_eq!(target.values, [Path::new("/repo/mesh/values.yaml")]);
        assert_eq!(parse("").unwrap().settings, Settings::default());
    }

    #[test]
    fn targets_lie_over_what_all_have() {
        let text = "mode: native\nistiodEnv: {A: \"1\"}\ntargets:\n  prod: {istio: \"1.29\", istiodEnv: {B: \"2\"}}\n  test: {istio: \"1.30\"}\n";
        let project = parse(text).unwrap();
        let prod = project.target(Some("prod")).unwrap();
        assert_eq!(
            (prod.istio.as_deref(), prod.mode, prod.istiod_env.len()),
            (Some("1.29"), Some(ModeSetting::Native), 2)
        );
        assert!(project.target(None).unwrap_err().to_string().contains("prod, test"));
        assert!(project.target(Some("dev")).is_err());
    }

    #[test]
    fn an_unknown_key_is_an_error_with_the_nearest_name() {
        let error = parse("istio: \"1.30\"\nexclud: [a]\n").unwrap_err();
        assert_eq!(error.hint(), Some("did you mean exclude?"));
        assert!(error.to_string().starts_with("/repo/.nativesidecar.yaml:2:1: unknown field"), "{error}");
    }
}
