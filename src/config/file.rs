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
use crate::diagnostic::nearest;
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

/// The modes of files that patterns match.
pub type PathModes = Vec<(String, ModeSetting)>;

/// A mesh and the mode of its workloads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The mesh; paths are relative to the project file.
    pub mesh: MeshSettings,
    /// The mode.
    pub mode: Option<ModeSetting>,
    /// The modes of files that patterns match. The last pattern that matches a file counts.
    pub paths: PathModes,
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
        Ok(Self {
            mesh: MeshSettings::read(fields)?,
            mode: fields.choice("mode", &ModeSetting::WORDS)?,
            paths: fields.choices_by_pattern("paths", &ModeSetting::WORDS)?,
        })
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
            if name.trim().is_empty() {
                return Err(FieldError::new(&["targets", &name], "is an empty name", None));
            }
            settings.targets.insert(name, Target::read(&mut target)?);
            target.finish()?;
        }
        fields.finish()?;
        settings.check()?;
        Ok(settings)
    }

    /// An error if settings of the mesh, or of a target, contradict each other.
    fn check(&self) -> Result<(), FieldError> {
        let check = |mesh: &MeshSettings, path: &[&str]| {
            mesh.check().map_err(|error| {
                FieldError::new(path, &format!("is contradictory: {error}"), Some("correct one of them"))
            })
        };
        check(&self.base.mesh, &["platform"])?;
        self.targets
            .iter()
            .try_for_each(|(name, target)| check(&target.over(self.base.clone()).mesh, &["targets", name]))
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
            tree.refuse_duplicate_keys(root).map_err(not_yaml)?;
            let value = tree.value(root).map_err(not_yaml)?;
            let read = Settings::read(&value);
            settings = Some(read.map_err(|error| invalid(place(&tree, &error.path), error.to_string(), error.hint))?);
        }
        Ok(Self { path: path.to_owned(), settings: settings.unwrap_or_default(), bounds: None })
    }

    /// The modes of workloads and paths, if they are the same for all targets.
    pub fn common_modes(&self) -> Result<(Option<ModeSetting>, PathModes), ConfigError> {
        let base = &self.settings.base;
        let of = |target: Target| (target.mode, target.paths);
        let mut modes = self.settings.targets.values().map(|target| of(target.over(base.clone())));
        let first = modes.next().unwrap_or_else(|| of(base.clone()));
        if modes.all(|other| other == first) {
            Ok(first)
        } else {
            Err(self.no_target("the targets have different modes", None))
        }
    }

    /// The target of this name, or the only one, and its name. Its paths are relative to the working directory.
    pub fn target(&self, name: Option<&str>) -> Result<(Option<String>, Target), ConfigError> {
        let (base, targets) = (&self.settings.base, &self.settings.targets);
        let found = match name {
            Some(name) => {
                let found = targets.get_key_value(name);
                Some(found.ok_or_else(|| self.no_target(&format!("there is no target {name:?}"), Some(name)))?)
            }
            None if targets.len() > 1 => {
                return Err(self.no_target("there are several targets, and none was chosen", None));
            }
            None => targets.first_key_value(),
        };
        let mut target = found.map_or_else(|| base.clone(), |(_, target)| target.over(base.clone()));
        for (key, paths) in [("values", &mut target.mesh.values), ("meshFiles", &mut target.mesh.mesh_files)] {
            for path in paths {
                *path = self.beside(key, path)?;
            }
        }
        Ok((found.map(|(name, _)| name.clone()), target))
    }

    /// An error unless there are targets.
    pub fn check_has_targets(&self) -> Result<(), ConfigError> {
        if self.settings.targets.is_empty() { Err(self.no_target("there are no targets", None)) } else { Ok(()) }
    }

    /// The path of the baseline, relative to the working directory.
    pub fn baseline(&self) -> Result<Option<PathBuf>, ConfigError> {
        let baseline = self.settings.lint.baseline.as_ref();
        baseline.map(|path| self.beside("lint.baseline", path)).transpose()
    }

    /// A path that the key names, relative to the working directory. It must be in bounds.
    fn beside(&self, key: &'static str, path: &Path) -> Result<PathBuf, ConfigError> {
        let path = self.path.parent().unwrap_or_else(|| Path::new("")).join(path);
        match self.bounds.as_ref().map_or(Ok(()), |bounds| bounds.check(&path)) {
            Ok(()) => Ok(path),
            Err(problem) => Err(ConfigError::OutOfBounds { path: self.path.clone(), key, problem }),
        }
    }

    /// The error about a target that is missing. `asked` is its name.
    fn no_target(&self, message: &str, asked: Option<&str>) -> ConfigError {
        let names: Vec<&str> = self.settings.targets.keys().map(String::as_str).collect();
        let hint = match asked.and_then(|asked| nearest(asked, &names)) {
            Some(nearest) => format!("did you mean --target {nearest}?"),
            None if names.is_empty() => "add targets to the project file".to_owned(),
            None => "pass --target NAME".to_owned(),
        };
        let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        ConfigError::Target { path: self.path.clone(), message: format!("{message} (targets: {names})"), hint }
    }
}

impl Target {
    /// This target with the defaults of `base`.
    fn over(&self, base: Self) -> Self {
        let paths = base.paths.into_iter().chain(self.paths.iter().cloned()).collect();
        Self { mesh: self.mesh.clone().over(base.mesh), mode: self.mode.or(base.mode), paths }
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
        let (_, target) = project.target(None).unwrap();
        let istio = target.mesh.istio.map(|istio| istio.resolve([]).minor());
        assert_eq!((istio, target.mode), (Some(30), Some(ModeSetting::Mesh)));
        assert_eq!(target.mesh.values, [Path::new("/repo/mesh/values.yaml")]);
        assert_eq!(parse("").unwrap().settings, Settings::default());
    }

    #[test]
    fn targets_override_the_defaults() {
        let text = "mode: native\nistiodEnv: {A: \"1\"}\ntargets:\n  prod: {istio: \"1.29\", istiodEnv: {B: \"2\"}}\n  test: {istio: \"1.30\"}\n";
        let project = parse(text).unwrap();
        let (name, prod) = project.target(Some("prod")).unwrap();
        assert_eq!(name.as_deref(), Some("prod"));
        assert_eq!(
            (prod.mesh.istio, prod.mode, prod.mesh.istiod_env.len()),
            ("1.29".parse().ok(), Some(ModeSetting::Native), 2)
        );
        assert!(project.target(None).unwrap_err().to_string().contains("prod, test"));
        let unknown = project.target(Some("prd")).unwrap_err();
        assert!(unknown.to_string().ends_with("there is no target \"prd\" (targets: prod, test)"), "{unknown}");
        assert_eq!(unknown.hint(), Some("did you mean --target prod?"));
        assert!(parse("").unwrap().check_has_targets().is_err());
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
            (
                "istio: '1.30'\ntargets:\n  a: {platform: 'aks,revision=asm-1-28', istio: '1.29'}\n",
                ":3:3: targets.a is contradictory: revision asm-1-28 of the AKS add-on runs Istio 1.28, but istio is 1.29",
            ),
            ("paths: {a: SECRET}\n", ":1:9: paths.a must be one of native, regular, mesh"),
            ("paths:\n  '': native\n", ":2:3: paths.\"\" is an empty pattern, which matches no file"),
            (
                "paths:\n  a/**: native\n  '!a/b': mesh\n",
                ":3:3: paths.!a/b is a negated pattern, which matches no file",
            ),
            ("paths: {'# a': native}\n", ":1:9: paths.# a is a comment, which matches no file"),
            (
                "lint: {paths: {'!a': {ignore: []}}}\n",
                ":1:16: lint.paths.!a is a negated pattern, which matches no file",
            ),
            ("targets:\n  ' ': {}\n", ":2:3: targets.\" \" is an empty name"),
            (
                "istio: '1.29'\nmode: mesh\nistio: '1.30'\n",
                ":3:1: istio: key \"istio\" appears twice in its mapping, first on line 1",
            ),
            (
                "targets:\n  a: {mode: mesh,\n    mode: native}\n",
                ":3:5: targets.a.mode: key \"mode\" appears twice in its mapping, first on line 2",
            ),
            ("revision: a\nistio: latest\n", ":2:1: istio must be an Istio version such as 1.30 or 1.30.3"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert_eq!(error.strip_prefix("/repo/.nativesidecar.yaml").unwrap(), expected);
        }
        assert_eq!(parse("# nothing\n---\n").unwrap().settings, Settings::default());
    }

    #[test]
    fn a_target_adds_modes_of_paths() {
        let text = "paths: {a/**: regular}\ntargets: {prod: {paths: {a/b/**: mesh}}, test: {}}\n";
        let project = parse(text).unwrap();
        let paths = |name| project.target(Some(name)).unwrap().1.paths;
        let base = ("a/**".to_owned(), ModeSetting::Regular);
        assert_eq!(paths("prod"), [base.clone(), ("a/b/**".to_owned(), ModeSetting::Mesh)]);
        assert_eq!(paths("test"), [base]);
        assert!(project.common_modes().is_err());
    }

    #[test]
    fn the_schema_has_all_keys() {
        let schema: Value =
            serde_json::from_str(include_str!("../../docs/reference/schemas/project-file.schema.json")).unwrap();
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
        let unchanged = parse(&template).unwrap().settings;
        assert!(unchanged.base.mesh.istio.is_none() && unchanged.targets.is_empty());
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
