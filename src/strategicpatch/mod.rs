//! Kubernetes' strategic merge patch over JSON values.
