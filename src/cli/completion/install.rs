//! `completion install`: puts the executable that kubectl runs for completion on the PATH. krew links only the program.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::failure;
use super::protocol::EXECUTABLE;
use crate::cli::{PROGRAM, output_error};
use crate::diagnostic::{Diagnostic, ExitCode};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Folder to install it into; by default the one on the PATH that has kubectl-nativesidecar
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(super) fn run(args: Args) -> Result<ExitCode, Diagnostic> {
    let folder = match args.dir {
        Some(folder) => folder,
        None => folder_of_program().ok_or_else(|| {
            let message = format!("{PROGRAM} is not on the PATH, where kubectl looks for it");
            Diagnostic::usage(message, Some("move it there, or pass --dir DIR".to_owned()))
        })?,
    };
    let program = folder.join(format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX));
    let link = folder.join(format!("{EXECUTABLE}{}", std::env::consts::EXE_SUFFIX));
    if !program.exists() {
        let message = format!("{}: {PROGRAM} is not in this folder", folder.display());
        return Err(output_error(message).with_hint("install both into the same folder"));
    }
    put(&program, &link).map_err(|error| failure(&link.display().to_string(), &error))?;
    let _ = writeln!(io::stderr(), "{}: kubectl now completes nativesidecar", link.display());
    Ok(ExitCode::Success)
}

/// The first folder of the PATH that has the program.
fn folder_of_program() -> Option<PathBuf> {
    let name = format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).find(|folder| folder.join(&name).is_file())
}

/// Makes a link to the program, which survives updates of it.
#[cfg(unix)]
fn put(program: &Path, link: &Path) -> io::Result<()> {
    let name = program.file_name().unwrap_or_default();
    match std::fs::read_link(link) {
        Ok(to) if to == Path::new(name) => return Ok(()),
        Ok(_) => std::fs::remove_file(link)?,
        Err(_) if link.exists() => return Err(io::Error::other("a file with this name exists, and it is not a link")),
        Err(_) => {}
    }
    std::os::unix::fs::symlink(name, link)
}

/// Makes a copy of the program: only administrators can make links.
#[cfg(not(unix))]
fn put(program: &Path, link: &Path) -> io::Result<()> {
    std::fs::copy(program, link).map(drop)
}
