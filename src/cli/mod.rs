//! The command line: one file per command, which turns flags into calls of the library.

mod annotate;
mod compare;
mod completion;
mod connection;
mod convert;
mod diff;
mod diff_folders;
mod explain;
mod from_cluster;
mod function;
mod init;
mod inject;
mod input;
mod lint;
mod mode;
mod output;
mod policy;
mod precheck;
mod preview;
mod print;
mod progress;
mod project;
#[cfg(test)]
mod reference;
mod releases;
mod report;
mod saved;
mod snapshot;
mod status;
mod timeline;
mod uninject;
mod usage;
mod verify;
mod write_command;

use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;

use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::istio::Release;
use crate::output::diagnostic_text;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

/// The program's name.
const PROGRAM: &str = "kubectl-nativesidecar";

/// The layout of a command's help: examples come before the flags.
const HELP: &str = "{about}{after-help}

{usage-heading} {usage}

{all-args}";

const ABOUT: &str = "See, pin and pre-render Istio native sidecars: offline, exactly as your istiod would, without \
                     touching another byte";

const AFTER: &str = "Nothing is written unless you pass --write.

Exit codes:
  0   success, no differences
  1   differences were found (diff, verify, --check, --diff, explain with a --to flag), or lint,
      precheck, --check, --require or --exit-code found something
  2   the command line is wrong
  3   an input cannot be read or parsed, or the mesh would refuse a workload
  4   the configuration of the mesh cannot be read or rendered
  5   the cluster cannot be asked
  6   the output cannot be written
  70  a bug in this program";

#[derive(Parser)]
#[command(name = "kubectl-nativesidecar", version, about = ABOUT, after_help = AFTER, disable_help_subcommand = false)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
#[command(defer = true)]
enum Command {
    /// Choose native or regular: one annotation, nothing else
    ///
    /// Sets sidecar.istio.io/nativeSidecar on every pod template that can be injected. A valid annotation is kept unless
    /// --mode is given; a misspelt one (unquoted, "True", "no") is repaired.
    Annotate(annotate::Args),
    /// Show what istiod would add to your pods, or what a mesh upgrade would change in them
    ///
    /// Renders every pod as the mesh would, without changing its annotation, and prints a unified diff. With --to or another
    /// flag of the upgrade preview, renders it before and after the change, and shows what differs: workloads that change
    /// alike are one group. Exits with 1 if anything differs. If neither a mesh nor nodes are given, nodes of 1.33 and later
    /// are assumed.
    Diff(diff::Args),
    /// Explain which proxy each workload gets, and why
    ///
    /// Prints what istiod would decide for each pod template: the proxy, the reasons and their places. Nothing is rendered
    /// or changed.
    Explain(explain::Args),
    /// Write the sidecar into the manifest
    ///
    /// Adds to each pod template what istiod's webhook would add, and changes nothing else. Workloads that the mesh does
    /// not inject are not changed.
    Inject(inject::Args),
    /// Remove the sidecar from the manifest
    ///
    /// Removes exactly what an injection added, by its own records: containers, volumes, rewritten probes and annotations.
    /// After inject --reversible, the original text comes back byte for byte.
    Uninject(uninject::Args),
    /// Find annotations that do nothing, workarounds that can go, and traps
    ///
    /// Checks workloads and the objects that belong to them. Without a mesh, the newest release is assumed, and pods are
    /// native unless their annotation is "false". Exits with 1 if there are errors or warnings.
    Lint(lint::Args),
    /// Turn any sidecar container into a native one, and back
    ///
    /// Moves an ordinary sidecar of any vendor into initContainers with restartPolicy: Always, with its comments, and
    /// changes nothing else. Reports what does not survive the move: probes, handlers, the start order, named ports.
    Convert(convert::Args),
    /// Check whether a cluster is ready for native sidecars, and what blocks it
    ///
    /// Asks the cluster, or reads saved output of kubectl and az about it, in any combination. For what neither shows,
    /// prints the command to run. Exits with 1 if a check fails. Nothing is changed.
    Precheck(precheck::Args),
    /// Generate an admission policy that sets or requires the annotation in a cluster
    ///
    /// For pods without a manifest to annotate. The action set prints a mutating admission policy, the others print a
    /// validating one, each with its binding: review it, and apply it with kubectl. Nothing is applied.
    Policy(policy::Args),
    /// Save everything in a cluster that decides injection as one mesh file
    ///
    /// Prints the configuration, istiods, webhooks, namespaces and nodes that --mesh-file reads, sorted, without Secrets and
    /// without fields that change all the time: keep it in git, and compare manifests with it offline.
    Snapshot(snapshot::Args),
    /// Show which pods run which kind of proxy, and what to restart
    ///
    /// Asks the cluster, or reads saved output of kubectl get. Shows which proxies the pods of each workload run, what the
    /// mesh would inject now, and what to do. Nothing is changed: -o commands prints a script to review first.
    Status(status::Args),
    /// Show when each container of a pod started, became ready and ended
    ///
    /// Asks the cluster, or reads saved pods, events and logs of proxies, in any combination. Shows what each container
    /// waited for, restarts, failed probes, the grace period at the end, and what is not known.
    Timeline(timeline::Args),
    /// Compare pods with what the mesh would make of their templates
    ///
    /// Asks the cluster, or reads saved pods and their owners, and injects the owners' templates as the mesh would now. Shows
    /// where the pods differ, and what caused it. What Kubernetes itself adds is ignored. Exits with 1 if there are
    /// differences.
    Verify(verify::Args),
    /// Show what changed between Istio versions
    ///
    /// Lists the known releases and what they inject. With a version, shows its rule for native sidecars, the defaults of
    /// the sidecar, and what changed since the previous version.
    Releases(releases::Args),
    /// Write a commented project file
    ///
    /// Writes .nativesidecar.yaml in the working directory. An existing file is never overwritten.
    Init,
    /// Run as a KRM function, for kustomize and kpt
    ///
    /// Reads a list of objects from standard input, injects or annotates its workloads according to its functionConfig, and
    /// prints it. Without arguments, the program recognizes such a list on standard input, too.
    #[command(name = "fn")]
    Function(function::Args),
    /// Set up completion for a shell and kubectl, or write man pages
    Completion(completion::Args),
    /// Print the version and the newest built-in Istio release
    Version,
}

/// The error of output that cannot be printed or written.
fn output_error(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::OutputFailed, ExitCode::Output, message)
}

/// Runs the program with the arguments of the process.
pub fn main(args: impl IntoIterator<Item = OsString>) -> std::process::ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    use_temporary_folder();
    if std::env::var_os("RUST_BACKTRACE").is_none() {
        std::panic::set_hook(Box::new(report_panic));
    }
    let outcome = std::panic::catch_unwind(|| run(&args));
    outcome.unwrap_or(ExitCode::Internal).into()
}

/// Treats an empty `TMPDIR` as unset, as other programs do: it does not mean the working directory.
fn use_temporary_folder() {
    if cfg!(unix) && std::env::var_os("TMPDIR").is_some_and(|folder| folder.is_empty()) {
        // This cannot fail: nothing has set the folder before.
        let _ = tempfile::env::override_temp_dir(Path::new("/tmp"));
    }
}

/// Reports where the program panicked. The message of the panic is not shown, because it may quote a manifest.
fn report_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let at = panic.location().map_or_else(String::new, |at| format!(", at {}:{}", at.file(), at.line()));
    let mut stderr = std::io::stderr().lock();
    let _ = writeln!(stderr, "error: a bug in this program{at}");
    let _ = writeln!(stderr, "  hint: RUST_BACKTRACE=1 shows more, which may quote manifests");
}

fn run(words: &[OsString]) -> ExitCode {
    if let Some(folders) = diff_folders::folders(words) {
        return end(diff_folders::diff(&folders));
    }
    if completion::is_for_kubectl(words) {
        return end(completion::for_kubectl(words));
    }
    if let Some(code) = completion::for_shell(words) {
        return code;
    }
    if let Some(list) = function::called(words) {
        return end(function::answer(list));
    }
    let mut command = command();
    let as_plugin = words.first().and_then(|a| Path::new(a).file_name()).and_then(|n| n.to_str());
    if as_plugin.is_some_and(|name| name.starts_with("kubectl-")) {
        command = command.bin_name("kubectl nativesidecar");
    }
    let cli = match command.try_get_matches_from_mut(words).and_then(|m| Cli::from_arg_matches(&m)) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and the version are errors for clap, too.
            let code = if error.use_stderr() { ExitCode::Usage } else { ExitCode::Success };
            usage::print(error, words);
            return code;
        }
    };
    end(match cli.command {
        Command::Annotate(args) => annotate::run(args, words),
        Command::Completion(args) => completion::run(args),
        Command::Convert(args) => convert::run(args, words),
        Command::Function(args) => function::run(&args),
        Command::Diff(args) => diff::run(args, words),
        Command::Explain(args) => explain::run(args, words),
        Command::Init => init::run(),
        Command::Inject(args) => inject::run(args, words),
        Command::Lint(args) => lint::run(args),
        Command::Policy(args) => policy::run(args),
        Command::Precheck(args) => precheck::run(args),
        Command::Releases(args) => releases::run(&args),
        Command::Snapshot(args) => snapshot::run(args),
        Command::Status(args) => status::run(args),
        Command::Timeline(args) => timeline::run(args),
        Command::Uninject(args) => uninject::run(args, words),
        Command::Verify(args) => verify::run(args),
        Command::Version => version(),
    })
}

/// All commands.
fn command() -> clap::Command {
    Cli::command()
}

fn version() -> Result<ExitCode, Diagnostic> {
    let text = format!("{PROGRAM} {}, istio {}\n", env!("CARGO_PKG_VERSION"), Release::newest_built_in());
    print::print_bytes(text.as_bytes())
}

/// The exit code of a command. Prints the failure if there is one.
fn end(result: Result<ExitCode, Diagnostic>) -> ExitCode {
    match result {
        Ok(code) => code,
        Err(failure) => {
            let _ = write!(std::io::stderr(), "{}", diagnostic_text(&failure));
            failure.exit_code
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The widest lines of help, on wide terminals too.
    const MAX_HELP_WIDTH: usize = 100;

    /// Longer lines are wrapped, which breaks a command in the middle.
    #[test]
    fn examples_fit_in_a_terminal() {
        let mut command = command();
        command.build();
        for command in command.get_subcommands() {
            let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            for line in examples.lines() {
                assert!(line.chars().count() <= MAX_HELP_WIDTH, "{}: {line}", command.get_name());
            }
        }
    }
}
