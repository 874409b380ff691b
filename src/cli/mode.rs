//! The flags that choose the mode.

use clap::{Args, ValueEnum};

use super::project::Chosen;
use crate::config::ModeSetting;
use crate::inject::ModeRequest;
use crate::istio::native::Mode;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ModeArg {
    /// A native sidecar, everywhere
    Native,
    /// A regular sidecar, everywhere
    Regular,
    /// As the mesh decides: the annotation is left alone
    Mesh,
}

impl ModeArg {
    /// What is to become of the annotation, of which valid values stay if `keep_existing`.
    pub(super) fn request(self, keep_existing: bool) -> ModeRequest {
        match self {
            Self::Native => ModeRequest::Set { mode: Mode::Native, keep_existing },
            Self::Regular => ModeRequest::Set { mode: Mode::Regular, keep_existing },
            Self::Mesh => ModeRequest::Mesh,
        }
    }
}

#[derive(Args)]
#[command(next_help_heading = "What they become")]
pub(super) struct ModeArgs {
    /// Set the annotation to this mode, whatever it is; without it: to native where there is none, and misspelt values are
    /// repaired
    #[arg(long, value_name = "MODE")]
    pub mode: Option<ModeArg>,
    /// With --mode native or regular: keep valid annotations, and repair misspelt ones to what they mean
    #[arg(long, requires = "mode")]
    pub keep_existing: bool,
}

impl ModeArgs {
    /// What is to become of the annotation: as the command line says, else the project file.
    pub(super) fn request(&self, chosen: &Chosen) -> ModeRequest {
        let by_project = chosen.mode.map(|mode| match mode {
            ModeSetting::Native => ModeArg::Native,
            ModeSetting::Regular => ModeArg::Regular,
            ModeSetting::Mesh => ModeArg::Mesh,
        });
        let project_keeps = chosen.project.as_ref().is_some_and(|p| p.settings.keep_existing);
        let keep_existing = self.keep_existing || (self.mode.is_none() && project_keeps);
        let mode = self.mode.or(by_project);
        mode.map_or(ModeRequest::NativeIfAbsent, |mode| mode.request(keep_existing))
    }
}
