//! See, pin and pre-render Istio native sidecars in Kubernetes manifests: offline, exactly as istiod would, without
//! touching another byte.

pub mod inject;
pub mod istio;
pub mod strategicpatch;
pub mod yaml;
