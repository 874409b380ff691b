//! The diff program of the user's choice, as `kubectl diff` calls it: `KUBECTL_EXTERNAL_DIFF` with two folders.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use super::Spool;
use super::cleanup::{self, Temporary, hold};

/// How much of the texts is held in memory, in bytes.
const IN_MEMORY: usize = 8 << 20;

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

/// A diff that another program is to show: two folders, with the files that change. Until it runs, their texts have no
/// name on any disk.
#[derive(Debug)]
pub struct ExternalDiff {
    command: Vec<String>,
    /// The files, each before and after, one behind the other.
    texts: Spool,
    files: Vec<Pair>,
    names: HashSet<String>,
}

/// A file in both folders, and how long it is before and after.
#[derive(Debug)]
struct Pair {
    name: String,
    lengths: [u64; 2],
}

/// Why another program showed no diff.
#[derive(Debug, thiserror::Error)]
pub enum ExternalDiffError {
    /// Its copies cannot be made.
    #[error("the copies for {program} (KUBECTL_EXTERNAL_DIFF): {error}")]
    Copies {
        /// The program.
        program: String,
        /// Why.
        error: io::Error,
    },
    /// It cannot be run.
    #[error("{program} (KUBECTL_EXTERNAL_DIFF) cannot be run: {error}")]
    Run {
        /// The program.
        program: String,
        /// Why.
        error: io::Error,
    },
    /// It failed.
    #[error("{program} (KUBECTL_EXTERNAL_DIFF) failed: {status}")]
    Failed {
        /// The program.
        program: String,
        /// How it ended.
        status: ExitStatus,
    },
}

impl ExternalDiff {
    /// One for `command`, without files yet.
    pub fn new(command: Vec<String>) -> Self {
        Self { command, texts: Spool::new(IN_MEMORY), files: Vec::new(), names: HashSet::new() }
    }

    /// Adds the file that people know as `name`, before and after.
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

    /// Runs the program over the two folders if there is a file in them.
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

/// A name without folders, since `diff` does not go into those below, and not longer than file systems take.
fn flat(name: &str) -> String {
    const MOST: usize = 200;
    let (_, end) = name.split_at(name.ceil_char_boundary(name.len().saturating_sub(MOST)));
    end.chars().map(|c| if matches!(c, '/' | '\\' | ':') || c.is_control() { '_' } else { c }).collect()
}

/// The two folders, which nobody else can read. They go with this value.
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

/// Sets the mode of what was made, whatever the umask is.
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
