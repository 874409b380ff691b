//! Finds, pins and injects Istio native sidecars in Kubernetes manifests: offline, with the result that istiod would
//! give, and without changing any other byte.

pub mod cli;
pub mod cluster;
pub mod config;
pub mod convert;
pub mod diagnostic;
pub mod explain;
pub mod inject;
pub mod input;
pub mod istio;
pub mod k8s;
pub mod lint;
pub mod output;
pub mod policy;
pub mod run;
