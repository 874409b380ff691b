//! The exit codes of the program.

/// How a command ended, for the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// Everything was done, and nothing differs.
    Success = 0,
    /// Differences were found, or something that `--check` must report.
    Differences = 1,
    /// The command line, the project file or the configuration of a function is wrong.
    Usage = 2,
    /// An input cannot be read or parsed, or the mesh would refuse a workload.
    Input = 3,
    /// The configuration of the mesh cannot be read or rendered.
    Mesh = 4,
    /// A cluster cannot be asked.
    Cluster = 5,
    /// The output cannot be written.
    Output = 6,
    /// A bug in this program.
    Internal = 70,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}
