//! The command line: flags become calls of the library. One file a command.

mod again;
mod annotate;
mod completion;
mod diff;
mod directories;
mod function;
mod inject;
mod input;
mod mode;
mod output;
mod print;
mod progress;
mod project;
mod report;
mod usage;

use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;

use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::istio::Release;
use crate::output::diagnostic_text;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

/// The program's name.
const PROGRAM: &str = "kubectl-nativesidecar";

/// The help of a command opens with its examples.
const HELP: &str = "{about}{after-help}

{usage-heading} {usage}

{all-args}";

const ABOUT: &str = "See, pin and pre-render Istio native sidecars: offline, exactly as your istiod would, without \
                     touching another byte";

const AFTER: &str = "Nothing is written unless you pass --write.

Exit codes:
  0   success, no differences
  1   differences were found (--check, --diff, diff), or what --check must not pass over
  2   the command line is wrong
  3   an input could not be read, parsed or understood, or the mesh would refuse a workload
  4   the mesh's configuration could not be read or rendered
  6   the output could not be written
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
    /// Sets sidecar.istio.io/nativeSidecar on every pod template that may be injected. A valid annotation is kept, unless
    /// --mode is given; a misspelt one (unquoted, "True", "no") is repaired to what it means.
    Annotate(annotate::Args),
    /// Show what istiod would add to your pods
    ///
    /// Renders every pod as the mesh would, its annotation left alone, and prints a unified diff; the exit code is 1 if
    /// there is one. Where neither a mesh nor its nodes are given, nodes of 1.33 and later are assumed.
    Diff(diff::Args),
    /// Write the sidecar into the manifest
    ///
    /// Renders the pod spec that istiod's webhook would make of every pod template, and changes nothing else. Workloads
    /// that the mesh would leave alone are left alone.
    Inject(inject::Args),
    /// Run as a KRM function, for kustomize and kpt
    ///
    /// Reads a list of objects from standard input and prints it with its workloads injected or annotated, as the
    /// configuration in it says. Without any arguments, such a list on standard input is recognised too.
    #[command(name = "fn")]
    Function(function::Args),
    /// Complete commands, flags and values with the TAB key
    Completion(completion::Args),
    /// Print the version, and the releases of Istio that are built in
    Version,
}

/// The failure of a result that cannot be printed or written.
fn output_error(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::OutputFailed, ExitCode::Output, message)
}

/// Runs the program with the arguments of its process.
pub fn main(args: impl IntoIterator<Item = OsString>) -> std::process::ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    use_temporary_folder();
    if std::env::var_os("RUST_BACKTRACE").is_none() {
        std::panic::set_hook(Box::new(tell_bug));
    }
    let outcome = std::panic::catch_unwind(|| run(&args));
    outcome.unwrap_or(ExitCode::Internal).into()
}

/// An empty `TMPDIR` means the system's own folder, as for other programs, and not the working directory.
fn use_temporary_folder() {
    if cfg!(unix) && std::env::var_os("TMPDIR").is_some_and(|folder| folder.is_empty()) {
        // Nothing else has set one: this is the first that the program does.
        let _ = tempfile::env::override_temp_dir(Path::new("/tmp"));
    }
}

/// Tells where a bug showed itself. Its message may quote a manifest, and stays unsaid.
fn tell_bug(panic: &std::panic::PanicHookInfo<'_>) {
    let at = panic.location().map_or_else(String::new, |at| format!(", at {}:{}", at.file(), at.line()));
    let mut stderr = std::io::stderr().lock();
    let _ = writeln!(stderr, "error: a bug in this program{at}");
    let _ = writeln!(stderr, "  hint: RUST_BACKTRACE=1 tells more; it may quote manifests");
}

fn run(words: &[OsString]) -> ExitCode {
    if let Some(folders) = directories::folders(words) {
        return end(directories::diff(&folders));
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
        Command::Function(args) => function::run(&args),
        Command::Diff(args) => diff::run(args),
        Command::Inject(args) => inject::run(args, words),
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
