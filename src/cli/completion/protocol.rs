//! Completion at run time: for kubectl, which runs `kubectl_complete-nativesidecar` with the words so far, and for the
//! scripts of shells, which run the program with a variable set.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;

use clap_complete::engine::{CompletionCandidate, complete};
use clap_complete::env::CompleteEnv;

use super::VARIABLE;
use crate::cli::{print, usage};
use crate::diagnostic::{Diagnostic, ExitCode};

/// What kubectl calls the executable that it asks.
pub(super) const EXECUTABLE: &str = "kubectl_complete-nativesidecar";

/// The shell offers no files beside the choices.
const NO_FILES: u8 = 4;

/// The shell puts no blank behind the choice.
const NO_BLANK: u8 = 2;

/// Whether the program was called by the name of the executable that kubectl asks.
pub(in crate::cli) fn is_for_kubectl(args: &[OsString]) -> bool {
    args.first().and_then(|program| Path::new(program).file_stem()).is_some_and(|name| name == EXECUTABLE)
}

/// Answers kubectl, in the words of cobra: a choice a line, with what it means behind a tab; a number last.
pub(in crate::cli) fn for_kubectl(args: &[OsString]) -> Result<ExitCode, Diagnostic> {
    let current = args.last().filter(|_| args.len() > 1).map(|word| word.to_string_lossy()).unwrap_or_default();
    let folder = std::env::current_dir().ok();
    let mut choices = complete(&mut super::command(), args.to_vec(), args.len().saturating_sub(1), folder.as_deref())
        .unwrap_or_default();
    // As kubectl does: flags where one was begun.
    choices.retain(|choice| !current.is_empty() || !choice.get_value().to_string_lossy().starts_with('-'));
    // That is how the number begins.
    choices.retain(|choice| !choice.get_value().to_string_lossy().starts_with(':'));
    print::print_bytes(answer(&choices).as_bytes())
}

fn answer(choices: &[CompletionCandidate]) -> String {
    let mut text = String::new();
    let mut directive = NO_FILES;
    for choice in choices {
        let value = choice.get_value().to_string_lossy();
        if value.ends_with('/') {
            directive |= NO_BLANK;
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

/// Answers the script of a shell, if one asks.
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
    fn choices_come_with_what_they_mean_and_a_number_last() {
        assert_eq!(choices(&["inj"]), "inject\tWrite the sidecar into the manifest\n:4\n");
        let modes = "native\tA native sidecar, everywhere\nregular\tA regular sidecar, everywhere\nmesh\tAs the mesh decides: \
                     the annotation is left alone\n:4\n";
        assert_eq!(choices(&["annotate", "--mode", ""]), modes);
        assert_eq!(choices(&["annotate", "--kind", "Job,Cron"]), "Job,CronJob\n:4\n");
        assert_eq!(choices(&["annotate", "--no-such"]), ":4\n");
        assert!(choices(&["help", "completion", ""]).contains("bash"));
    }

    #[test]
    fn the_executable_is_known_by_its_name() {
        let called = |name: &str| is_for_kubectl(&[OsString::from(name), OsString::from("inj")]);
        assert!(called("/home/me/.krew/bin/kubectl_complete-nativesidecar"));
        assert!(called("kubectl_complete-nativesidecar.exe"));
        assert!(!called("kubectl-nativesidecar"));
    }
}
