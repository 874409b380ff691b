//! The flags of all manifest commands that choose inputs and workloads.

use std::path::PathBuf;

use clap::Args;

use crate::config::ProjectChoice;
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::input::{Find, FindError, Inputs, find};
use crate::k8s::{Kinds, LabelSelector, TemplatePath};
use crate::run::{Selection, default_namespace, kinds};

#[derive(Args)]
#[command(next_help_heading = "Input")]
pub(super) struct InputArgs {
    /// File, folder, or - for standard input; can be repeated
    #[arg(short = 'f', long = "filename", value_name = "PATH")]
    filename: Vec<PathBuf>,
    /// The same as --filename
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Process folders recursively
    #[arg(short = 'R', long)]
    recursive: bool,
    /// Skip files in folders that match a pattern, as in .gitignore; can be repeated
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    /// Path of the pod templates of another kind, as in Service.serving.knative.dev=spec.template; can be repeated
    ///
    /// In the path, * matches every key of a mapping, [*] every item of a list, and [NAME] the item of that name, as in
    /// RayCluster.ray.io=spec.workerGroupSpecs[*].template.
    #[arg(long, value_name = "KIND.GROUP=PATH")]
    pod_template_path: Vec<TemplatePath>,
    /// Include custom kinds whose controllers are known to copy annotations to pods: of Kubeflow, Ray, Knative, Elastic
    /// and others
    #[arg(long)]
    known_crds: bool,
    #[arg(short = 'k', long = "kustomize", value_name = "DIR", hide = true)]
    kustomize: Option<PathBuf>,
}

#[derive(Args)]
#[command(next_help_heading = "Which workloads")]
pub(super) struct SelectionArgs {
    /// Select by label, as in kubectl: app=web,tier!=cache
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    selector: Option<LabelSelector>,
    /// Select by kind, as in kubectl: Deployment, deployments, deploy, deployments.apps
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    kind: Vec<String>,
    /// Select by name, or by kind and name: web, deployment/web
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    name: Vec<String>,
    /// Select by namespace
    #[arg(long, value_name = "NAMESPACE", value_delimiter = ',')]
    only_namespace: Vec<String>,
    /// Select a share of the workloads, by a stable hash of namespace, kind and name; a larger share includes a smaller one
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=100))]
    percent: Option<u8>,
    /// Namespace of documents without one; default if not given
    #[arg(short = 'n', long, value_name = "NAMESPACE")]
    namespace: Option<String>,
}

impl InputArgs {
    /// Finds the files to read, and where objects have pod templates. `command` is for hints.
    pub(super) fn find(self, command: &str, choice: &ProjectChoice) -> Result<(Inputs, Kinds), Diagnostic> {
        if let Some(folder) = self.kustomize {
            let folder = folder.display();
            let hint = format!("kustomize build {folder} | kubectl nativesidecar …");
            return Err(Diagnostic::usage("-k is not supported: build first and pipe the result in", Some(hint)));
        }
        let kinds = kinds(self.pod_template_path, self.known_crds, choice)?;
        let paths = self.filename.into_iter().chain(self.paths).collect();
        let mut exclude = self.exclude;
        exclude.extend(choice.project.iter().flat_map(|project| project.settings.exclude.iter().cloned()));
        let find_files = Find { paths, recursive: self.recursive, exclude };
        let mut inputs = find(&find_files).map_err(|error| not_found(command, &error))?;
        inputs.beside.extend(choice.project.as_ref().map(|project| project.path.clone()));
        Ok((inputs, kinds))
    }
}

/// The error of inputs that cannot be found.
fn not_found(command: &str, error: &FindError) -> Diagnostic {
    let failure = Diagnostic { exit_code: ExitCode::Usage, file: String::new(), ..Diagnostic::from(error) };
    match error {
        FindError::NoInput => failure.with_hint(format!("kubectl nativesidecar {command} -f k8s/ -R")),
        _ => failure,
    }
}

impl SelectionArgs {
    /// The selection, whose kinds must be among `kinds`.
    pub(super) fn selection(self, choice: &ProjectChoice, kinds: &Kinds) -> Result<Selection, Diagnostic> {
        let selection = Selection {
            selector: self.selector,
            kinds: self.kind.into(),
            names: self.name.into(),
            namespaces: self.only_namespace.into(),
            percent: self.percent,
            default_namespace: default_namespace(self.namespace, choice),
        };
        selection.checked(kinds)
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
