//! `completion`: shell scripts, the executable that kubectl runs for completion, and man pages.

mod candidates;
mod install;
mod man;
mod protocol;

use std::io;
use std::path::PathBuf;

use clap::{Command, Subcommand};
use clap_complete::env::Shells;

use super::{PROGRAM, output_error, print};
use crate::diagnostic::{Diagnostic, ExitCode};

pub(super) use protocol::{for_kubectl, for_shell, is_for_kubectl};

/// The environment variable that a shell's script sets for completion; its value names the shell.
const VARIABLE: &str = "NATIVESIDECAR_COMPLETE";

/// As a file `_kubectl-nativesidecar` in zsh's fpath, the script is run by the first completion, which it has to answer.
const ZSH_AUTOLOAD: &[u8] = b"
if [[ ${funcstack[1]} == _kubectl-nativesidecar ]]; then
    _clap_dynamic_completer_kubectl_nativesidecar
fi
";

const EXAMPLES: &str = "Examples:
  # kubectl nativesidecar <TAB>, in every shell that completes kubectl
  kubectl nativesidecar completion install

  # kubectl-nativesidecar <TAB>
  source <(kubectl-nativesidecar completion bash)
  kubectl-nativesidecar completion fish \\
    > ~/.config/fish/completions/kubectl-nativesidecar.fish

  # man pages
  kubectl nativesidecar completion man ~/.local/share/man/man1";

#[derive(clap::Args)]
#[command(help_template = super::HELP, after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Print the script for bash
    Bash,
    /// Print the script for zsh
    Zsh,
    /// Print the script for fish
    Fish,
    #[command(about = "Print the script for PowerShell")]
    Powershell,
    /// Install kubectl_complete-nativesidecar next to the program, where kubectl finds it
    Install(install::Args),
    /// Write man pages, one per command, into a folder
    Man {
        /// The folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

pub(super) fn run(args: Args) -> Result<ExitCode, Diagnostic> {
    let shell = match args.what {
        What::Bash => "bash",
        What::Zsh => "zsh",
        What::Fish => "fish",
        What::Powershell => "powershell",
        What::Install(args) => return install::run(args),
        What::Man { folder } => {
            man::write(&folder).map_err(|error| failure(&folder.display().to_string(), &error))?;
            return Ok(ExitCode::Success);
        }
    };
    let mut script = Vec::new();
    if let Some(completer) = Shells::builtins().completer(shell) {
        let written = completer.write_registration(VARIABLE, PROGRAM, PROGRAM, PROGRAM, &mut script);
        written.map_err(|error| failure("standard output", &error))?;
    }
    if shell == "zsh" {
        script.extend_from_slice(ZSH_AUTOLOAD);
    }
    print::print_bytes(&script)
}

fn failure(what: &str, error: &io::Error) -> Diagnostic {
    output_error(format!("{what}: {}", crate::input::io_text(error)))
}

/// All commands, with completion of the values of their flags.
fn command() -> Command {
    // Commands define their flags lazily: build them before completion is added.
    let mut command = super::command().mut_subcommands(|mut command| {
        command.build();
        command
    });
    command.build();
    candidates::put_into(command)
}
