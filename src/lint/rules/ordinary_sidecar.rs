//! A well-known sidecar among the containers of a Job, which keeps the Job from finishing.
//!
//! ## Why
//!
//! A Job is finished when all its app containers have ended. Proxies of databases, log shippers and collectors run on. As a
//! native sidecar, an init container with `restartPolicy: Always`, they run as long as the app containers and no longer.
//!
//! The rule knows sidecars by the names of their images. It does not look at a container that runs a script, nor at one that
//! can be ended by a call (`--quitquitquit`), nor at the only container of a Job.
//!
//! This rule is not in the default set: select it with `--select ordinary-sidecar`.
//!
//! ## Example
//!
//! ```yaml
//! kind: Job
//! spec:
//!   template:
//!     spec:
//!       containers:
//!       - name: migrate
//!         image: registry.example.com/migrate:1
//!       - name: sql
//!         image: gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.14.1
//! ```
//!
//! Write instead:
//!
//! ```yaml
//! kind: Job
//! spec:
//!   template:
//!     spec:
//!       initContainers:
//!       - name: sql
//!         image: gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.14.1
//!         restartPolicy: Always
//!       containers:
//!       - name: migrate
//!         image: registry.example.com/migrate:1
//! ```
//!
//! ## Fix
//!
//! None: the order of containers, probes and `postStart` handlers mean something else among init containers.
//!
//! ## Source
//!
//! Kubernetes 1.29.
//! [Kubernetes: sidecar containers and Jobs](https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/)

use crate::inject::Group;
use crate::lint::commands::CommandLine;
use crate::lint::context::{ANY, Container, Pod};
use crate::lint::finding::Findings;
use crate::lint::rule::{Check, Rule, Severity};
use crate::lint::shell::base_name;

pub(super) static RULE: Rule = Rule {
    name: "ordinary-sidecar",
    severity: Severity::Info,
    is_default: false,
    checks: &[Check::Pod { proxies: ANY, find }],
    source: include_str!("ordinary_sidecar.rs"),
};

/// Images of programs that run beside others and do not end by themselves.
const IMAGES: [&str; 19] = [
    "alloydb-auth-proxy",
    "aws-xray-daemon",
    "cloud-sql-proxy",
    "consul-dataplane",
    "daprd",
    "envoy",
    "filebeat",
    "fluent-bit",
    "fluentd",
    "gce-proxy",
    "jaeger-agent",
    "linkerd2-proxy",
    "oauth2-proxy",
    "opentelemetry-collector",
    "opentelemetry-collector-contrib",
    "otelcol",
    "promtail",
    "statsd-exporter",
    "telegraf",
];

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    if !pod.workload.is_job() {
        return;
    }
    let containers = pod.containers().into_iter();
    let apps: Vec<Container<'_>> = containers.filter(|container| container.list == Group::Containers).collect();
    let sidecars: Vec<(&Container<'_>, &str)> =
        apps.iter().filter_map(|container| Some((container, sidecar(container)?))).collect();
    if sidecars.len() == apps.len() {
        return;
    }
    for (container, image) in sidecars {
        let message = format!("{image} runs on when the others have ended, and the Job never finishes");
        let found = findings.add(container.node.id(), message);
        found.help("make it a native sidecar: an init container with restartPolicy: Always");
    }
}

/// The name of the image, if it is one of a sidecar that nothing ends.
fn sidecar<'c>(container: &Container<'c>) -> Option<&'c str> {
    let image = base_name(container.node.get("image")?.text()?);
    let name = image.split(['@', ':']).next().unwrap_or(image);
    let ends = CommandLine::of_container(container)
        .is_some_and(|line| line.runs_script() || line.texts().iter().any(|text| text.contains("quitquitquit")));
    (IMAGES.contains(&name) && !ends).then_some(name)
}
