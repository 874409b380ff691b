//! The one place where an overlay meets a pod: Kubernetes' strategic merge.

use serde_json::Value;

use super::error::InjectError;
use crate::strategicpatch::{self, Kind};

/// Merges `overlay` onto `pod`, both of the form `{"metadata": …, "spec": …}`.
pub(super) fn overlay(pod: Value, overlay: Value) -> Result<Value, InjectError> {
    strategicpatch::merge(pod, overlay, Kind::Pod).map_err(|error| InjectError::Merge(error.to_string()))
}
