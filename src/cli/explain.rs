//! `explain`: which proxy each workload gets, and why.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::sync::LazyLock;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::compare::{ComparedJob, Sides, ToArgs, compare};
use super::from_cluster::FromClusterArgs;
use super::input::{InputArgs, SelectionArgs};
use super::print::{print_pieces, width};
use super::project::ProjectArgs;
use super::report::{Color, ReportArgs};
use crate::config::MeshSettings;
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::istio::native::Mode;
use crate::output::{EXPLAIN_FORMS, ExplainForm, ExplainedRun, describe, table, table_or_describe};
use crate::run::{ExitRule, Explain, Job, MeshUse, OutputRequest, Print, report_project, resolve};

/// The command's name.
const COMMAND: &str = "explain";

const EXAMPLES: &str = "Examples:
  # native or regular, for all workloads of a folder
  kubectl nativesidecar explain -f k8s/ -R --istio 1.27 --node-version v1.32.4

  # everything about one workload
  kubectl nativesidecar explain -v -f k8s/web.yaml --mesh-file mesh.yaml

  # in CI: fail unless all Jobs are native
  kubectl nativesidecar explain -f k8s/ -R --mesh-file mesh.yaml \\
    --kind Job,CronJob --require native

  # which proxies flip when the last old node pool is gone?
  kubectl nativesidecar explain -f k8s/ -R --istio 1.27 \\
    --node-version v1.32.4 --to-node-version v1.33.1

  # the meshes of all targets of the project file, side by side
  kubectl nativesidecar explain -f k8s/ -R --all-targets

  # which workloads depend on the nodes?
  kubectl nativesidecar explain -f k8s/ -R --istio 1.30 -o json \\
    | jq '.workloads[] | select(.proxy == \"depends\")'";

/// What `-o` chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Format(&'static dyn ExplainForm);

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: LazyLock<Vec<Format>> = LazyLock::new(|| EXPLAIN_FORMS.into_iter().map(Format).collect());
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()).help(self.0.help()))
    }
}

/// The proxy of `--require`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Required {
    /// An init container with restartPolicy: Always
    Native,
    /// An ordinary container
    Regular,
}

#[derive(clap::Args)]
#[command(help_template = super::HELP, after_help = EXAMPLES)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(super) struct Args {
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    /// See pods as they are written, without the defaults that the API server sets before it calls the webhook
    #[arg(long, help_heading = "The mesh")]
    no_api_defaults: bool,
    #[command(flatten)]
    mesh: MeshSettings,
    #[command(flatten)]
    from_cluster: FromClusterArgs,
    #[command(flatten)]
    to: ToArgs,
    #[command(flatten)]
    project: ProjectArgs,
    /// Show what the mesh of each target of the project file does, in a column of its own
    #[arg(long, help_heading = "Project file", conflicts_with_all = ["target", "no_config", "require", "verbose", "ToArgs"])]
    all_targets: bool,
    /// Output format [default: table; describe on a terminal, for a single workload]
    #[arg(short = 'o', long, value_name = "FORMAT", help_heading = "Output")]
    output: Option<Format>,
    /// Describe each workload: reasons, order of the containers, resources, settings, notes
    #[arg(short = 'v', long, help_heading = "Output", conflicts_with_all = ["output", "ToArgs"])]
    verbose: bool,
    /// List only workloads with another proxy, and exit with 1 if there are any. Workloads without a proxy are fine
    #[arg(long, value_name = "PROXY", help_heading = "Output", conflicts_with = "ToArgs")]
    require: Option<Required>,
    /// Report only problems
    #[arg(short = 'q', long, help_heading = "Output")]
    quiet: bool,
    /// When to use color
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    color: Color,
}

/// Runs the command. `words` is the command line that `args` were read from.
pub(super) fn run(args: Args, words: &[OsString]) -> Result<ExitCode, Diagnostic> {
    let choice = if args.all_targets { args.project.read_all_targets()? } else { args.project.read(true)? };
    let (mut inputs, kinds) = args.input.find(COMMAND, &choice)?;
    let selection = args.selection.selection(&choice, &kinds)?;
    if args.all_targets || args.to.is_given() {
        args.from_cluster.refuse_with(if args.all_targets { "--all-targets" } else { "--to" })?;
        let sides = if args.all_targets {
            Sides::targets(&args.mesh, &choice)?
        } else {
            Sides::upgrade(&args.to, &args.mesh, &choice, words)?
        };
        let job = ComparedJob {
            sides,
            choice: &choice,
            selection: &selection,
            kinds: &kinds,
            api_defaults: !args.no_api_defaults,
            output: args.output.map(|Format(form)| form.name()),
            report: ReportArgs::of_questions(args.quiet, args.color),
        };
        return compare(job, inputs);
    }
    let settings = args.from_cluster.over(args.mesh.over(choice.target.mesh.clone()))?;
    let mesh = resolve(&settings, &mut inputs, &selection.default_namespace, MeshUse::Decisions, false)?;
    let (mut task, mut info) = Explain::by(mesh, !args.no_api_defaults);
    report_project(&choice, &mut info);
    task.required = args.require.map(|required| match required {
        Required::Native => Mode::Native,
        Required::Regular => Mode::Regular,
    });
    let form = match args.output {
        Some(Format(form)) => form,
        None if args.verbose => describe(),
        None if io::stdout().is_terminal() => table_or_describe(),
        None => table(),
    };
    task.details = form.details();
    let quotas = task.quotas().clone();
    info.quotas = form.reports_fleet().then(|| quotas.clone());
    let job = Job { task: &task, selection: &selection, kinds: &kinds };
    let request = OutputRequest {
        print: Print::Pieces(form),
        exit_rule: if task.required.is_some() { ExitRule::Check } else { ExitRule::Nothing },
        ..OutputRequest::default()
    };
    let (mesh, assumed) = (info.mesh.clone(), info.assumed.clone());
    let report = ReportArgs::of_questions(args.quiet, args.color);
    let ended = report.run_with(&inputs, &job, request, info, |finished| {
        let pieces = finished.take_stdout();
        let run = ExplainedRun {
            mesh: mesh.as_ref(),
            assumed: &assumed,
            totals: finished.report.proxies(),
            fleet: finished.report.fleet(),
            quotas: &quotas,
            styled: report.is_styled(true),
            width: width(io::stdout()),
        };
        print_pieces(pieces, |pieces, out| form.write(pieces, &run, out))
    });
    // The process ends: freeing the memory would take time for nothing.
    std::mem::forget(task);
    Ok(ended?.code)
}
