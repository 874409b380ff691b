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

/// The flags of `explain` and `diff` that `annotate` does not have, or that are about output; and those with a value.
const OWN_FLAGS: [&str; 6] =
    ["--verbose", "--quiet", "--summary", "--keep-going", "--no-api-defaults", "--all-targets"];
const OWN_VALUES: [&str; 10] = [
    "--output",
    "--color",
    "--unified",
    "--report-file",
    "--to",
    "--to-node-version",
    "--to-platform",
    "--to-mesh-file",
    "--to-target",
    "--to-revision",
];

/// The same flags with a single letter.
const OWN_LETTERS: [char; 2] = ['v', 'q'];
const OWN_LETTERS_WITH_VALUE: [char; 2] = ['o', 'U'];

/// Other flags of a single letter with a value.
const LETTERS_WITH_VALUE: [char; 3] = ['f', 'n', 'l'];

/// The command that records what the mesh of an `explain` or a `diff` decides now, without `--write`; `None` if it cannot be
/// shown as one line that works.
pub(super) fn pinning(words: &[OsString]) -> Option<String> {
    let mut command = "kubectl nativesidecar annotate --pin".to_owned();
    let mut words = words.iter().skip(2);
    let (mut are_flags, mut is_value) = (true, false);
    while let Some(word) = words.next() {
        let word = word.to_str().filter(|word| printable(word) == *word)?;
        let mut kept = word.to_owned();
        let name = word.split_once('=').map_or(word, |(name, _)| name);
        if word == "-" {
            return None;
        }
        if are_flags && !std::mem::take(&mut is_value) {
            if OWN_FLAGS.contains(&word) {
                continue;
            }
            if OWN_VALUES.contains(&name) {
                if name == word {
                    words.next();
                }
                continue;
            }
            if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.starts_with('-')) {
                let (letters, takes_next) = without_own_letters(letters);
                if takes_next {
                    words.next();
                }
                if letters.is_empty() {
                    continue;
                }
                is_value = letters.chars().last().is_some_and(|last| LETTERS_WITH_VALUE.contains(&last));
                kept = format!("-{letters}");
            }
            are_flags = word != "--";
        }
        command.push(' ');
        command.push_str(&shell_word(&kept));
        if command.len() > LONGEST {
            return None;
        }
    }
    Some(command)
}

/// Flags of a single letter without those that `annotate` does not get, and whether the next word is the value of one of them.
fn without_own_letters(letters: &str) -> (String, bool) {
    let mut kept = String::new();
    for (at, letter) in letters.char_indices() {
        let rest = letters.get(at + letter.len_utf8()..).unwrap_or_default();
        if OWN_LETTERS_WITH_VALUE.contains(&letter) {
            return (kept, rest.is_empty());
        }
        if !OWN_LETTERS.contains(&letter) {
            kept.push(letter);
        }
        if LETTERS_WITH_VALUE.contains(&letter) {
            kept.push_str(rest);
            break;
        }
    }
    (kept, false)
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
        for (words, expected) in [
            (
                &["-f", "k8s/", "-R", "--istio=1.26", "--to", "1.30", "-ojson", "--to-node-version=v1.34.0", "-q"][..],
                "-f k8s/ -R --istio=1.26",
            ),
            (&["-vRU", "5", "--summary", "-fk8s/", "-n", "-q"], "-R -fk8s/ -n -q"),
            (&["-RU5", "-qRf", "-v", "--", "-q"], "-R -Rf -v -- -q"),
        ] {
            let expected = format!("kubectl nativesidecar annotate --pin {expected}");
            assert_eq!(pinned(words).as_deref(), Some(&*expected), "{words:?}");
        }
        assert_eq!(pinned(&["-f", "-", "--istio", "1.26", "--to", "1.30"]), None);
    }

    #[test]
    fn a_command_that_cannot_be_shown_is_not() {
        assert_eq!(written(&["annotate", "--check", "a\u{1b}[2J.yaml"]), None);
        assert_eq!(written(&["annotate", "--check", &"a".repeat(LONGEST)]), None);
    }
}
