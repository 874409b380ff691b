//! The flags that say which mode workloads are to have.

use clap::{Args, ValueEnum};

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
