//! What a container's `command` and `args`, or a handler's `command`, run: a program, or a shell with a script.

use super::ast::base_name;

/// A command line of which one item is a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Invocation {
    /// The index of the script among the items of `command` and `args`.
    pub(crate) script: usize,
    /// Whether the shell ends at the first command that fails (`sh -e`).
    pub(crate) exits_on_error: bool,
}

/// Programs that run a script.
pub(super) const SHELLS: [&str; 6] = ["sh", "bash", "ash", "dash", "ksh", "zsh"];

impl Invocation {
    /// Finds the script in a command line. `None` if it runs no shell, or a shell that reads a file.
    pub(crate) fn of(line: &[&str]) -> Option<Self> {
        // `busybox sh` and `/usr/bin/env bash`, `tini -- sh`, `timeout 5 sh` run the shell behind them.
        let shell = line.iter().position(|item| SHELLS.contains(&base_name(item)))?;
        let mut exits_on_error = false;
        let mut options = line.iter().enumerate().skip(shell + 1);
        let mut is_command = false;
        while let Some((index, option)) = options.next() {
            let Some(letters) = option.strip_prefix('-').or_else(|| option.strip_prefix('+')) else {
                return is_command.then_some(Self { script: index, exits_on_error });
            };
            let is_on = option.starts_with('-');
            if letters.starts_with('-') {
                if letters == "-" && is_command {
                    return options.next().map(|(index, _)| Self { script: index, exits_on_error });
                }
                continue;
            }
            is_command |= is_on && letters.contains('c');
            if letters.contains('e') {
                exits_on_error = is_on;
            }
            if letters.contains(['o', 'O']) && options.next().is_some_and(|(_, name)| *name == "errexit") {
                exits_on_error = is_on;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_follows_the_options_of_a_shell() {
        let of = |line: &[&str]| Invocation::of(line).map(|found| (found.script, found.exits_on_error));
        assert_eq!(of(&["sh", "-c", "a"]), Some((2, false)));
        assert_eq!(of(&["/bin/bash", "-ec", "a"]), Some((2, true)));
        assert_eq!(of(&["bash", "-euo", "pipefail", "-c", "a", "name"]), Some((4, true)));
        assert_eq!(of(&["bash", "-c", "-e", "a"]), Some((3, true)));
        assert_eq!(of(&["bash", "-o", "errexit", "-c", "a"]), Some((4, true)));
        assert_eq!(of(&["tini", "--", "sh", "-c", "a"]), Some((4, false)));
        assert_eq!(of(&["sh", "/scripts/run.sh"]), None);
        assert_eq!(of(&["sh", "-e", "/scripts/run.sh", "-c"]), None);
        assert_eq!(of(&["python", "-c", "a"]), None);
        assert_eq!(of(&["sh", "-c"]), None);
        assert_eq!(of(&[]), None);
    }
}
