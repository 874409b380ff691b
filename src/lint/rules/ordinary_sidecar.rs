//! A well-known sidecar among the containers of a Job, which keeps the Job from finishing.
//!
//! ## Why
//!
//! A Job is finished when all its app containers have ended. Proxies of databases, log shippers and collectors run on. As a
//! native sidecar, an init container with `restartPolicy: Always`, they run as long as the app containers and no longer.
//!
//! The rule knows the sidecars that `convert --list` lists, by the names of their images. It does not look at a container
//! that runs a script, nor at one that ends by itself (`--one-time`) or by a call (`--quitquitquit`), nor at the only
//! container of a Job.
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
//! None: among init containers, order, probes and `postStart` handlers have another meaning.
//! `kubectl nativesidecar convert --container NAME` moves the container, and reports what that changes.
//!
//! ## Source
//!
//! Kubernetes 1.29.
//! [Kubernetes: sidecar containers and Jobs](https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/)

use crate::convert::KnownSidecar;
use crate::inject::Group;
use crate::k8s::shell_word;
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

/// Flags with which a sidecar ends: by itself, or by a call.
const ENDS: [&str; 2] = ["quitquitquit", "--one-time"];

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
        let message = format!("{image} keeps running when the others have ended, and the Job never finishes");
        let name = container.node.get("name").and_then(|name| name.text()).unwrap_or(image);
        let found = findings.add(container.node.id(), message);
        found.help(format!("make it a native sidecar: kubectl nativesidecar convert --container {}", shell_word(name)));
    }
}

/// The name of the image, if it is one of a sidecar that nothing ends.
fn sidecar<'c>(container: &Container<'c>) -> Option<&'c str> {
    let image = container.node.get("image")?.text()?;
    let line = CommandLine::of_container(container);
    let words = line.as_ref().map(CommandLine::texts).unwrap_or_default();
    KnownSidecar::of(image, &words)?;
    let ends = line.is_some_and(|line| line.runs_script())
        || words.iter().any(|word| ENDS.iter().any(|flag| word.contains(flag)));
    let image = base_name(image);
    (!ends).then(|| image.split(['@', ':']).next().unwrap_or(image))
}
