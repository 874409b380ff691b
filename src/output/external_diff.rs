//! The diff program of the user's choice, as `kubectl diff` calls it: `KUBECTL_EXTERNAL_DIFF` with two folders.

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::Spool;

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

/// A diff that another program is to show: two folders, with the files that change.
#[derive(Debug)]
pub struct ExternalDiff {
    command: Vec<String>,
    folder: TempDir,
    names: HashSet<String>,
}

impl ExternalDiff {
    /// One for `command`, without files yet.
    pub fn new(command: Vec<String>) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("nativesidecar-diff-").tempdir()?;
        for name in ["BEFORE", "AFTER"] {
            std::fs::create_dir(folder.path().join(name))?;
        }
        Ok(Self { command, folder, names: HashSet::new() })
    }

    /// Adds the file that people know as `name`, before and after.
    pub fn add(&mut self, name: &str, old: &mut Spool, new: &mut Spool) -> io::Result<()> {
        // No folders below: `diff` does not go down unless it is told to.
        let flat: String = name.chars().map(|c| if matches!(c, '/' | '\\' | ':') { '_' } else { c }).collect();
        let mut name = flat.clone();
        while !self.names.insert(name.clone()) {
            name = format!("{}_{flat}", self.names.len());
        }
        for (folder, text) in [("BEFORE", old), ("AFTER", new)] {
            text.copy_to(&mut File::create(self.folder.path().join(folder).join(&name))?)?;
        }
        Ok(())
    }

    /// Runs the program over the two folders if there is a file in them, and returns its exit code.
    pub fn run(&self) -> io::Result<i32> {
        if self.names.is_empty() {
            return Ok(0);
        }
        let (program, arguments) = self.command.split_first().ok_or(io::ErrorKind::NotFound)?;
        let folders = ["BEFORE", "AFTER"].map(|name| self.folder.path().join(name));
        Ok(Command::new(program).args(arguments).args(folders).status()?.code().unwrap_or(2))
    }
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
        let text = |text: &str| {
            let mut spool = Spool::new(1);
            spool.push(text.as_bytes()).unwrap();
            spool
        };
        let mut diff = ExternalDiff::new(vec!["diff".to_owned(), "-q".to_owned()]).unwrap();
        assert_eq!(diff.run().unwrap(), 0);
        for name in ["a/b", "a_b"] {
            diff.add(name, &mut text("a\n"), &mut text("b\n")).unwrap();
        }
        assert_eq!(std::fs::read_dir(diff.folder.path().join("AFTER")).unwrap().count(), 2);
        let code = diff.run().unwrap();
        assert_eq!(code, 1);
    }
}
