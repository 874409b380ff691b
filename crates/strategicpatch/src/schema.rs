//! The fields of the Kubernetes API: their types, patch strategies and merge keys.
//!
//! The table is in `table.rs`.

use super::error::Problem;
use super::table;

/// The kinds of Kubernetes objects that can be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `v1`, `Pod`. Also for an object with only the `metadata` and `spec` of a pod.
    Pod,
    /// `v1`, `PodTemplate`
    PodTemplate,
    /// `apps/v1`, `Deployment`
    Deployment,
    /// `apps/v1`, `StatefulSet`
    StatefulSet,
    /// `apps/v1`, `DaemonSet`
    DaemonSet,
    /// `batch/v1`, `Job`
    Job,
    /// `batch/v1`, `CronJob`
    CronJob,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 7] =
        [Self::Pod, Self::PodTemplate, Self::Deployment, Self::StatefulSet, Self::DaemonSet, Self::Job, Self::CronJob];

    /// The rules of all lists of this kind, and of all other fields with a patch strategy.
    pub fn rules(self) -> Vec<PatchRule> {
        let mut rules = Vec::new();
        collect_rules(self.structure(), "", &mut rules);
        rules
    }

    /// The kind of an object. `None` if the table does not have it. Kinds with the same pod template share one.
    pub fn of(api_version: &str, kind: &str) -> Option<Self> {
        Some(match (api_version, kind) {
            ("v1", "Pod") => Self::Pod,
            ("v1", "PodTemplate") => Self::PodTemplate,
            ("apps/v1", "Deployment" | "ReplicaSet") | ("v1", "ReplicationController") => Self::Deployment,
            ("apps/v1", "StatefulSet") => Self::StatefulSet,
            ("apps/v1", "DaemonSet") => Self::DaemonSet,
            ("batch/v1", "Job") => Self::Job,
            ("batch/v1", "CronJob") => Self::CronJob,
            _ => return None,
        })
    }

    /// The type of its objects.
    pub fn structure(self) -> &'static Struct {
        match self {
            Self::Pod => &table::Pod,
            Self::PodTemplate => &table::PodTemplate,
            Self::Deployment => &table::Deployment,
            Self::StatefulSet => &table::StatefulSet,
            Self::DaemonSet => &table::DaemonSet,
            Self::Job => &table::Job,
            Self::CronJob => &table::CronJob,
        }
    }
}

/// How a field of a kind is merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatchRule {
    /// The path of the field, such as `spec.containers[].env[]`. That of a list ends in `[]`.
    pub path: String,
    /// Whether the value, or each item of a list, is an object with declared fields.
    pub of_objects: bool,
    /// What happens to the original's list. Without meaning for other fields.
    pub strategy: Strategy,
    /// Whether patches for this field contain `$retainKeys`. Merging does not depend on it.
    pub retain_keys: bool,
}

/// Kubernetes' `patchStrategy` of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// The patch's list replaces the original's.
    Replace,
    /// The patch's list is merged into the original's.
    Merge {
        /// The field that identifies an item (`patchMergeKey`). `None` for a list of scalars.
        key: Option<&'static str>,
    },
}

/// A type of the Kubernetes API.
#[derive(Debug)]
pub struct Struct {
    /// The name in Go.
    pub name: &'static str,
    /// The fields, in the order of Go's declaration.
    pub fields: &'static [Field],
}

/// A field of a type.
#[derive(Debug)]
pub struct Field {
    /// The name in JSON.
    pub name: &'static str,
    /// The form of its Go type.
    pub shape: Shape,
    /// The type of the value or of the list's items, unless that is a type with fields.
    pub scalar: Scalar,
    /// Whether Go writes the zero value, too (without `omitempty`).
    pub required: bool,
    /// The type of the value or of the list's items, if it has fields.
    pub fields: Option<&'static Struct>,
    /// How a patch is applied to it.
    pub strategy: Strategy,
    pub(super) retain_keys: bool,
}

impl Struct {
    /// Finds a field as Go's JSON decoder does: by its name, or else by its name in any case.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        let exact = self.fields.iter().find(|field| field.name == name);
        exact.or_else(|| self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)))
    }
}

/// The fields that are known for a part of a document.
pub(super) type Fields = Option<&'static Struct>;

/// The form of a Go type. In Kubernetes, a list may replace a list in a field that is a pointer, but not in one that is
/// another value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A value
    Value,
    /// A pointer
    Pointer,
    /// A list
    List,
}

/// The type of a value without declared fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    /// `string`, or a named string type
    String,
    /// `bool`
    Bool,
    /// `int32`
    Int32,
    /// `int64`
    Int64,
    /// `metav1.Time` or `MicroTime`: a string in JSON
    Time,
    /// `resource.Quantity`: a string or a number in JSON
    Quantity,
    /// `intstr.IntOrString`
    IntOrString,
    /// `map[string]string`
    Strings,
    /// `map[…]resource.Quantity`
    Quantities,
    /// Anything
    Any,
}

/// The fields of the object `key`, which both documents have.
pub(super) fn object_field(owner: Fields, key: &str) -> Result<Fields, Problem> {
    let field = find(owner, key)?;
    Ok(if field.shape == Shape::List { None } else { field.fields })
}

/// The field of the list `key`, which both documents have.
pub(super) fn list_field(owner: Fields, key: &str) -> Result<&'static Field, Problem> {
    let field = find(owner, key)?;
    if field.shape == Shape::Value { Err(Problem::NotAList) } else { Ok(field) }
}

/// The field of this name, see [`Struct::field`].
pub(super) fn find(owner: Fields, key: &str) -> Result<&'static Field, Problem> {
    let owner = owner.ok_or(Problem::NoFields)?;
    owner.field(key).ok_or_else(|| Problem::UnknownField { owner: owner.name, field: key.to_owned() })
}

fn collect_rules(owner: &Struct, prefix: &str, rules: &mut Vec<PatchRule>) {
    for field in owner.fields {
        let is_list = field.shape == Shape::List;
        let path = format!("{prefix}{}{}", field.name, if is_list { "[]" } else { "" });
        if is_list || field.retain_keys {
            rules.push(PatchRule {
                path: path.clone(),
                of_objects: field.fields.is_some(),
                strategy: field.strategy,
                retain_keys: field.retain_keys,
            });
        }
        if let Some(below) = field.fields {
            collect_rules(below, &format!("{path}."), rules);
        }
    }
}
