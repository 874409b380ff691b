//! Completes the request of a command by the project file.

use crate::config::{ModeSetting, ProjectChoice};
use crate::diagnostic::Diagnostic;
use crate::inject::ModeRequest;
use crate::istio::native::Mode;
use crate::k8s::{Kinds, TemplatePath, TemplatePathError};
use crate::output::Remark;

/// The request about the annotation: by `mode` and `keep_existing`, else by the project file.
pub fn mode_request(mode: Option<ModeSetting>, keep_existing: bool, choice: &ProjectChoice) -> ModeRequest {
    let keep_existing = keep_existing || (mode.is_none() && choice.keeps_existing());
    match mode.or(choice.mode) {
        None => ModeRequest::NativeIfAbsent,
        Some(ModeSetting::Native) => ModeRequest::Set { mode: Mode::Native, keep_existing },
        Some(ModeSetting::Regular) => ModeRequest::Set { mode: Mode::Regular, keep_existing },
        Some(ModeSetting::Mesh) => ModeRequest::Mesh,
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

/// The note about a project file that was found rather than named.
pub fn project_note(choice: &ProjectChoice) -> Option<Remark> {
    let found = choice.project.as_ref().filter(|project| project.is_found())?;
    let text = format!("settings from {} (pass --no-config to ignore them)", found.path.display());
    Some(Remark::new("project-file", text))
}

/// The namespace of documents without one.
pub fn default_namespace(given: Option<String>, choice: &ProjectChoice) -> String {
    let of_project = || choice.project.as_ref()?.settings.namespace.clone();
    given.or_else(of_project).unwrap_or_else(|| "default".to_owned())
}
