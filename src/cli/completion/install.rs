//! `completion install`: puts the executable that kubectl asks for completion on the PATH. krew links only the program.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::failure;
use super::protocol::EXECUTABLE;
use crate::cli::{PROGRAM, output_error};
use crate::diagnostic::{Diagnostic, ExitCode};

#[derive(clap::Args)]
pub(super) struct Args {
    /// The folder to put it into; not given: the one on the PATH that has kubectl-nativesidecar
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(super) fn run(args: Args) -> Result<ExitCode, Diagnostic> {
    let folder = match args.dir {
        Some(folder) => folder,
        None => folder_of_program().ok_or_else(|| {
            let message = format!("{PROGRAM} is in no folder of the PATH: kubectl does not find it either");
            Diagnostic::usage(message, Some("put it there, or say --dir DIR".to_owned()))
        })?,
    };
    let program = folder.join(format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX));
    let link = folder.join(format!("{EXECUTABLE}{}", std::env::consts::EXE_SUFFIX));
    if !program.exists() {
        let message = format!("{}: {PROGRAM} is not in this folder", folder.display());
        return Err(output_error(message).with_hint("put both into one folder"));
    }
    put(&program, &link).map_err(|error| failure(&link.display().to_string(), &error))?;
    let _ = writeln!(io::stderr(), "{}: kubectl completes nativesidecar by it", link.display());
    Ok(ExitCode::Success)
}

/// The first folder of the PATH that has the program.
fn folder_of_program() -> Option<PathBuf> {
    let name = format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).find(|folder| folder.join(&name).is_file())
}

/// A link beside the program, which stays right when the program is replaced.
#[cfg(unix)]
fn put(program: &Path, link: &Path) -> io::Result<()> {
    let name = program.file_name().unwrap_or_default();
    match std::fs::read_link(link) {
        Ok(to) if to == Path::new(name) => return Ok(()),
        Ok(_) => std::fs::remove_file(link)?,
        Err(_) if link.exists() => return Err(io::Error::other("a file of this name is there, and no link")),
        Err(_) => {}
    }
    std::os::unix::fs::symlink(name, link)
}

/// A copy of the program: links are for administrators here.
#[cfg(not(unix))]
fn put(program: &Path, link: &Path) -> io::Result<()> {
    std::fs::copy(program, link).map(drop)
}
