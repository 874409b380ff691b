//! See, pin and pre-render Istio native sidecars in Kubernetes manifests: offline, exactly as istiod would, without
//! touching another byte.

pub mod cli;
pub mod config;
pub mod diagnostic;
pub mod inject;
pub mod input;
pub mod istio;
pub mod k8s;
pub mod output;
pub mod run;
