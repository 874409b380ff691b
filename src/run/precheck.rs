//! `precheck`: reads the facts about a live cluster.

use serde_json::{Value, json};

use super::live::LiveReader;
use crate::cluster::client::{Client, ClientError, Query, Resource};
use crate::cluster::precheck::{Facts, Probe};
use crate::cluster::saved::SavedObject;
use crate::diagnostic::Diagnostic;

/// The name of what does not come from a list, for errors.
const SERVER: &str = "the API server";

/// Adds what a live cluster answers to the facts.
pub fn live_facts(client: &Client, facts: &mut Facts) -> Result<(), Vec<Diagnostic>> {
    let mut wrong = Vec::new();
    let read = read(client, facts, &mut wrong);
    wrong.extend(read.as_ref().err().map(Diagnostic::from));
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

fn read(client: &Client, facts: &mut Facts, wrong: &mut Vec<Diagnostic>) -> Result<(), ClientError> {
    let version = client.server_version()?;
    let document = |value: Value| SavedObject { value, file: SERVER, line: 1 };
    wrong.extend(facts.take(&document(json!({"serverVersion": version}))).err());
    let mut reader = LiveReader::new(client);
    reader.list_mesh(&mut |object| wrong.extend(facts.take(&object).err()))?;
    reader.list_setters(&mut |object| wrong.extend(facts.take(&object).err()))?;
    // Of pods, only those of Jobs that may hang; of events, only those about pods that are refused.
    let queries = [
        Query::all(Resource::DAEMON_SETS),
        Query::all(Resource::LIMIT_RANGES),
        Query::all(Resource::RESOURCE_QUOTAS),
        Query::all(Resource::PODS).with_labels("job-name").with_fields("status.phase=Running"),
        Query::all(Resource::EVENTS).with_fields("reason=FailedCreate"),
    ];
    for query in &queries {
        if reader.list(query, &mut |object| wrong.extend(facts.take(&object).err()))? {
            facts.note_listed(query.resource.name);
        }
    }
    facts.note_live(reader.missing);
    Ok(())
}

/// Asks a cluster, in a dry run, to create a pod with a native sidecar in this namespace. Nothing is stored.
pub fn live_probe(client: &Client, namespace: &str, facts: &mut Facts) -> Result<(), Diagnostic> {
    let probe = match client.dry_run(Resource::PODS, namespace, &Probe::pod()) {
        Ok(pod) => Probe::of(&pod).ok_or("the pod came back without its sidecar".to_owned()),
        Err(ClientError::Refused { message, .. }) => Err(message),
        Err(error @ (ClientError::Forbidden { .. } | ClientError::NotFound { .. })) => Err(error.to_string()),
        Err(error) => return Err(Diagnostic::from(&error)),
    };
    facts.note_probe(probe.unwrap_or_else(|why| Probe::refused(namespace, why)));
    Ok(())
}
