//! The flags that choose the mode.

use clap::Args;

use crate::config::{ModeSetting, ProjectChoice};
use crate::inject::ModeRequest;
use crate::run::mode_request;

#[derive(Args)]
#[command(next_help_heading = "What they become")]
pub(super) struct ModeArgs {
    /// Set the annotation to this mode, whatever it is; without it: to native where there is none, and misspelt values are
    /// repaired
    #[arg(long, value_name = "MODE")]
    mode: Option<ModeSetting>,
    /// With --mode native or regular: keep valid annotations, and repair misspelt ones to what they mean
    #[arg(long, requires = "mode")]
    keep_existing: bool,
}

impl ModeArgs {
    /// What becomes of the annotation: as the command line says, else the project file.
    pub(super) fn request(&self, choice: &ProjectChoice) -> ModeRequest {
        mode_request(self.mode, self.keep_existing, choice)
    }
}
