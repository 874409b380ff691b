//! The tools that people use this program through, as they really are: `tests/clients/install` gets them.
//!
//! Each test is ignored in a plain `cargo test`, which must pass without them; `.ci/run` runs them.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a tool that does not answer as it should is a failure"
)]

mod argocd;
mod ci;
mod docs;
mod helm;
mod krew;
mod kubectl;
mod kustomize;
mod pre_commit;
mod server;
mod site;
