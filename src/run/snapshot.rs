//! `snapshot`: reads the objects of a cluster, and keeps those that decide injection.

use std::collections::BTreeSet;

use super::{LiveReader, MeshUse, saved_objects};
use crate::cluster::client::{Client, ClientError};
use crate::cluster::snapshot::Snapshot;
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::input::Inputs;

/// The snapshot of the objects in the inputs, and the inputs that have nothing for it.
pub fn snapshot(inputs: &Inputs) -> Result<(Snapshot, Vec<String>), Vec<Diagnostic>> {
    let (mut snapshot, mut used) = (Snapshot::default(), BTreeSet::new());
    let problems = saved_objects(inputs, &mut |object| {
        if snapshot.take(&object.value) && !used.contains(object.file) {
            used.insert(object.file.to_owned());
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
    let unused = inputs.sources.iter().map(ToString::to_string).filter(|file| !used.contains(file)).collect();
    Ok((snapshot, unused))
}

/// The snapshot of a live cluster, and the rights that are missing for the rest.
pub fn live_snapshot(client: &Client) -> Result<(Snapshot, Vec<String>), ClientError> {
    let mut reader = LiveReader::new(client);
    let snapshot = reader.snapshot(MeshUse::Sidecars)?;
    Ok((snapshot, reader.missing.into_iter().collect()))
}
