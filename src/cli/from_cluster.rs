//! `--from-cluster`: the mesh of a live cluster, for commands that work on manifests.

use clap::Args;

use super::connection::ConnectionArgs;
use super::saved::report_missing;
use crate::config::MeshSettings;
use crate::diagnostic::Diagnostic;
use crate::run::{LiveReader, MeshUse};

#[derive(Args)]
pub(super) struct FromClusterArgs {
    /// Use the mesh of a live cluster, as snapshot would save it
    #[arg(long, conflicts_with_all = ["mesh_files", "platform"], help_heading = "Which cluster")]
    from_cluster: bool,
    #[command(flatten)]
    connection: ConnectionArgs,
}

impl FromClusterArgs {
    /// Refuses the mesh of a cluster beside a flag that compares meshes.
    pub(super) fn refuse_with(&self, flag: &str) -> Result<(), Diagnostic> {
        if !self.from_cluster {
            return Ok(());
        }
        let hint = "save the mesh first: kubectl nativesidecar snapshot > mesh.yaml, and pass --mesh-file mesh.yaml";
        Err(Diagnostic::usage(format!("--from-cluster and {flag} exclude each other"), Some(hint.to_owned())))
    }

    /// The settings with the mesh of the cluster, if it is asked for. It replaces the mesh files of the project file.
    pub(super) fn over(&self, settings: MeshSettings) -> Result<MeshSettings, Diagnostic> {
        if !self.from_cluster {
            let hint = || Some("the mesh of that cluster is read with --from-cluster only".to_owned());
            let misplaced = self.connection.given();
            return misplaced.map_or(Ok(settings), |flag| {
                Err(Diagnostic::usage(format!("{flag} requires --from-cluster"), hint()))
            });
        }
        let client = self.connection.connect()?;
        let mut reader = LiveReader::new(&client);
        let file = reader.mesh_file(MeshUse::Sidecars).map_err(|error| Diagnostic::from(&error))?;
        report_missing(&reader.missing.into_iter().collect::<Vec<_>>());
        Ok(MeshSettings { mesh_files: Vec::new(), platform: None, mesh_texts: vec![file], ..settings })
    }
}
