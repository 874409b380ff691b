//! The flags that say which mode workloads are to have.

use clap::{Args, ValueEnum};

use super::project::Chosen;
use crate::config::ModeSetting;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ModeArg {
    /// A native sidecar, everywhere
    Native,
    /// A regular sidecar, everywhere
    Regular,
    /// As the mesh decides: the annotation is left alone
    Mesh,
}

#[derive(Args)]
#[command(next_help_heading = "What they become")]
pub(super) struct ModeArgs {
    /// Set the annotation to this mode; not given: native where no valid annotation stands
    #[arg(long, value_name = "MODE")]
    pub mode: Option<ModeArg>,
    /// With --mode native or regular: leave valid annotations as they are
    #[arg(long, requires = "mode")]
    pub keep_existing: bool,
}

impl ModeArgs {
    /// The mode, and whether valid annotations stay: as the command line says, else the project.
    pub(super) fn chosen(&self, chosen: &Chosen) -> (Option<ModeArg>, bool) {
        let by_project = chosen.target.mode.map(|mode| match mode {
            ModeSetting::Native => ModeArg::Native,
            ModeSetting::Regular => ModeArg::Regular,
            ModeSetting::Mesh => ModeArg::Mesh,
        });
        let keeps = chosen.project.as_ref().is_some_and(|p| p.settings.keep_existing);
        (self.mode.or(by_project), self.keep_existing || (self.mode.is_none() && keeps))
    }
}
