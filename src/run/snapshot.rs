//! `snapshot`: reads the objects of a cluster, and keeps those that decide injection.

use std::collections::BTreeSet;

use super::{LiveReader, MeshUse, saved_objects};
use crate::cluster::client::{Client, ClientError};
use crate::cluster::snapshot::Snapshot;
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::input::Inputs;

/// An input that has nothing for a snapshot.
pub struct UnusedInput {
    /// The file's name.
    pub file: String,
    /// Whether it has output of `kubectl version`.
    pub is_version: bool,
    /// Whether it has documents that are not Kubernetes objects, such as those of `az`.
    pub is_foreign: bool,
}

/// The snapshot of the objects in the inputs, and the inputs that have nothing for it.
pub fn snapshot(inputs: &Inputs) -> Result<(Snapshot, Vec<UnusedInput>), Vec<Diagnostic>> {
    let (mut snapshot, mut used) = (Snapshot::default(), BTreeSet::new());
    let (mut versions, mut foreign) = (BTreeSet::new(), BTreeSet::new());
    let problems = saved_objects(inputs, &mut |object| {
        let files = if snapshot.take(&object.value) {
            &mut used
        } else if object.is_kubectl_version() {
            &mut versions
        } else if object.kind().is_empty() {
            &mut foreign
        } else {
            return;
        };
        if !files.contains(object.file) {
            files.insert(object.file.to_owned());
        }
    });
    if !problems.is_empty() {
        return Err(problems);
    }
    if snapshot.is_empty() {
        let failure = Diagnostic::error(Code::NoInput, ExitCode::Input, "nothing in the input decides injection");
        return Err(vec![
            failure.with_hint("save the ConfigMaps of istiod: kubectl get configmaps -n istio-system -o yaml"),
        ]);
    }
    let files = inputs.sources.iter().map(ToString::to_string).filter(|file| !used.contains(file));
    let unused = files.map(|file| UnusedInput {
        is_version: versions.contains(&file),
        is_foreign: foreign.contains(&file),
        file,
    });
    Ok((snapshot, unused.collect()))
}

/// The snapshot of a live cluster, and the rights that are missing for the rest.
pub fn live_snapshot(client: &Client) -> Result<(Snapshot, Vec<String>), ClientError> {
    let mut reader = LiveReader::new(client);
    let snapshot = reader.snapshot(MeshUse::Sidecars)?;
    Ok((snapshot, reader.missing.into_iter().collect()))
}
