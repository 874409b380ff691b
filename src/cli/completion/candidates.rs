//! Values that are offered for flags: releases, kinds, the project's targets, the namespaces of a kubeconfig.

use std::path::PathBuf;

use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};

use crate::config::{Project, find};
use crate::input::{Source, read};
use crate::istio::Release;
use crate::k8s::Kinds;
use crate::yaml::Tree;

/// Puts what completes values into all commands. Nothing is looked up before it is asked for.
pub(super) fn put_into(command: Command) -> Command {
    command.mut_subcommands(|command| command.mut_args(with_candidates))
}

fn with_candidates(arg: Arg) -> Arg {
    let candidates = match arg.get_id().as_str() {
        "istio" => ArgValueCandidates::new(releases),
        "kind" => ArgValueCandidates::new(kinds),
        "target" => ArgValueCandidates::new(targets),
        "namespace" | "only_namespace" => ArgValueCandidates::new(namespaces),
        _ => return arg,
    };
    arg.add(candidates)
}

fn releases() -> Vec<CompletionCandidate> {
    let candidate = |release: Release| {
        let preview = if release.preview().is_some() { ", a preview" } else { "" };
        CompletionCandidate::new(format!("1.{}", release.minor()))
            .help(Some(format!("istio {release}{preview}").into()))
    };
    Release::built_in().rev().map(candidate).collect()
}

fn kinds() -> Vec<CompletionCandidate> {
    Kinds::built_in().map(CompletionCandidate::new).collect()
}

fn targets() -> Vec<CompletionCandidate> {
    let found = std::env::current_dir().ok().and_then(|folder| find(&folder).ok()?);
    let project = found.and_then(|found| Project::read_found(found).ok());
    project.into_iter().flat_map(|project| project.settings.targets.into_keys()).map(CompletionCandidate::new).collect()
}

/// Namespaces that the contexts of the kubeconfig name: `$KUBECONFIG`, or the file in the home folder.
fn namespaces() -> Vec<CompletionCandidate> {
    let files: Vec<PathBuf> = match std::env::var_os("KUBECONFIG").filter(|files| !files.is_empty()) {
        Some(files) => std::env::split_paths(&files).collect(),
        None => std::env::home_dir().map(|home| home.join(".kube/config")).into_iter().collect(),
    };
    let mut names: Vec<String> = files.into_iter().flat_map(|file| namespaces_of(file).unwrap_or_default()).collect();
    names.sort();
    names.dedup();
    names.into_iter().map(CompletionCandidate::new).collect()
}

fn namespaces_of(file: PathBuf) -> Option<Vec<String>> {
    let text = read(&Source::File(file)).ok()?;
    let tree = Tree::parse(&text, 1).ok()?;
    let config = tree.value(tree.root()?).ok()?;
    let contexts = config.get("contexts")?.as_array()?;
    let names = contexts.iter().filter_map(|c| c.pointer("/context/namespace")?.as_str().map(str::to_owned));
    Some(names.collect())
}
