//! `fn`: a function over Kubernetes objects (KRM function), as kustomize and kpt call it. A list of objects with a
//! configuration comes on standard input, and goes to standard output.
//!
//! The configuration has the keys of the project file and the flags of `inject`, `annotate` and `lint`, and means the same.

mod answer;
mod config;

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Read as _};
use std::sync::Arc;

use self::config::{Action, Spec};
use crate::config::{Bounds, MeshSettings, ProjectChoice, ProjectFile};
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::input::{Inputs, MAX_PART, Source, io_text};
use crate::lint::RuleSet;
use crate::output::RunInfo;
use crate::run::{
    Annotate, AnnotationAction, Hidden, Inject, Job, LintRequest, MeshUse, Selection, Task, default_namespace, kinds,
    mode_request, report_project, resolve, with_lint,
};
use lossless_yaml::{Scalar, Tree, YamlError};

use answer::Answer;

const EXAMPLES: &str = "Examples:
  # a transformer of a kustomization: plugin/kustomize has the files
  kustomize build --enable-alpha-plugins --enable-exec overlays/prod

  # over the files of a folder, comments kept
  kustomize fn run k8s/ --enable-exec \\
    --exec-path $(which kubectl-nativesidecar) -- mode=native";

#[derive(clap::Args)]
#[command(help_template = super::HELP, after_help = EXAMPLES)]
pub(super) struct Args {}

pub(super) fn run(_: &Args) -> Result<ExitCode, Diagnostic> {
    answer(read().map_err(|error| unreadable(Code::Unreadable, &io_text(&error)))?)
}

/// The list on standard input, if the program was called without arguments and one is there.
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
    // One byte more than the limit of a document, so that a longer list is refused.
    io::stdin().lock().take(MAX_PART as u64 + 1).read_to_end(&mut list)?;
    Ok(list.into())
}

/// Whether a text is a list for a function. An invalid one counts, so that its error is reported.
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

/// The name of the list in messages.
const STDIN: &str = "standard input";

/// Runs the function with the configuration of `list`.
pub(super) fn answer(list: Arc<[u8]>) -> Result<ExitCode, Diagnostic> {
    let text = std::str::from_utf8(&list).map_err(|_| unreadable(Code::NotUtf8, "not UTF-8"))?;
    if !is_list(text) {
        let message = "standard input is not a ResourceList (config.kubernetes.io/v1)";
        return Err(Diagnostic::usage(message, Some("inject and annotate read manifests".to_owned())));
    }
    let read = || {
        let tree = Tree::parse(text, 1)?;
        let Some(root) = tree.root() else { return Ok(None) };
        // These lookups fail for duplicate keys.
        tree.get(root, "items")?;
        let Some(config) = tree.get(root, "functionConfig")? else { return Ok(None) };
        tree.refuse_duplicate_keys(config)?;
        tree.value(config).map(Some)
    };
    let config = read().map_err(|error: YamlError| Diagnostic::from(&error).in_file(STDIN))?;
    let spec = config::read(&config.unwrap_or_default())?;
    check_bounds(&spec.mesh)?;
    work(list, spec)
}

/// Works on the workloads of the list.
fn work(list: Arc<[u8]>, spec: Spec) -> Result<ExitCode, Diagnostic> {
    let injects = spec.action == Action::Inject;
    let choice = ProjectChoice::read(ProjectFile::Find, spec.target.as_deref(), injects)
        .map_err(|error| Diagnostic::from(&error))?;
    let kinds = kinds(spec.pod_template_paths, false, &choice)?;
    let selection = Selection {
        selector: spec.selector,
        kinds: spec.kinds.into(),
        names: spec.names.into(),
        namespaces: spec.only_namespaces.into(),
        percent: spec.percent,
        default_namespace: default_namespace(spec.namespace, &choice),
    };
    let selection = selection.checked(&kinds)?;
    let mut inputs = Inputs { sources: vec![Source::Text(list)], ..Inputs::default() };
    if spec.action == Action::Lint {
        let of_project = choice.project.as_ref().map(|project| project.settings.lint.clone()).unwrap_or_default();
        let select = if spec.select.is_empty() { &of_project.select } else { &spec.select };
        let rules = RuleSet::new(select, &[spec.ignore.as_slice(), &of_project.ignore].concat())
            .map_err(|error| config::wrong(&error.to_string(), Some(error.hint())))?;
        let request = LintRequest {
            mesh: &spec.mesh.over(choice.target.mesh.clone()),
            selection: &selection,
            kinds: &kinds,
            rules,
            hidden: &Hidden::default(),
            fixes: None,
            shows_changes: false,
        };
        return with_lint(request, &mut inputs, |task, mut info, inputs, _| {
            report_project(&choice, &mut info);
            let job = Job { task, selection: &selection, kinds: &kinds };
            Ok(spec.answer.give_findings(inputs, &job, info))
        });
    }
    let request = mode_request(spec.mode, spec.keep_existing, &choice);
    let settings = spec.mesh.over(choice.target.mesh.clone());
    let mesh = if injects || settings.describe_a_mesh() {
        let purpose = if injects { MeshUse::Sidecars } else { MeshUse::Decisions };
        Some(resolve(&settings, &mut inputs, &selection.default_namespace, purpose, false)?)
    } else {
        None
    };
    let assumes_release = mesh.as_ref().is_some_and(|mesh| mesh.assumes_release);
    let (task, mut info): (Box<dyn Task>, RunInfo) = match mesh {
        Some(mesh) if injects => {
            let (inject, info) = Inject::by(mesh, request, true);
            (Box::new(inject), info)
        }
        mesh => {
            let change = AnnotationAction::of(request, spec.action == Action::Remove, false)?;
            let (meshes, info) = mesh.map(|mesh| (mesh.meshes, mesh.info)).unzip();
            (Box::new(Annotate { meshes, ..Annotate::new(change) }), info.unwrap_or_default())
        }
    };
    report_project(&choice, &mut info);
    info.warns_of_assumed = injects && assumes_release && spec.answer == Answer::List;
    let job = Job { task: &*task, selection: &selection, kinds: &kinds };
    Ok(spec.answer.give(&inputs, &job, info))
}

/// Refuses files outside the repository. Like a project file that is found, the configuration is not the user's own.
fn check_bounds(mesh: &MeshSettings) -> Result<(), Diagnostic> {
    let mut files = mesh.values.iter().chain(&mesh.mesh_files).peekable();
    if files.peek().is_none() {
        return Ok(());
    }
    let bounds = std::env::current_dir().and_then(|folder| Bounds::of(&folder)).map_err(|error| {
        Diagnostic::error(Code::Unreadable, ExitCode::Input, format!("the working directory: {}", io_text(&error)))
    })?;
    files.try_for_each(|file| bounds.check(file)).map_err(|error| config::wrong(&error.to_string(), None))
}

/// The error of a list that cannot be read.
fn unreadable(code: Code, message: &str) -> Diagnostic {
    Diagnostic::error(code, ExitCode::Input, message).in_file(STDIN)
}
