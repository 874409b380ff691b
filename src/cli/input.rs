//! Flags of all manifest commands: what is read, and which workloads are meant.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::{Failure, usage_error};
use crate::config::Project;
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::input::{Find, FindError, Inputs, Source, find};
use crate::k8s::{Kinds, LabelSelector, TemplatePath, TemplatePathError};
use crate::run::Selection;

#[derive(Args)]
#[command(next_help_heading = "Input")]
pub(super) struct InputArgs {
    /// A file, a folder, or - for standard input; may be repeated
    #[arg(short = 'f', long = "filename", value_name = "PATH")]
    filename: Vec<PathBuf>,
    /// The same, as pre-commit passes files
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Process folders recursively
    #[arg(short = 'R', long)]
    recursive: bool,
    /// Leave out what a pattern matches in folders, as in .gitignore; may be repeated
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    /// Where pod templates of another kind are, as in Service.serving.knative.dev=spec.template; may be repeated
    ///
    /// In the path, * is every key of a mapping, [*] every item of a list and [NAME] the item of that name, as in
    /// RayCluster.ray.io=spec.workerGroupSpecs[*].template.
    #[arg(long, value_name = "KIND.GROUP=PATH")]
    pod_template_path: Vec<TemplatePath>,
    /// Include custom kinds whose controllers are known to copy annotations to pods: of Kubeflow, Ray, Knative, Elastic
    /// and others
    #[arg(long)]
    known_crds: bool,
    #[arg(short = 'k', long = "kustomize", value_name = "DIR", hide = true)]
    kustomize: Option<PathBuf>,
    /// What was read of standard input already, in the place of all that is named.
    #[arg(skip)]
    text: Option<Arc<[u8]>>,
}

#[derive(Args)]
#[command(next_help_heading = "Which workloads")]
pub(super) struct SelectionArgs {
    /// By their labels, as in kubectl: app=web,tier!=cache
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    selector: Option<LabelSelector>,
    /// By kind, as in kubectl: Deployment, deployments, deploy, deployments.apps
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    kind: Vec<String>,
    /// By name
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    name: Vec<String>,
    /// By namespace
    #[arg(long, value_name = "NAMESPACE", value_delimiter = ',')]
    only_namespace: Vec<String>,
    /// The namespace of documents that name none; default if not given
    #[arg(short = 'n', long, value_name = "NAMESPACE")]
    namespace: Option<String>,
}

impl InputArgs {
    /// Reads `text` in the place of all that is named.
    pub(super) fn read(&mut self, text: Arc<[u8]>) {
        self.text = Some(text);
    }

    /// The files that `command` reads, and where pod templates are in them.
    pub(super) fn find(self, command: &str, project: Option<&Project>) -> Result<(Inputs, Kinds), Failure> {
        if let Some(folder) = self.kustomize {
            let folder = folder.display();
            let hint = format!("kustomize build {folder} | kubectl nativesidecar …");
            return Err(usage_error("-k is not read here: build first, and pipe the result in", Some(hint)));
        }
        let paths = self.filename.into_iter().chain(self.paths).collect();
        let mut exclude = self.exclude;
        let mut kinds = Kinds::given_by(self.pod_template_path);
        if let Some(project) = project {
            exclude.extend(project.settings.exclude.iter().cloned());
            for path in &project.settings.pod_template_paths {
                let wrong = |e: TemplatePathError| usage_error(format!("{}: {e}", project.path.display()), None);
                kinds.add(path.parse().map_err(wrong)?);
            }
        }
        if self.known_crds || project.is_some_and(|project| project.settings.known_crds) {
            kinds.add_known_crds();
        }
        let mut inputs = match self.text {
            Some(text) => Inputs { sources: vec![Source::Text(text)], ..Inputs::default() },
            None => {
                find(&Find { paths, recursive: self.recursive, exclude }).map_err(|error| not_found(command, &error))?
            }
        };
        inputs.beside.extend(project.map(|project| project.path.clone()));
        Ok((inputs, kinds))
    }
}

/// The failure of a command whose inputs cannot be found.
fn not_found(command: &str, error: &FindError) -> Failure {
    let failure = Diagnostic { exit_code: ExitCode::Usage, file: String::new(), ..Diagnostic::from(error) };
    match error {
        FindError::NoInput => failure.with_hint(format!("kubectl nativesidecar {command} -f k8s/ -R")).into(),
        _ => failure.into(),
    }
}

impl SelectionArgs {
    /// The workloads that are meant, among those of `kinds`.
    pub(super) fn selection(self, project: Option<&Project>, kinds: &Kinds) -> Result<Selection, Failure> {
        if let Some(unknown) = self.kind.iter().find(|word| !kinds.has(word)) {
            let nearest = kinds.nearest(unknown).map(|kind| format!("did you mean {kind}? "));
            let hint = "--known-crds and --pod-template-path make other kinds known";
            let message = format!("--kind {unknown}: unknown kind");
            return Err(usage_error(message, Some(nearest.unwrap_or_default() + hint)));
        }
        let namespace = self.namespace.or_else(|| project.and_then(|p| p.settings.namespace.clone()));
        Ok(Selection {
            selector: self.selector,
            kinds: self.kind,
            names: self.name,
            namespaces: self.only_namespace,
            default_namespace: namespace.unwrap_or_else(|| "default".to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_input_the_hint_names_the_command_that_ran() {
        let hint = |command| not_found(command, &FindError::NoInput).hint;
        assert_eq!(hint("inject").as_deref(), Some("kubectl nativesidecar inject -f k8s/ -R"));
        assert_eq!(hint("annotate").as_deref(), Some("kubectl nativesidecar annotate -f k8s/ -R"));
    }
}
