//! API groups in the names of kinds and versions.

/// A kind with its group, as kubectl writes it: `Deployment.apps`, and `Pod` in the core group.
pub fn qualified_kind(kind: &str, group: &str) -> String {
    if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") }
}

/// The API group of an `apiVersion`: the part before the slash; empty for the core group.
pub(crate) fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}
