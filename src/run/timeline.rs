//! `timeline`: reads pods, events and logs of proxies, saved or live.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;

use super::{LiveReader, saved_objects};
use crate::cluster::client::{Client, ClientError, Query, Resource};
use crate::cluster::timeline::log::{LogMoment, is_log, moments};
use crate::cluster::timeline::{Collected, Target, Timeline};
use crate::diagnostic::Diagnostic;
use crate::input::{Inputs, Source, decoding_utf16, read};
use crate::istio::names::container::PROXY;
use crate::k8s::Time;

/// How many bytes are read to distinguish a log from objects.
const START: u64 = 8 << 10;

/// The timelines of the pods of a target in the inputs. `default_namespace` is for objects without one.
pub fn timelines(
    inputs: &mut Inputs,
    target: &Target,
    default_namespace: &str,
    now: Time,
) -> Result<Vec<Timeline>, Vec<Diagnostic>> {
    let mut collected = Collected::default();
    let mut problems = Vec::new();
    for source in inputs.sources.extract_if(.., |source| starts_like_log(source)) {
        match read(&source) {
            Ok(text) => collected.logs.extend(moments(&text)),
            Err(error) => problems.push(Diagnostic::from(&error).in_file(source.to_string())),
        }
    }
    problems.extend(saved_objects(inputs, &mut |object| collected.take(&object.value, default_namespace)));
    if !problems.is_empty() {
        return Err(problems);
    }
    collected.timelines(target, now).map_err(|error| vec![Diagnostic::from(&error)])
}

/// The lives of the pods of a target in a live cluster, which can be asked for again and again.
pub struct LiveTimelines<'c> {
    client: &'c Client,
    target: Target,
    /// What was read last.
    last: Collected,
    /// The moments in the proxies' logs, by namespace and name of the pod.
    logs: BTreeMap<(String, String), Vec<LogMoment>>,
}

impl<'c> LiveTimelines<'c> {
    /// Of this target.
    pub fn new(client: &'c Client, target: Target) -> Self {
        Self { client, target, last: Collected::default(), logs: BTreeMap::new() }
    }

    /// Reads the pods, events and logs of proxies. Pods that were there before and are not any more are shown as they were
    /// last.
    pub fn read(&mut self, now: Time) -> Result<(Vec<Timeline>, Vec<String>), Diagnostic> {
        let failed = |error: ClientError| Diagnostic::from(&error);
        let mut reader = LiveReader::new(self.client);
        let mut collected = self.collect(&mut reader).map_err(failed)?;
        collected.keep_gone(std::mem::take(&mut self.last));
        let found = collected.timelines(&self.target, now).map_err(|error| Diagnostic::from(&error))?;
        self.read_logs(&found, &mut reader).map_err(failed)?;
        collected.logs = self.logs.values().flatten().cloned().collect();
        let found = collected.timelines(&self.target, now).map_err(|error| Diagnostic::from(&error));
        self.last = collected;
        Ok((found?, reader.missing.into_iter().collect()))
    }

    /// Reads the logs of the proxies that have started. The logs of pods that are gone stay as they were.
    fn read_logs(&mut self, found: &[Timeline], reader: &mut LiveReader<'_>) -> Result<(), ClientError> {
        let has_log =
            |timeline: &&Timeline| timeline.tracks.iter().any(|track| track.is_proxy && !track.runs.is_empty());
        for Timeline { namespace, name, .. } in found.iter().filter(has_log) {
            if let Some(log) = reader.log(namespace, name, PROXY)? {
                let of_pod = moments(&log).into_iter().map(|moment| LogMoment { pod: Some(name.clone()), ..moment });
                self.logs.insert((namespace.clone(), name.clone()), of_pod.collect());
            }
        }
        Ok(())
    }

    fn collect(&self, reader: &mut LiveReader<'_>) -> Result<Collected, ClientError> {
        let namespace = self.target.namespace.as_deref();
        let name = self.target.pod_name();
        let field = |path: &str| name.map_or_else(String::new, |name| format!("{path}={name}"));
        let mut queries = vec![Query::all(Resource::PODS).with_fields(field("metadata.name"))];
        if name.is_none() {
            queries.extend([Resource::REPLICA_SETS, Resource::JOBS].map(Query::all));
        }
        let of_pods = match name {
            None => "involvedObject.kind=Pod".to_owned(),
            Some(name) => format!("involvedObject.kind=Pod,involvedObject.name={name}"),
        };
        queries.push(Query::all(Resource::EVENTS).with_fields(of_pods));
        let mut collected = Collected::default();
        for query in queries {
            let query = query.in_namespace(namespace);
            reader.list(&query, &mut |object| collected.take(&object.value, namespace.unwrap_or("default")))?;
        }
        Ok(collected)
    }
}

/// Whether a file is a log. Pipes are not looked at, as they can be read only once.
fn starts_like_log(source: &Source) -> bool {
    let Source::File(path) = source else { return false };
    let mut start = Vec::new();
    let looked = source.is_repeatable()
        && File::open(path).and_then(|file| decoding_utf16(file).take(START).read_to_end(&mut start)).is_ok();
    looked && is_log(&String::from_utf8_lossy(&start))
}
