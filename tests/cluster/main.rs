//! The commands that ask clusters, on a real API server with real controllers. `tests/cluster/install` builds it.
//!
//! There are no kubelets: `kubelet` reports the states that they would. The webhook injects by this program's library.
//! All tests are ignored in a plain `cargo test`, which must pass without the server. `.ci/run` runs them.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "an unexpected answer of a server is a failure"
)]

mod api;
mod control_plane;
mod docs;
mod kubelet;
#[path = "../clients/pages.rs"]
mod pages;
mod policy;
mod random_pods;
mod rollout;
#[path = "../clients/site.rs"]
mod site;
mod webhook;
