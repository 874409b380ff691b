//! The command that applies the changes found by `--check`.

use std::ffi::OsString;

use crate::k8s::shell_word;
use crate::output::printable;

/// The longest command to show, in bytes: pre-commit passes hundreds of files.
const LONGEST: usize = 2000;

/// The command line `words`, including the program, with `--write` instead of `--check`; `None` if it cannot be shown as
/// one line that works.
pub(super) fn writing(words: &[OsString]) -> Option<String> {
    let mut command = "kubectl nativesidecar".to_owned();
    let mut words = words.iter().skip(1);
    let mut are_flags = true;
    while let Some(word) = words.next() {
        let word = word.to_str().filter(|word| printable(word) == *word)?;
        let word = match word {
            "--check" if are_flags => "--write",
            "--annotations" if are_flags => {
                words.next();
                continue;
            }
            _ if are_flags && word.starts_with("--annotations=") => continue,
            _ => word,
        };
        are_flags &= word != "--";
        command.push(' ');
        command.push_str(&shell_word(word));
        if command.len() > LONGEST {
            return None;
        }
    }
    Some(command)
}

/// The flags of `explain` that `annotate` does not have, or that are about output; and those of them with a value.
const OWN_FLAGS: [&str; 6] = ["-v", "--verbose", "-q", "--quiet", "--no-api-defaults", "--all-targets"];
const OWN_VALUES: [&str; 9] = [
    "-o",
    "--output",
    "--color",
    "--to",
    "--to-node-version",
    "--to-platform",
    "--to-mesh-file",
    "--to-target",
    "--to-revision",
];

/// The command that records what the mesh of an `explain` decides now; `None` if it cannot be shown as one line that works.
pub(super) fn pinning(words: &[OsString]) -> Option<String> {
    let mut command = "kubectl nativesidecar annotate --pin".to_owned();
    let mut words = words.iter().skip(2);
    let (mut are_flags, mut has_input) = (true, false);
    while let Some(word) = words.next() {
        let word = word.to_str().filter(|word| printable(word) == *word)?;
        let name = word.split_once('=').map_or(word, |(name, _)| name);
        if are_flags && OWN_FLAGS.contains(&word) {
            continue;
        }
        if are_flags && OWN_VALUES.contains(&name) {
            if name == word {
                words.next();
            }
            continue;
        }
        if are_flags && word.starts_with("-o") && !word.starts_with("--") {
            continue;
        }
        are_flags &= word != "--";
        has_input |= word == "-f" || name == "--filename" || !word.starts_with('-');
        if word == "-" {
            return None;
        }
        command.push(' ');
        command.push_str(&shell_word(word));
        if command.len() > LONGEST {
            return None;
        }
    }
    has_input.then(|| command + " --write")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(words: &[&str]) -> Option<String> {
        writing(&[&["/usr/bin/kubectl-nativesidecar"], words].concat().iter().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn the_command_is_repeated_with_write_in_place_of_check() {
        let command = written(&["annotate", "-f", "k8s/", "-R", "--istio", "1.30", "--check"]).unwrap();
        assert_eq!(command, "kubectl nativesidecar annotate -f k8s/ -R --istio 1.30 --write");
        let command = written(&["inject", "--check", "--annotations", "github", "a.yaml"]).unwrap();
        assert_eq!(command, "kubectl nativesidecar inject --write a.yaml");
        let command = written(&["inject", "--check", "--annotations=gitlab", "--", "--check"]).unwrap();
        assert_eq!(command, "kubectl nativesidecar inject --write -- --check");
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        let command = written(&["annotate", "--check", "my file.yaml", "it's", "", "a=$b", "größer.yaml"]).unwrap();
        let expected = r"kubectl nativesidecar annotate --write 'my file.yaml' 'it'\''s' '' 'a=$b' 'größer.yaml'";
        assert_eq!(command, expected);
    }

    #[test]
    fn the_command_that_pins_has_the_mesh_of_now() {
        let pinned = |words: &[&str]| {
            let words = [&["kubectl-nativesidecar", "explain"], words].concat();
            pinning(&words.iter().map(OsString::from).collect::<Vec<_>>())
        };
        let words = ["-f", "k8s/", "-R", "--istio=1.26", "--to", "1.30", "-ojson", "--to-node-version=v1.34.0", "-q"];
        let expected = "kubectl nativesidecar annotate --pin -f k8s/ -R --istio=1.26 --write";
        assert_eq!(pinned(&words).as_deref(), Some(expected));
        assert_eq!(pinned(&["-f", "-", "--istio", "1.26", "--to", "1.30"]), None);
    }

    #[test]
    fn a_command_that_cannot_be_shown_is_not() {
        assert_eq!(written(&["annotate", "--check", "a\u{1b}[2J.yaml"]), None);
        assert_eq!(written(&["annotate", "--check", &"a".repeat(LONGEST)]), None);
    }
}
