//! The flags that choose the mode.

use clap::Args;

use crate::config::{ModeSetting, ProjectChoice};
use crate::diagnostic::Diagnostic;
use crate::inject::ModeRequest;
use crate::input::Inputs;
use crate::output::RunInfo;
use crate::run::{PathRequests, mode_request};

#[derive(Args)]
#[command(next_help_heading = "What they become")]
pub(super) struct ModeArgs {
    /// Set the annotation to this mode, replacing other values; by default, add native where the annotation is missing, and
    /// repair misspelt values
    #[arg(long, value_name = "MODE")]
    mode: Option<ModeSetting>,
    /// With --mode native or regular: keep valid annotations, and repair misspelt ones
    #[arg(long, requires = "mode")]
    keep_existing: bool,
}

impl ModeArgs {
    /// The request of the command line, or else of the project file.
    pub(super) fn request(&self, choice: &ProjectChoice) -> ModeRequest {
        mode_request(self.mode, self.keep_existing, choice)
    }

    /// The requests of the project file for some paths, unless the command line has a mode. Warns of those that match
    /// nothing.
    pub(super) fn paths(
        &self,
        choice: &ProjectChoice,
        inputs: &Inputs,
        info: &mut RunInfo,
    ) -> Result<PathRequests, Diagnostic> {
        let paths = PathRequests::of(self.mode, choice)?;
        info.warnings.extend(paths.warnings(inputs));
        Ok(paths)
    }
}
