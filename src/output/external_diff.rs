//! The diff program of the user's choice, as `kubectl diff` calls it: `KUBECTL_EXTERNAL_DIFF` with two folders.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;

/// A file before and after.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'p> {
    /// As people name it.
    pub name: &'p str,
    /// Its text before.
    pub old: &'p str,
    /// Its text now.
    pub new: &'p str,
}

/// The program and arguments of `KUBECTL_EXTERNAL_DIFF`: split at blanks, arguments of letters, digits, `-` and `=`
/// only, as in kubectl. None if it is empty, or names this program itself.
pub fn external_diff(variable: &str) -> Option<Vec<String>> {
    let mut words = variable.split(' ').filter(|w| !w.is_empty());
    let program = words.next()?;
    let file = Path::new(program).file_name()?.to_str()?;
    if file.trim_end_matches(".exe") == "kubectl-nativesidecar" {
        return None;
    }
    let plain = |word: &&str| word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '=');
    Some(std::iter::once(program).chain(words.filter(plain)).map(str::to_owned).collect())
}

/// Runs `command` over two folders with the files that changed, and returns its exit code.
pub fn run_external_diff(command: &[String], pairs: &[Pair<'_>]) -> std::io::Result<i32> {
    let folder = tempfile::Builder::new().prefix("nativesidecar-diff-").tempdir()?;
    let (before, after) = (folder.path().join("BEFORE"), folder.path().join("AFTER"));
    std::fs::create_dir(&before)?;
    std::fs::create_dir(&after)?;
    let mut seen = HashSet::new();
    for pair in pairs {
        // No folders below: `diff` does not go down unless it is told to.
        let flat: String = pair.name.chars().map(|c| if matches!(c, '/' | '\\' | ':') { '_' } else { c }).collect();
        let mut name = flat.clone();
        while !seen.insert(name.clone()) {
            name = format!("{}_{flat}", seen.len());
        }
        std::fs::write(before.join(&name), pair.old)?;
        std::fs::write(after.join(&name), pair.new)?;
    }
    let (program, arguments) = command.split_first().ok_or(std::io::ErrorKind::NotFound)?;
    let status = Command::new(program).args(arguments).arg(&before).arg(&after).status()?;
    Ok(status.code().unwrap_or(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_is_read_as_kubectl_reads_it() {
        assert_eq!(external_diff("diff -u --y=a.b  -N").unwrap(), ["diff", "-u", "-N"]);
        assert!(external_diff("").is_none());
        assert!(external_diff("/usr/bin/kubectl-nativesidecar diff").is_none());
    }

    #[test]
    fn files_of_the_same_flat_name_stay_apart() {
        let pair = |name| Pair { name, old: "a\n", new: "b\n" };
        let code = run_external_diff(&["diff".to_owned(), "-q".to_owned()], &[pair("a/b"), pair("a_b")]).unwrap();
        assert_eq!(code, 1);
    }
}
