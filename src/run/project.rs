//! Completes the request of a command by the project file.

use std::path::{Path, PathBuf};

use ignore::gitignore::Gitignore;

use crate::config::{ModeSetting, ProjectChoice};
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::inject::ModeRequest;
use crate::input::{Inputs, Source, patterns};
use crate::istio::native::Mode;
use crate::k8s::{Kinds, TemplatePath, TemplatePathError};
use crate::output::{Remark, RunInfo};

/// The request about the annotation: by `mode` and `keep_existing`, else by the project file.
pub fn mode_request(mode: Option<ModeSetting>, keep_existing: bool, choice: &ProjectChoice) -> ModeRequest {
    let keep_existing = keep_existing || (mode.is_none() && choice.keeps_existing());
    request(mode.or(choice.mode), keep_existing)
}

fn request(mode: Option<ModeSetting>, keep_existing: bool) -> ModeRequest {
    match mode {
        None => ModeRequest::NativeIfAbsent,
        Some(ModeSetting::Native) => ModeRequest::Set { mode: Mode::Native, keep_existing },
        Some(ModeSetting::Regular) => ModeRequest::Set { mode: Mode::Regular, keep_existing },
        Some(ModeSetting::Mesh) => ModeRequest::Mesh,
    }
}

/// The changes of the annotation that the project file requests for files that its patterns match.
#[derive(Debug, Default)]
pub struct PathRequests {
    /// The folder that the patterns are relative to.
    root: PathBuf,
    paths: Vec<PathRequest>,
}

#[derive(Debug)]
struct PathRequest {
    pattern: String,
    matcher: Gitignore,
    request: ModeRequest,
}

impl PathRequests {
    /// The requests of the project file. A mode on the command line wins over all of them.
    pub fn of(mode: Option<ModeSetting>, choice: &ProjectChoice) -> Result<Self, Diagnostic> {
        let Some(project) = choice.project.as_ref().filter(|_| mode.is_none()) else { return Ok(Self::default()) };
        let absolute = std::path::absolute(&project.path).unwrap_or_else(|_| project.path.clone());
        let root = absolute.parent().unwrap_or_else(|| Path::new("/")).to_owned();
        let path = |(pattern, mode): &(String, ModeSetting)| {
            let matcher = patterns(std::slice::from_ref(pattern)).map_err(|error| {
                let message = format!("{}: paths: {error}", project.path.display());
                Diagnostic::error(Code::ProjectFile, ExitCode::Usage, message)
            })?;
            let request = request(Some(*mode), choice.keeps_existing());
            Ok(PathRequest { pattern: pattern.clone(), matcher, request })
        };
        let paths = choice.paths.iter().map(path).collect::<Result<_, Diagnostic>>()?;
        Ok(Self { root, paths })
    }

    /// The request for workloads of a file, if a pattern matches it.
    pub(super) fn request(&self, file: &str) -> Option<ModeRequest> {
        if self.paths.is_empty() {
            return None;
        }
        self.in_root(Path::new(file)).and_then(|file| self.last_match(&file)).map(|path| path.request)
    }

    fn in_root(&self, file: &Path) -> Option<PathBuf> {
        let file = std::path::absolute(file).ok()?;
        file.strip_prefix(&self.root).ok().map(Path::to_owned)
    }

    fn last_match(&self, file: &Path) -> Option<&PathRequest> {
        self.paths.iter().rfind(|path| path.matches(file))
    }

    /// Warnings about patterns that match no input, and no folder or file of the project either.
    pub fn warnings(&self, inputs: &Inputs) -> Vec<Remark> {
        let of_file = |source: &Source| match source {
            Source::File(path) => self.in_root(path),
            Source::Stdin | Source::Text(_) => None,
        };
        let files: Vec<PathBuf> =
            if self.paths.is_empty() { Vec::new() } else { inputs.sources.iter().filter_map(of_file).collect() };
        let is_unused = |path: &&PathRequest| {
            !files.iter().any(|file| path.matches(file)) && !self.root.join(path.literal_start()).exists()
        };
        let warning = |path: &PathRequest| {
            let text = format!("paths: {:?} of the project file matches nothing", path.pattern);
            Remark::new("path-matches-nothing", text)
        };
        self.paths.iter().filter(is_unused).map(warning).collect()
    }
}

impl PathRequest {
    fn matches(&self, file: &Path) -> bool {
        self.matcher.matched_path_or_any_parents(file, false).is_ignore()
    }

    /// The folders of the pattern before its first wildcard.
    fn literal_start(&self) -> PathBuf {
        let parts = self.pattern.trim_start_matches('/').split('/');
        parts.take_while(|part| !part.contains(['*', '?', '[', '{', '!', '\\'])).collect()
    }
}

/// Where pod templates are: Kubernetes' own kinds, the paths that are `given`, and those of the project.
pub fn kinds(given: Vec<TemplatePath>, known_crds: bool, choice: &ProjectChoice) -> Result<Kinds, Diagnostic> {
    let mut kinds = Kinds::given_by(given);
    let project = choice.project.as_ref();
    if let Some(project) = project {
        let file = project.path.display();
        let wrong = |error: TemplatePathError| Diagnostic::usage(format!("{file}: {error}"), None);
        for path in &project.settings.pod_template_paths {
            kinds.add(path.parse().map_err(wrong)?);
        }
    }
    if known_crds || project.is_some_and(|project| project.settings.known_crds) {
        kinds.add_known_crds();
    }
    Ok(kinds)
}

/// Names the project file and the target in the report: a file that was found rather than named, and any target.
pub fn report_project(choice: &ProjectChoice, info: &mut RunInfo) {
    let Some(project) = &choice.project else { return };
    let file = project.path.display();
    let target = choice.name.as_ref().map(|name| format!("target {name} of {file}"));
    let text = match (target, project.is_found()) {
        (None, false) => return,
        (Some(target), false) => target,
        (target, true) => {
            let settings = target.unwrap_or_else(|| format!("settings from {file}"));
            format!("{settings} (pass --no-config to ignore them)")
        }
    };
    info.notes.push(Remark::new("project-file", text));
    if let (Some(name), Some(mesh)) = (&choice.name, info.mesh.as_mut().and_then(|mesh| mesh.as_object_mut())) {
        mesh.insert("target".to_owned(), name.clone().into());
    }
}

/// The namespace of documents without one.
pub fn default_namespace(given: Option<String>, choice: &ProjectChoice) -> String {
    let of_project = || choice.project.as_ref()?.settings.namespace.clone();
    given.or_else(of_project).unwrap_or_else(|| "default".to_owned())
}
