//! Pods as templates see them: values of Kubernetes' Go types, from the table of [`strategicpatch`].
//!
//! Unlike in Go, embedded structs (`VolumeSource` in `Volume`) are not values of their own, and strings of a named type
//! (`RestartPolicy`) are plain strings.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use serde_json::{Map as JsonMap, Value as Json};

use super::exported;
use crate::inject::pod_schema;
use crate::istio::value::json_number;
use gotemplate::value::{Field, IntKind, List, Map, Method};
use gotemplate::{Budget, Function, FunctionError, NamedType, Str, Struct, Type, Value};
use strategicpatch::{Field as ApiField, Kind, Scalar, Shape, Struct as ApiStruct};

/// The package of the core types.
const PACKAGE: &str = "k8s.io/api/core/v1";

/// The Go types of the parts of a pod, by their API names.
pub(super) static TYPES: LazyLock<HashMap<&'static str, (Arc<NamedType>, &'static ApiStruct)>> = LazyLock::new(|| {
    let mut types = HashMap::new();
    for part in ["metadata", "spec"] {
        if let Some(part) = Kind::Pod.structure().field(part).and_then(|field| field.fields) {
            declare(part, &mut types);
        }
    }
    for (named, api) in types.values() {
        let fields = api.fields.iter().map(|field| Field::new(&go_name(field.name), type_of(field, &types))).collect();
        named.define(Type::structure(fields), Vec::new());
    }
    types
});

/// `intstr.IntOrString`, which prints as its content.
static INT_OR_STRING: LazyLock<Arc<NamedType>> = LazyLock::new(|| {
    let named = NamedType::declare("intstr.IntOrString", "k8s.io/apimachinery/pkg/util/intstr");
    let int = |kind| Type::Int(kind);
    let fields = vec![
        Field::new("Type", int(IntKind::Int64)),
        Field::new("IntVal", int(IntKind::Int32)),
        Field::new("StrVal", Type::String),
    ];
    let text = Function::new(|pointer: Value| -> String {
        match pointer.indirect() {
            Value::Struct(of) => int_or_string(of).map_or_else(|text| text, |number| number.to_string()),
            _ => String::new(),
        }
    });
    named.define(Type::structure(fields), vec![Method::on_pointer("String", text)]);
    named
});

fn declare(api: &'static ApiStruct, types: &mut HashMap<&'static str, (Arc<NamedType>, &'static ApiStruct)>) {
    if types.contains_key(api.name) {
        return;
    }
    types.insert(api.name, (NamedType::declare(&format!("v1.{}", api.name), PACKAGE), api));
    for below in api.fields.iter().filter_map(|field| field.fields) {
        declare(below, types);
    }
}

fn type_of(field: &ApiField, types: &HashMap<&'static str, (Arc<NamedType>, &'static ApiStruct)>) -> Type {
    let inner = match field.fields.and_then(|api| types.get(api.name)) {
        Some((named, _)) => Type::Named(Arc::clone(named)),
        None => scalar_type(field.scalar),
    };
    match field.shape {
        Shape::Value => inner,
        Shape::Pointer => Type::pointer(inner),
        Shape::List => Type::slice(inner),
    }
}

fn scalar_type(scalar: Scalar) -> Type {
    match scalar {
        Scalar::String | Scalar::Time | Scalar::Quantity => Type::String,
        Scalar::Bool => Type::Bool,
        Scalar::Int32 => Type::Int(IntKind::Int32),
        Scalar::Int64 => Type::Int(IntKind::Int64),
        Scalar::IntOrString => Type::Named(Arc::clone(&INT_OR_STRING)),
        Scalar::Strings | Scalar::Quantities => Type::map(Type::String, Type::String),
        Scalar::Any => Type::Any,
    }
}

/// The type `v1.<name>` of a part of a pod.
pub(super) fn ty(name: &str) -> Type {
    TYPES.get(name).map_or(Type::Any, |(named, _)| Type::Named(Arc::clone(named)))
}

/// A part of a pod as a value of the type `v1.<name>`; fields of the wrong type are zero.
pub(super) fn value(json: &Json, name: &str) -> Value {
    TYPES.get(name).map_or(Value::Nil, |(named, api)| structure(json, named, api))
}

fn structure(json: &Json, named: &Arc<NamedType>, api: &'static ApiStruct) -> Value {
    let fields = named.fields();
    let values = api.fields.iter().enumerate().map(|(at, field)| {
        let zero = || fields.and_then(|fields| fields.get(at)).map_or(Value::Nil, |field| Value::zero(&field.ty));
        json.get(field.name).and_then(|json| field_value(json, field)).unwrap_or_else(zero)
    });
    Value::Struct(Struct::new(named, values.collect()))
}

fn field_value(json: &Json, field: &ApiField) -> Option<Value> {
    let inner = |json: &Json| match field.fields.and_then(|api| TYPES.get(api.name)) {
        Some((named, api)) => json.is_object().then(|| structure(json, named, api)),
        None => scalar(json, field.scalar),
    };
    match field.shape {
        Shape::Value => inner(json),
        Shape::Pointer => inner(json).map(Value::pointer_to),
        Shape::List => {
            let items = json.as_array()?.iter().map(inner).collect::<Option<Vec<_>>>()?;
            let element = match field.fields {
                Some(api) => ty(api.name),
                None => scalar_type(field.scalar),
            };
            Some(Value::List(List::new(element, items)))
        }
    }
}

fn scalar(json: &Json, kind: Scalar) -> Option<Value> {
    match kind {
        Scalar::String | Scalar::Time => json.as_str().map(Value::from),
        Scalar::Bool => json.as_bool().map(Value::from),
        Scalar::Int32 => json.as_i64().and_then(|number| i32::try_from(number).ok()).map(Value::from),
        Scalar::Int64 => json.as_i64().map(Value::from),
        Scalar::Quantity => quantity(json).map(Value::from),
        Scalar::IntOrString => {
            let (kind, number, text) = match json {
                Json::String(text) => (1, 0, text.as_str()),
                number => (0, number.as_i64().and_then(|number| i32::try_from(number).ok())?, ""),
            };
            let fields = vec![Value::int64(kind), Value::from(number), Value::from(text)];
            Some(Value::Struct(Struct::new(&INT_OR_STRING, fields)))
        }
        Scalar::Strings | Scalar::Quantities => {
            let text = |value: &Json| if kind == Scalar::Strings { string(value) } else { quantity(value) };
            let entries = json.as_object()?.iter();
            let entries = entries.map(|(key, value)| Some((Str::from(key), Value::from(text(value)?))));
            Some(Map::of(Type::String, entries.collect::<Option<Vec<_>>>()?).into())
        }
        Scalar::Any => Some(Value::from(json)),
    }
}

/// A string; Go reads `null` as an empty one.
fn string(json: &Json) -> Option<String> {
    if json.is_null() { Some(String::new()) } else { json.as_str().map(str::to_owned) }
}

fn quantity(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The JSON that Go writes for a value: parts of pods with their API names and without zero values. Uses steps and memory of the
/// budget. Fails if the value is nested too deep or has no JSON.
pub(super) fn to_json(value: &Value, depth: usize, budget: &mut Budget) -> Result<Json, FunctionError> {
    budget.nest(depth)?;
    budget.step(1)?;
    let unsupported = || FunctionError::new(format!("json: unsupported type: {}", value.ty()));
    Ok(match value.underlying() {
        Value::Nil | Value::Null(_) => Json::Null,
        Value::Bool(value) => (*value).into(),
        Value::Int(_, value) => (*value).into(),
        Value::Uint(_, value) => (*value).into(),
        Value::Float(_, value) => json_number(*value),
        Value::String(text) => {
            budget.allocate(text.len())?;
            text.to_text().into_owned().into()
        }
        Value::List(list) => {
            Json::Array(list.iter().map(|item| to_json(item, depth + 1, budget)).collect::<Result<_, _>>()?)
        }
        Value::Map(map) => {
            let mut out = JsonMap::new();
            let entries = map.entries();
            if entries.text().count() != entries.len() {
                return Err(unsupported());
            }
            for (key, value) in entries.text() {
                budget.allocate(key.len())?;
                out.insert(key.to_text().into_owned(), to_json(value, depth + 1, budget)?);
            }
            Json::Object(out)
        }
        Value::Pointer(pointer) => to_json(pointer.target(), depth + 1, budget)?,
        Value::Struct(of) if of.named_type() == &*INT_OR_STRING => {
            int_or_string(of).map_or_else(Json::from, Json::from)
        }
        Value::Struct(of) => {
            let api = of.named_type().name().strip_prefix("v1.").and_then(|name| TYPES.get(name)).map(|(_, api)| api);
            let api = api.ok_or_else(unsupported)?;
            let mut out = JsonMap::new();
            for (field, value) in api.fields.iter().zip(of.values()) {
                let value = to_json(value, depth + 1, budget)?;
                if !value.is_null() {
                    out.insert(field.name.to_owned(), value);
                }
            }
            pod_schema::object(&Json::Object(out), api)
        }
        _ => return Err(unsupported()),
    })
}

fn int_or_string(of: &Struct) -> Result<i64, String> {
    match (of.field("Type"), of.field("IntVal"), of.field("StrVal")) {
        (Some(Value::Int(_, 0)), Some(Value::Int(_, number)), _) => Ok(*number),
        (_, _, Some(text)) => Err(text.as_string().map_or_else(String::new, |text| text.to_text().into_owned())),
        _ => Err(String::new()),
    }
}

/// Initials at the start of a name. Inside of names they are capitals in JSON too.
const INITIALS: [(&str, &str); 20] = [
    ("uid", "UID"),
    ("api", "API"),
    ("aws", "AWS"),
    ("cephfs", "CephFS"),
    ("csi", "CSI"),
    ("dns", "DNS"),
    ("fc", "FC"),
    ("fs", "FS"),
    ("gce", "GCE"),
    ("gmsa", "GMSA"),
    ("grpc", "GRPC"),
    ("http", "HTTP"),
    ("ip", "IP"),
    ("iqn", "IQN"),
    ("iscsi", "ISCSI"),
    ("nfs", "NFS"),
    ("os", "OS"),
    ("rbd", "RBD"),
    ("tcp", "TCP"),
    ("tty", "TTY"),
];

/// The name that Go gives a field of the API (k8s.io/api, core/v1): its JSON name with an upper-case letter, and with
/// initials in capitals.
fn go_name(json: &str) -> String {
    let special = match json {
        "diskURI" => "DataDiskURI",
        "endpoints" => "EndpointsName",
        "wwids" => "WWIDs",
        "chapAuthDiscovery" => "DiscoveryCHAPAuth",
        "chapAuthSession" => "SessionCHAPAuth",
        _ => "",
    };
    if !special.is_empty() {
        return special.to_owned();
    }
    for (start, initials) in INITIALS {
        if let Some(rest) = json.strip_prefix(start)
            && !rest.starts_with(|c: char| c.is_ascii_lowercase())
        {
            return format!("{initials}{rest}");
        }
    }
    if let Some(rest) = json.strip_prefix("seLinux") {
        return format!("SELinux{rest}");
    }
    exported(json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gotemplate::Template;
    use serde_json::json;

    #[test]
    fn fields_have_gos_names() {
        let table = [
            ("hostIP", "HostIP"),
            ("httpGet", "HTTPGet"),
            ("tcpSocket", "TCPSocket"),
            ("tty", "TTY"),
            ("stdinOnce", "StdinOnce"),
            ("fsGroupChangePolicy", "FSGroupChangePolicy"),
            ("fsType", "FSType"),
            ("seLinuxOptions", "SELinuxOptions"),
            ("iscsiInterface", "ISCSIInterface"),
            ("dnsPolicy", "DNSPolicy"),
            ("uid", "UID"),
            ("apiVersion", "APIVersion"),
            ("gcePersistentDisk", "GCEPersistentDisk"),
            ("operator", "Operator"),
            ("runAsUser", "RunAsUser"),
        ];
        for (json, go) in table {
            assert_eq!(go_name(json), go);
        }
    }

    #[test]
    fn templates_walk_a_pod_as_in_go() {
        let spec = json!({
            "containers": [{"name": "app", "ports": [{"containerPort": 80, "name": "web"}], "livenessProbe": {"httpGet": {"port": "web"}}}],
            "securityContext": {"runAsUser": 7}, "nodeSelector": {"b": "2", "a": "1"}, "restartPolicy": 1
        });
        let text = "{{range .Containers}}{{.Name}}{{range .Ports}} {{.ContainerPort}}{{.Protocol}}{{end}} \
                    {{.LivenessProbe.HTTPGet.Port}} {{.ReadinessProbe}}{{end}} {{.SecurityContext.RunAsUser}} \
                    {{range $k, $v := .NodeSelector}}{{$k}}={{$v}};{{end}} {{.HostNetwork}} [{{.RestartPolicy}}]";
        let out = Template::new("t").parse(text).unwrap().execute(&value(&spec, "PodSpec")).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "app 80 web <nil> 7 a=1;b=2; false []");
    }

    #[test]
    fn json_comes_back_as_go_writes_it() {
        let port = json!({"containerPort": 80, "protocol": "TCP", "name": ""});
        let to_json = |value: Value| to_json(&value, 0, &mut Budget::default()).ok();
        assert_eq!(to_json(value(&port, "ContainerPort")), Some(json!({"containerPort": 80, "protocol": "TCP"})));
        let probe = json!({"httpGet": {"port": "web"}});
        assert_eq!(to_json(value(&probe, "Probe")), Some(probe));
    }
}
