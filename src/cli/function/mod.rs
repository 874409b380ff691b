//! `fn`: a function over Kubernetes objects (KRM function), as kustomize and kpt call it. A list of objects with a
//! configuration comes on standard input, and goes to standard output.
//!
//! The configuration is put into the words of the command line, so that it means what the flags mean.

mod answer;
mod config;

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::PathBuf;
use std::sync::Arc;

use clap::FromArgMatches as _;
use clap::error::{ContextKind, ContextValue};

use super::{Cli, Command, Failure, PROGRAM, annotate, inject, usage_error};
use crate::config::{Bounds, OutOfBounds};
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::input::{MAX_PART, io_text};
use lossless_yaml::{Scalar, Tree, YamlError};

pub(super) use answer::Answer;

const EXAMPLES: &str = "Examples:
  # a transformer of a kustomization: plugin/kustomize has the files
  kustomize build --enable-alpha-plugins --enable-exec overlays/prod

  # over the files of a folder, comments kept
  kustomize fn run k8s/ --enable-exec --exec-path $(which kubectl-nativesidecar) -- mode=native";

#[derive(clap::Args)]
#[command(help_template = super::HELP, after_help = EXAMPLES)]
pub(super) struct Args {}

pub(super) fn run(_: &Args) -> Result<ExitCode, Failure> {
    answer(read().map_err(|error| unreadable(Code::Unreadable, &io_text(&error)))?)
}

/// What stands on standard input, if the program was called without any arguments and it is a list for a function.
pub(super) fn called(args: &[OsString]) -> Option<Arc<[u8]>> {
    if args.len() > 1 || io::stdin().is_terminal() {
        return None;
    }
    let list = read().ok()?;
    std::str::from_utf8(&list).ok().filter(|text| is_list(text))?;
    Some(list)
}

fn read() -> io::Result<Arc<[u8]>> {
    let mut list = Vec::new();
    // What is longer than a document may be is refused for that.
    io::stdin().lock().take(MAX_PART as u64 + 1).read_to_end(&mut list)?;
    Ok(list.into())
}

/// Whether a text is a list for a function. Where its reader fails, it has to be told where.
fn is_list(text: &str) -> bool {
    let kind = |tree: &Tree<'_>| {
        let kind = tree.get(tree.root()?, "kind").ok()??;
        tree.scalar_value(kind).ok()?.map(|kind| kind == Scalar::Str(LIST))
    };
    match Tree::parse(text, 1) {
        Ok(tree) => kind(&tree).unwrap_or_default(),
        Err(_) => text.lines().any(|line| line.trim_end() == "kind: ResourceList"),
    }
}

const LIST: &str = "ResourceList";

/// How messages name the list.
const STDIN: &str = "standard input";

/// Does what the configuration of `list` says.
pub(super) fn answer(list: Arc<[u8]>) -> Result<ExitCode, Failure> {
    let text = std::str::from_utf8(&list).map_err(|_| unreadable(Code::NotUtf8, "not UTF-8"))?;
    if !is_list(text) {
        let message = "standard input is no ResourceList (config.kubernetes.io/v1)";
        return Err(usage_error(message, Some("inject and annotate read manifests".to_owned())));
    }
    let read = || {
        let tree = Tree::parse(text, 1)?;
        let Some(root) = tree.root() else { return Ok(None) };
        // Each looks for a second key of that name.
        tree.get(root, "items")?;
        let Some(config) = tree.get(root, "functionConfig")? else { return Ok(None) };
        tree.refuse_duplicate_keys(config)?;
        tree.value(config).map(Some)
    };
    let config = read().map_err(|error: YamlError| Failure::new(Diagnostic::from(&error).in_file(STDIN)))?;
    let config::Call { words, files, answer } = config::call(&config.unwrap_or_default())?;
    check_bounds(&files)?;
    let words: Vec<OsString> = std::iter::once(PROGRAM.to_owned()).chain(words).map(OsString::from).collect();
    let cli = super::command().try_get_matches_from(&words).and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = cli.map_err(|error| refused(&error))?;
    match cli.command {
        Command::Annotate(mut args) => {
            args.answer(list, answer);
            annotate::run(args, &words)
        }
        Command::Inject(mut args) => {
            args.answer(list, answer);
            inject::run(args, &words)
        }
        _ => Ok(ExitCode::Internal),
    }
}

/// A configuration comes with the repository, as a project file that is found does: it may name files of it.
fn check_bounds(files: &[PathBuf]) -> Result<(), Failure> {
    if files.is_empty() {
        return Ok(());
    }
    let bounds = std::env::current_dir().and_then(|folder| Bounds::of(&folder));
    let bounds = bounds.map_err(|error| {
        Diagnostic::error(Code::Unreadable, ExitCode::Input, format!("the working directory: {}", io_text(&error)))
    })?;
    let refused = |error: OutOfBounds| usage_error(format!("functionConfig: {error}"), None);
    files.iter().try_for_each(|file| bounds.check(file)).map_err(refused)
}

/// The failure for a flag that cannot be read: without its value, and without how the command line is used.
fn refused(error: &clap::Error) -> Failure {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => Some(texts.join(", ")),
        _ => None,
    };
    let message = match (context(ContextKind::InvalidArg), context(ContextKind::InvalidValue)) {
        (Some(flag), Some(_)) => format!("the value for {flag} cannot be used"),
        _ => error.to_string().lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned(),
    };
    let hint = context(ContextKind::ValidValue).map(|values| format!("expected one of {values}"));
    usage_error(format!("functionConfig: {message}"), hint)
}

/// The failure of a list that cannot be read.
fn unreadable(code: Code, message: &str) -> Failure {
    Diagnostic::error(code, ExitCode::Input, message).in_file(STDIN).into()
}
