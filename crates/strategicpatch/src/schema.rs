//! What the Kubernetes API says about each field: its type, its patch strategy and its merge key.
//!
//! The table itself is in `table.rs`.

use super::error::Problem;
use super::table;

/// The kinds of Kubernetes objects that can be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `v1`, `Pod`; also right for the bare `metadata` and `spec` of a pod.
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
    /// Every kind there is.
    pub const ALL: [Self; 7] =
        [Self::Pod, Self::PodTemplate, Self::Deployment, Self::StatefulSet, Self::DaemonSet, Self::Job, Self::CronJob];

    /// How each list of this kind is merged, and each other field that has a patch strategy.
    pub fn rules(self) -> Vec<PatchRule> {
        let mut rules = Vec::new();
        collect_rules(self.structure(), "", &mut rules);
        rules
    }

    /// The kind of an object; none if it cannot be merged by this table. Of kinds with the same pod template, one stands
    /// for all.
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

    /// The type with its fields.
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

/// How one field of a kind is merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatchRule {
    /// Where the field is: `spec.containers[].env[]`, a list ending in `[]`.
    pub path: String,
    /// Whether the value, or each item of a list, is an object with fields of its own.
    pub of_objects: bool,
    /// What happens to the original's list; for other fields it says nothing.
    pub strategy: Strategy,
    /// Whether patches made for this field say with `$retainKeys` which fields stay. Merging needs no such knowledge.
    pub retain_keys: bool,
}

/// What a patch's list does to the original's: Kubernetes' `patchStrategy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// It takes the original's place.
    Replace,
    /// It is merged into the original's.
    Merge {
        /// The field of an item that tells it from the others (`patchMergeKey`); none in a list of scalars.
        key: Option<&'static str>,
    },
}

/// A type of the Kubernetes API with its fields.
#[derive(Debug)]
pub struct Struct {
    /// Its name in Go.
    pub name: &'static str,
    /// Its fields, in the order in which Go declares them.
    pub fields: &'static [Field],
}

/// A field of a type.
#[derive(Debug)]
pub struct Field {
    /// Its name in JSON.
    pub name: &'static str,
    /// How its Go type holds the value.
    pub shape: Shape,
    /// What it holds, or what its list holds, where there is no type with fields.
    pub scalar: Scalar,
    /// Whether Go writes it when it is zero, too.
    pub required: bool,
    /// The type of the value or of a list's items; none for scalars, maps and types without fields.
    pub fields: Option<&'static Struct>,
    /// What a patch does to it.
    pub strategy: Strategy,
    pub(super) retain_keys: bool,
}

impl Struct {
    /// Finds a field as Go's JSON decoder does: by its name, else by its name in other letter case.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        let exact = self.fields.iter().find(|field| field.name == name);
        exact.or_else(|| self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)))
    }
}

/// The fields known at a place of a document.
pub(super) type Fields = Option<&'static Struct>;

/// How the Go type holds the value. Kubernetes lets a list replace a list where a pointer is, and refuses it where
/// another value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// As it is
    Value,
    /// Behind a pointer
    Pointer,
    /// In a list
    List,
}

/// What a field without fields of its own holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    /// `string`, or a type made of it
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

/// The fields below `key`, where both documents hold an object.
pub(super) fn object_field(owner: Fields, key: &str) -> Result<Fields, Problem> {
    let field = find(owner, key)?;
    Ok(if field.shape == Shape::List { None } else { field.fields })
}

/// The field `key`, where both documents hold a list.
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
