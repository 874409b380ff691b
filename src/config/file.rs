//! Reads the project file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde_json::Value;

use super::error::ConfigError;
use super::find::FoundFile;
use super::{Bounds, FieldError, Fields, LintSettings, MeshSettings};
use lossless_yaml::{Place, Tree, YamlError, split};

/// The mode that a user requests: on the command line, in the project file, or in the configuration of a function.
///
/// The comments of the variants are the help of the flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModeSetting {
    /// A native sidecar, everywhere
    Native,
    /// A regular sidecar, everywhere
    Regular,
    /// As the mesh decides: the annotation is left alone
    Mesh,
}

impl ModeSetting {
    /// The words for the modes, in the project file and in the configuration of a function.
    pub const WORDS: [(&str, Self); 3] = [("native", Self::Native), ("regular", Self::Regular), ("mesh", Self::Mesh)];
}

/// A mesh and the mode of its workloads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The mesh; paths are relative to the project file.
    pub mesh: MeshSettings,
    /// The mode.
    pub mode: Option<ModeSetting>,
}

/// The settings in a project file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The mesh of a project without targets, or the defaults of targets.
    base: Target,
    /// Whether valid annotations are kept.
    pub keep_existing: bool,
    /// The namespace of objects without one.
    pub namespace: Option<String>,
    /// Patterns of files in folders that are left out.
    pub exclude: Vec<String>,
    /// Paths of pod templates of other kinds, `KIND.GROUP=PATH`.
    pub pod_template_paths: Vec<String>,
    /// Whether known custom kinds are included.
    pub known_crds: bool,
    /// The settings of `lint`.
    pub lint: LintSettings,
    /// Several meshes, by name.
    pub targets: BTreeMap<String, Target>,
}

impl Target {
    fn read(fields: &mut Fields<'_>) -> Result<Self, FieldError> {
        Ok(Self { mesh: MeshSettings::read(fields)?, mode: fields.choice("mode", &ModeSetting::WORDS)? })
    }
}

impl Settings {
    fn read(value: &Value) -> Result<Self, FieldError> {
        let mut fields = Fields::new(value, &[])?;
        let mut settings = Self {
            base: Target::read(&mut fields)?,
            keep_existing: fields.flag("keepExisting")?,
            namespace: fields.text("namespace")?,
            exclude: fields.texts("exclude")?,
            pod_template_paths: fields.texts("podTemplatePaths")?,
            known_crds: fields.flag("knownCrds")?,
            lint: LintSettings::read(fields.map("lint")?)?,
            targets: BTreeMap::new(),
        };
        for (name, mut target) in fields.maps("targets")? {
            settings.targets.insert(name, Target::read(&mut target)?);
            target.finish()?;
        }
        fields.finish()?;
        Ok(settings)
    }
}

/// A project file and its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// The path of the file.
    pub path: PathBuf,
    /// The settings.
    pub settings: Settings,
    /// The bounds of the files that it may name; none if the project file itself was named.
    bounds: Option<Bounds>,
}

/// The maximum size of a project file in bytes: a file that is found may be anything.
const MAX_FILE: u64 = 1 << 20;

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_FILE + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE {
        return Err(std::io::Error::other(format!("longer than the limit of {MAX_FILE} bytes")));
    }
    Ok(text)
}

impl Project {
    /// Reads the project file at `path`, which was named on the command line.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = read(path).map_err(|error| ConfigError::Unreadable { path: path.to_owned(), error })?;
        Self::parse(path, &text)
    }

    /// Reads a project file that was found.
    pub fn read_found(found: FoundFile) -> Result<Self, ConfigError> {
        Ok(Self { bounds: Some(found.bounds), ..Self::read(&found.path)? })
    }

    /// Whether it was found rather than named.
    pub fn is_found(&self) -> bool {
        self.bounds.is_some()
    }

    fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let invalid = |place: Place, message: String, hint: Option<String>| {
            let place = format!(":{}:{}", place.line, place.column);
            ConfigError::Invalid { path: path.to_owned(), place, message, hint }
        };
        let not_yaml = |error: YamlError| invalid(error.place, error.to_string(), error.hint);
        // An empty file has no settings.
        let mut settings = None;
        for chunk in split(text.as_bytes()) {
            let tree = Tree::parse(text.get(chunk.range).unwrap_or_default(), chunk.start).map_err(not_yaml)?;
            let Some(root) = tree.root() else { continue };
            if settings.is_some() {
                return Err(invalid(tree.place(root), "a second document".to_owned(), None));
            }
            let value = tree.value(root).map_err(not_yaml)?;
            let read = Settings::read(&value);
            settings = Some(read.map_err(|error| invalid(place(&tree, &error.path), error.to_string(), error.hint))?);
        }
        Ok(Self { path: path.to_owned(), settings: settings.unwrap_or_default(), bounds: None })
    }

    /// The mode, if it is the same for all targets.
    pub fn mode(&self) -> Result<Option<ModeSetting>, ConfigError> {
        let base = self.settings.base.mode;
        let mut modes = self.settings.targets.values().map(|target| target.mode.or(base));
        let first = modes.next().unwrap_or(base);
        if modes.all(|mode| mode == first) {
            Ok(first)
        } else {
            Err(self.no_target("the targets have different modes"))
        }
    }

    /// The target named `name`, or the only one. Its paths are relative to the working directory.
    pub fn target(&self, name: Option<&str>) -> Result<Target, ConfigError> {
        let settings = &self.settings;
        let own = settings.base.clone();
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
        let mesh = &mut target.mesh;
        (mesh.values, mesh.mesh_files) = (beside(&mesh.values), beside(&mesh.mesh_files));
        for (key, paths) in [("values", &mesh.values), ("meshFiles", &mesh.mesh_files)] {
            for path in paths {
                let out_of_bounds = |problem| ConfigError::OutOfBounds { path: self.path.clone(), key, problem };
                self.bounds.as_ref().map_or(Ok(()), |bounds| bounds.check(path)).map_err(out_of_bounds)?;
            }
        }
        Ok(target)
    }
}

impl Project {
    /// The path of the baseline, relative to the working directory.
    pub fn baseline(&self) -> Result<Option<PathBuf>, ConfigError> {
        let Some(baseline) = &self.settings.lint.baseline else { return Ok(None) };
        let path = self.path.parent().unwrap_or_else(|| Path::new("")).join(baseline);
        let out_of_bounds =
            |problem| ConfigError::OutOfBounds { path: self.path.clone(), key: "lint.baseline", problem };
        self.bounds.as_ref().map_or(Ok(()), |bounds| bounds.check(&path)).map_err(out_of_bounds)?;
        Ok(Some(path))
    }

    fn no_target(&self, message: &str) -> ConfigError {
        let names: Vec<&str> = self.settings.targets.keys().map(String::as_str).collect();
        let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        ConfigError::Target { path: self.path.clone(), message: format!("{message} (targets: {names})") }
    }
}

impl Target {
    /// This target with the defaults of `base`.
    fn over(&self, base: Self) -> Self {
        Self { mesh: self.mesh.clone().over(base.mesh), mode: self.mode.or(base.mode) }
    }
}

/// The place of a key, or of the nearest one above it.
fn place(tree: &Tree<'_>, path: &[String]) -> Place {
    let mut place = tree.root().map_or(Place { line: 1, column: 1 }, |root| tree.place(root));
    let mut at = tree.root();
    for key in path {
        let map = at.map(|node| tree.resolve_alias(node));
        let entry = map
            .and_then(|map| tree.entries(map).find(|(name, _)| tree.key(*name).is_ok_and(|name| name == key.as_str())));
        let Some((name, value)) = entry else { break };
        place = tree.place(name);
        at = Some(value);
    }
    place
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
        let istio = target.mesh.istio.map(|istio| istio.resolve([]).minor());
        assert_eq!((istio, target.mode), (Some(30), Some(ModeSetting::Mesh)));
        assert_eq!(target.mesh.values, [Path::new("/repo/mesh/values.yaml")]);
        assert_eq!(parse("").unwrap().settings, Settings::default());
    }

    #[test]
    fn targets_override_the_defaults() {
        let text = "mode: native\nistiodEnv: {A: \"1\"}\ntargets:\n  prod: {istio: \"1.29\", istiodEnv: {B: \"2\"}}\n  test: {istio: \"1.30\"}\n";
        let project = parse(text).unwrap();
        let prod = project.target(Some("prod")).unwrap();
        assert_eq!(
            (prod.mesh.istio, prod.mode, prod.mesh.istiod_env.len()),
            ("1.29".parse().ok(), Some(ModeSetting::Native), 2)
        );
        assert!(project.target(None).unwrap_err().to_string().contains("prod, test"));
        assert!(project.target(Some("dev")).is_err());
    }

    #[test]
    fn an_unknown_key_is_an_error_with_the_nearest_name() {
        let error = parse("istio: \"1.30\"\nexclud: [a]\n").unwrap_err();
        assert_eq!(error.hint(), Some("did you mean exclude?"));
        assert!(error.to_string().starts_with("/repo/.nativesidecar.yaml:2:1: exclud is not a known key"), "{error}");
    }

    #[test]
    fn errors_have_the_place_of_the_key() {
        for (text, expected) in [
            ("targets:\n  prod:\n    istio: 1.30\n", ":3:5: targets.prod.istio must be a string, found a number"),
            ("# none\n---\n- SECRET\n", ":3:1: must be a mapping, found a list"),
            ("a: &a {istio: [SECRET]}\ntargets: {b: *a}\n", ":1:8: targets.b.istio must be a string, found a list"),
            ("istio: '1.30'\n---\nistio: '1.29'\n", ":3:1: a second document"),
            ("revision: a\nistio: latest\n", ":2:1: istio must be an Istio version such as 1.30 or 1.30.3"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert_eq!(error.strip_prefix("/repo/.nativesidecar.yaml").unwrap(), expected);
        }
        assert_eq!(parse("# nothing\n---\n").unwrap().settings, Settings::default());
    }

    #[test]
    fn the_schema_has_all_keys() {
        let schema: Value = serde_json::from_str(include_str!("../../docs/project-file.schema.json")).unwrap();
        let described = |schema: &Value| {
            let keys = schema["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
            keys.join(", ")
        };
        let known = |text: &str| {
            // The error for an unknown key lists those that are known.
            let error = parse(text).unwrap_err().to_string();
            error.split_once("known: ").unwrap().1.trim_end_matches(')').to_owned()
        };
        assert_eq!(described(&schema), known("no: 1\n"));
        assert_eq!(described(&schema["properties"]["lint"]), known("lint: {no: 1}\n"));
        assert_eq!(
            described(&schema["properties"]["targets"]["additionalProperties"]),
            known("targets: {a: {no: 1}}\n")
        );
    }

    #[test]
    fn the_template_is_a_project_file_with_and_without_its_comments() {
        let template = crate::config::project_template();
        assert!(parse(&template).unwrap().settings.base.mesh.istio.is_some());
        // Prose ends with a full stop.
        let lines = template.lines().map(|line| match line.strip_prefix("# ") {
            Some(setting) if !line.ends_with('.') && !line.contains("$schema") => setting,
            _ => line,
        });
        let lines: Vec<&str> = lines.filter(|line| !line.starts_with("istio:")).collect();
        let project = parse(&lines.join("\n")).unwrap();
        assert_eq!(project.settings.targets.len(), 2);
        assert!(project.settings.base.mesh.platform.is_some() && project.settings.base.mode.is_some());
    }

    #[test]
    fn a_file_that_was_found_names_files_of_its_repository() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("repo/.git")).unwrap();
        std::fs::write(folder.path().join("repo/inside.yaml"), "").unwrap();
        std::fs::write(folder.path().join("outside.yaml"), "").unwrap();
        let bounds = Bounds::of(&folder.path().join("repo")).unwrap();
        for (text, key) in [
            ("values: [inside.yaml]\nmeshFiles: [.]\n", None),
            ("values: [inside.yaml, ../outside.yaml]\n", Some("values: ")),
            ("targets: {a: {meshFiles: [..]}}\n", Some("meshFiles: ")),
            ("values: [/dev/null]\n", Some("values: /dev/null is outside of the repository")),
            ("values: [none.yaml]\n", Some("values: ")),
        ] {
            let path = folder.path().join("repo/.nativesidecar.yaml");
            let mut project = Project::parse(&path, text).unwrap();
            assert!(project.target(None).is_ok());
            project.bounds = Some(bounds.clone());
            match (project.target(None), key) {
                (Ok(_), None) => {}
                (Err(error), Some(key)) => assert!(error.to_string().contains(&format!(": {key}")), "{error}"),
                (result, _) => panic!("{text}: {result:?}"),
            }
        }
    }
}
