//! `init`: writes a commented project file.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};

use super::output_error;
use super::print::print_bytes;
use crate::config::{FILE_NAME, project_template};
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::input::io_text;

pub(super) fn run() -> Result<ExitCode, Diagnostic> {
    // Fails if there is a file, a folder or a link of this name.
    let created = OpenOptions::new().write(true).create_new(true).open(FILE_NAME);
    let written = created.and_then(|mut file| file.write_all(project_template().as_bytes()));
    match written {
        Ok(()) => print_bytes(format!("{FILE_NAME} created\n").as_bytes()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let message = format!("{FILE_NAME} already exists, and is not overwritten");
            Err(output_error(message).with_hint("edit it, or delete it first"))
        }
        Err(error) => Err(output_error(format!("{FILE_NAME}: {}", io_text(&error)))),
    }
}
