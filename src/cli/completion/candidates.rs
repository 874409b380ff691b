//! Candidates for the values of flags: releases, kinds, targets of the project file, namespaces of the kubeconfig.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::{Arg, Command, ValueHint};
use clap_complete::engine::{
    ArgValueCandidates, ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter as _,
};

use crate::config::{Project, find};
use crate::input::{Source, read};
use crate::istio::Release;
use crate::k8s::Kinds;
use crate::output::printable;
use lossless_yaml::Tree;

/// Adds candidates to the flags of all commands. They are looked up on completion only.
pub(super) fn put_into(command: Command) -> Command {
    command.mut_args(with_candidates).mut_subcommands(put_into)
}

fn with_candidates(arg: Arg) -> Arg {
    let candidates = match arg.get_id().as_str() {
        "istio" => ArgValueCandidates::new(releases),
        "kind" => ArgValueCandidates::new(kinds),
        "target" => ArgValueCandidates::new(targets),
        "namespace" | "only_namespace" => ArgValueCandidates::new(namespaces),
        _ if arg.get_value_hint() == ValueHint::AnyPath => return arg.add(ArgValueCompleter::new(paths)),
        _ => return arg,
    };
    arg.add(candidates)
}

/// Files and folders, without names that a shell would split or interpret.
fn paths(current: &OsStr) -> Vec<CompletionCandidate> {
    let offered = |candidate: CompletionCandidate| {
        let name = candidate.get_value().to_str().filter(|name| is_plain(name))?;
        Some(if name.starts_with(':') { CompletionCandidate::new(format!("./{name}")) } else { candidate })
    };
    PathCompleter::any().complete(current).into_iter().filter_map(offered).collect()
}

/// Whether a shell takes the name literally and a terminal can show it.
fn is_plain(name: &str) -> bool {
    printable(name) == name
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
    project
        .into_iter()
        .flat_map(|project| project.settings.targets.into_keys())
        .filter(|name| is_plain(name))
        .map(CompletionCandidate::new)
        .collect()
}

/// Namespaces in the contexts of the kubeconfig: `$KUBECONFIG`, or the file in the home folder.
fn namespaces() -> Vec<CompletionCandidate> {
    let files: Vec<PathBuf> = match std::env::var_os("KUBECONFIG").filter(|files| !files.is_empty()) {
        Some(files) => std::env::split_paths(&files).collect(),
        None => std::env::home_dir().map(|home| home.join(".kube/config")).into_iter().collect(),
    };
    let mut names: Vec<String> = files.into_iter().flat_map(|file| namespaces_of(file).unwrap_or_default()).collect();
    names.retain(|name| is_plain(name));
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
