//! Runs the diff program in `KUBECTL_EXTERNAL_DIFF` on two folders, as `kubectl diff` does.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use super::Spool;
use super::cleanup::{self, Temporary, hold};

/// The bytes of file content held in memory before it is spooled to disk.
const IN_MEMORY: usize = 8 << 20;

/// The program and arguments in `KUBECTL_EXTERNAL_DIFF`. As in kubectl, they are separated by spaces, and arguments with
/// other characters than letters, digits, `-` and `=` are dropped. `None` if it is empty or names this program.
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

/// A diff shown by another program: two folders with the changed files. File contents are spooled, and only written to
/// the folders when the program runs.
#[derive(Debug)]
pub struct ExternalDiff {
    command: Vec<String>,
    /// The contents of all files, each as old then new.
    texts: Spool,
    files: Vec<Pair>,
    names: HashSet<String>,
}

/// A file in both folders, with its old and new length.
#[derive(Debug)]
struct Pair {
    name: String,
    lengths: [u64; 2],
}

/// Why the diff program failed.
#[derive(Debug, thiserror::Error)]
pub enum ExternalDiffError {
    /// The two folders cannot be written.
    #[error("cannot write the files for {program} (KUBECTL_EXTERNAL_DIFF): {error}")]
    Copies {
        /// The program.
        program: String,
        /// The cause.
        error: io::Error,
    },
    /// The program cannot be started.
    #[error("cannot run {program} (KUBECTL_EXTERNAL_DIFF): {error}")]
    Run {
        /// The program.
        program: String,
        /// The cause.
        error: io::Error,
    },
    /// The program exited with a code above 1.
    #[error("{program} (KUBECTL_EXTERNAL_DIFF) failed: {status}")]
    Failed {
        /// The program.
        program: String,
        /// The exit status.
        status: ExitStatus,
    },
}

impl ExternalDiff {
    /// A diff by `command`, without files.
    pub fn new(command: Vec<String>) -> Self {
        Self { command, texts: Spool::new(IN_MEMORY), files: Vec::new(), names: HashSet::new() }
    }

    /// Adds a file with its old and new content.
    pub fn add(&mut self, name: &str, old: &mut Spool, new: &mut Spool) -> io::Result<()> {
        let flat = flat(name);
        let mut name = flat.clone();
        while !self.names.insert(name.clone()) {
            name = format!("{}_{flat}", self.names.len());
        }
        let lengths = [old.len(), new.len()];
        old.copy_to(&mut self.texts)?;
        new.copy_to(&mut self.texts)?;
        self.files.push(Pair { name, lengths });
        Ok(())
    }

    /// Runs the program on the two folders. Does nothing if no file was added.
    pub fn run(self) -> Result<(), ExternalDiffError> {
        let Some((program, arguments)) = self.command.split_first().filter(|_| !self.files.is_empty()) else {
            return Ok(());
        };
        let copies = Copies::new(self.texts, &self.files)
            .map_err(|error| ExternalDiffError::Copies { program: program.clone(), error })?;
        let status = cleanup::run(Command::new(program).args(arguments).args(copies.folders()));
        match status {
            Ok(status) if matches!(status.code(), Some(0 | 1)) => Ok(()),
            Ok(status) => Err(ExternalDiffError::Failed { program: program.clone(), status }),
            Err(error) => Err(ExternalDiffError::Run { program: program.clone(), error }),
        }
    }
}

/// `name` as a file name: without folders, because `diff` does not recurse, and short enough for any file system.
fn flat(name: &str) -> String {
    const MAX_BYTES: usize = 200;
    let (_, end) = name.split_at(name.ceil_char_boundary(name.len().saturating_sub(MAX_BYTES)));
    end.chars().map(|c| if matches!(c, '/' | '\\' | ':') || c.is_control() { '_' } else { c }).collect()
}

/// The two folders, readable by their owner only. They are removed when this is dropped.
struct Copies(Temporary);

impl Copies {
    fn new(texts: Spool, files: &[Pair]) -> io::Result<Self> {
        let mut texts = texts.reader()?;
        let copies = {
            let mut held = hold();
            let folder = tempfile::Builder::new().prefix("nativesidecar-diff-").tempdir()?;
            only_for_owner(folder.path(), 0o700)?;
            Self(held.keep(folder.keep()))
        };
        for folder in copies.folders() {
            let _held = hold();
            fs::create_dir(&folder)?;
            only_for_owner(&folder, 0o700)?;
        }
        for Pair { name, lengths } in files {
            for (folder, length) in copies.folders().iter().zip(lengths) {
                let _held = hold();
                let path = folder.join(name);
                let mut file = File::create_new(&path)?;
                only_for_owner(&path, 0o600)?;
                io::copy(&mut texts.by_ref().take(*length), &mut file)?;
            }
        }
        Ok(copies)
    }

    fn folders(&self) -> [PathBuf; 2] {
        ["BEFORE", "AFTER"].map(|name| self.0.path().join(name))
    }
}

/// Sets the mode of a new file or folder, independent of the umask.
fn only_for_owner(path: &Path, mode: u32) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
    }
    #[cfg(not(unix))]
    {
        let _ = (path, mode);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_is_parsed_as_by_kubectl() {
        assert_eq!(external_diff("diff -u --y=a.b  -N").unwrap(), ["diff", "-u", "-N"]);
        assert!(external_diff("").is_none());
        assert!(external_diff("/usr/bin/kubectl-nativesidecar diff").is_none());
    }

    #[test]
    fn files_with_the_same_flat_name_are_both_shown() {
        let text = |text: &str| {
            let mut spool = Spool::new(1);
            spool.push(text.as_bytes()).unwrap();
            spool
        };
        let diff = |words: &[&str]| ExternalDiff::new(words.iter().map(ToString::to_string).collect());
        diff(&["no-such-program"]).run().unwrap();
        for (count, script) in [("2", "ls \"$1\" | wc -l | grep -q 2"), ("text", "grep -qr b \"$1\"")] {
            let mut diff = diff(&["sh", "-c", script, "sh"]);
            for name in ["a/b", "a_b"] {
                diff.add(name, &mut text("a\n"), &mut text("b\n")).unwrap();
            }
            diff.run().unwrap_or_else(|error| panic!("{count}: {error}"));
        }
    }
}
