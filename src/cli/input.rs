//! Flags of all manifest commands: what is read, and which workloads are meant.

use std::path::PathBuf;

use clap::Args;

use super::Failure;
use crate::input::{Find, Inputs, find};
use crate::k8s::{Kinds, LabelSelector, TemplatePath};
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
    /// Go down into folders
    #[arg(short = 'R', long)]
    recursive: bool,
    /// Leave out what matches in folders, in the manner of .gitignore; may be repeated
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    /// Where the pod template of another kind is, as in Service.serving.knative.dev=spec.template
    #[arg(long, value_name = "KIND.GROUP=PATH")]
    pod_template_path: Vec<TemplatePath>,
    /// Do not read a project file
    #[arg(long, hide = true)]
    no_config: bool,
    #[arg(short = 'k', long = "kustomize", value_name = "DIR", hide = true)]
    kustomize: Option<PathBuf>,
}

#[derive(Args)]
#[command(next_help_heading = "Which workloads")]
pub(super) struct SelectionArgs {
    /// By their labels, as in kubectl: app=web,tier!=cache
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    selector: Option<LabelSelector>,
    /// By kind
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    kind: Vec<String>,
    /// By name
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    name: Vec<String>,
    /// By namespace
    #[arg(long, value_name = "NAMESPACE", value_delimiter = ',')]
    only_namespace: Vec<String>,
    /// The namespace of documents that name none
    #[arg(short = 'n', long, value_name = "NAMESPACE", default_value = "default")]
    namespace: String,
}

impl InputArgs {
    /// The files to read, and where pod templates are in them.
    pub(super) fn find(self) -> Result<(Inputs, Kinds), Failure> {
        if let Some(folder) = self.kustomize {
            let folder = folder.display();
            let hint = format!("kustomize build {folder} | kubectl nativesidecar …");
            return Err(Failure::usage("-k is not read here: build first, and pipe the result in", Some(hint)));
        }
        let paths = self.filename.into_iter().chain(self.paths).collect();
        let inputs = find(&Find { paths, recursive: self.recursive, exclude: self.exclude })
            .map_err(|error| Failure::usage(error.to_string(), error.hint()))?;
        Ok((inputs, Kinds::with(self.pod_template_path)))
    }
}

impl SelectionArgs {
    pub(super) fn selection(self) -> Selection {
        Selection {
            selector: self.selector,
            kinds: self.kind,
            names: self.name,
            namespaces: self.only_namespace,
            default_namespace: self.namespace,
        }
    }
}
