//! Tests with the real tools that call this program. `tests/clients/install` installs them.
//!
//! All tests are ignored in a plain `cargo test`, which must pass without the tools. `.ci/run` runs them.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "an unexpected answer of a tool is a failure"
)]

mod argocd;
mod ci;
mod docs;
mod extras;
mod helm;
mod krew;
mod kubectl;
mod kustomize;
mod pages;
mod pre_commit;
mod server;
mod site;
