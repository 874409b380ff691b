//! Completion at run time: for kubectl, which runs `kubectl_complete-nativesidecar` with the command line so far, and for
//! shell scripts, which run the program with an environment variable.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;

use clap_complete::engine::{CompletionCandidate, complete};
use clap_complete::env::CompleteEnv;

use super::VARIABLE;
use crate::cli::{print, usage};
use crate::diagnostic::{Diagnostic, ExitCode};

/// The executable that kubectl runs.
pub(super) const EXECUTABLE: &str = "kubectl_complete-nativesidecar";

/// cobra's directive: the shell does not complete files.
const NO_FILES: u8 = 4;

/// cobra's directive: the shell adds no space after the choice.
const NO_SPACE: u8 = 2;

/// Whether the program was called by the name that kubectl runs.
pub(in crate::cli) fn is_for_kubectl(args: &[OsString]) -> bool {
    args.first().and_then(|program| Path::new(program).file_stem()).is_some_and(|name| name == EXECUTABLE)
}

/// Answers kubectl by cobra's protocol: one choice per line, its description after a tab, and the directive last.
pub(in crate::cli) fn for_kubectl(args: &[OsString]) -> Result<ExitCode, Diagnostic> {
    let current = args.last().filter(|_| args.len() > 1).map(|word| word.to_string_lossy()).unwrap_or_default();
    let folder = std::env::current_dir().ok();
    let mut choices = complete(&mut super::command(), args.to_vec(), args.len().saturating_sub(1), folder.as_deref())
        .unwrap_or_default();
    // As in kubectl, flags are offered only after a dash.
    choices.retain(|choice| !current.is_empty() || !choice.get_value().to_string_lossy().starts_with('-'));
    // A colon marks the directive.
    choices.retain(|choice| !choice.get_value().to_string_lossy().starts_with(':'));
    print::print_bytes(answer(&choices).as_bytes())
}

fn answer(choices: &[CompletionCandidate]) -> String {
    let mut text = String::new();
    let mut directive = NO_FILES;
    for choice in choices {
        let value = choice.get_value().to_string_lossy();
        if value.ends_with('/') {
            directive |= NO_SPACE;
        }
        text.push_str(&value);
        if let Some(help) = choice.get_help() {
            let help = help.to_string();
            let _ = write!(text, "\t{}", help.lines().next().unwrap_or_default());
        }
        text.push('\n');
    }
    let _ = writeln!(text, ":{directive}");
    text
}

/// Answers the script of a shell, if it runs the program for completion.
pub(in crate::cli) fn for_shell(args: &[OsString]) -> Option<ExitCode> {
    std::env::var_os(VARIABLE)?;
    let folder = std::env::current_dir().ok();
    let asked = CompleteEnv::with_factory(super::command).var(VARIABLE);
    match asked.try_complete(args, folder.as_deref()) {
        Ok(true) => Some(ExitCode::Success),
        Ok(false) => None,
        Err(error) => {
            usage::print(error, args);
            Some(ExitCode::Usage)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choices(words: &[&str]) -> String {
        let words = std::iter::once(EXECUTABLE).chain(words.iter().copied()).map(OsString::from).collect::<Vec<_>>();
        let at = words.len() - 1;
        answer(&complete(&mut super::super::command(), words, at, None).unwrap())
    }

    #[test]
    fn choices_have_descriptions_and_the_directive_comes_last() {
        assert_eq!(choices(&["inj"]), "inject\tWrite the sidecar into the manifest\n:4\n");
        let modes = "native\tA native sidecar, everywhere\nregular\tA regular sidecar, everywhere\nmesh\tAs the mesh decides: \
                     the annotation is left alone\n:4\n";
        assert_eq!(choices(&["annotate", "--mode", ""]), modes);
        assert_eq!(choices(&["annotate", "--kind", "Job,Cron"]), "Job,CronJob\n:4\n");
        assert_eq!(choices(&["annotate", "--no-such"]), ":4\n");
        assert!(choices(&["help", "completion", ""]).contains("bash"));
    }

    #[test]
    fn the_executable_is_recognized_by_its_name() {
        let called = |name: &str| is_for_kubectl(&[OsString::from(name), OsString::from("inj")]);
        assert!(called("/home/me/.krew/bin/kubectl_complete-nativesidecar"));
        assert!(called("kubectl_complete-nativesidecar.exe"));
        assert!(!called("kubectl-nativesidecar"));
    }
}
