//! Protobuf messages as templates see them: values of the Go types that protobuf generates, from the tables of
//! [`crate::istio::message`].
//!
//! As in Go, fields of a `oneof` can only be read by their getters. Nested types are named after the fields that lead to them.

use std::sync::{Arc, LazyLock};

use serde_json::Value as Json;

use super::exported;
use crate::istio::message_fields::{Field as Declared, Kind, MESH_CONFIG, PROXY_CONFIG};
use gotemplate::functions::ReflectValue;
use gotemplate::value::{Field, FloatKind, IntKind, List, Map, Method, UintKind};
use gotemplate::{Function, NamedType, Signature, Str, Struct, Type, Value};

const PACKAGE: &str = "istio.io/api/mesh/v1alpha1";

/// The Go type of a message, and its fields.
pub(super) struct Message {
    named: Arc<NamedType>,
    fields: Vec<(&'static Declared, Content)>,
}

/// The content of a field, with the types declared for it.
enum Content {
    Scalar(&'static Kind),
    Duration,
    Wrapped(Arc<NamedType>, &'static Kind),
    Enum(Arc<NamedType>, &'static [&'static str]),
    Message(Box<Message>),
    List(Box<Content>),
    Map(Box<Content>),
}

/// `durationpb.Duration`.
pub(super) static DURATION: LazyLock<Arc<NamedType>> = LazyLock::new(|| {
    let named = NamedType::declare("durationpb.Duration", "google.golang.org/protobuf/types/known/durationpb");
    let fields = [("Seconds", Type::Int(IntKind::Int64)), ("Nanos", Type::Int(IntKind::Int32))];
    let getters = fields.iter().map(|(name, ty)| getter(&named, name, ty)).collect();
    named.define(Type::structure(fields.iter().map(|(name, ty)| Field::new(name, ty.clone())).collect()), getters);
    named
});

/// `meshconfig.ProxyConfig`. Types refer to each other in circles, so each is declared once.
pub(super) static PROXY: LazyLock<Message> = LazyLock::new(|| Message::declare("ProxyConfig", &PROXY_CONFIG));
/// `meshconfig.MeshConfig`.
pub(super) static MESH: LazyLock<Message> = LazyLock::new(|| Message::declare("MeshConfig", &MESH_CONFIG));

/// The unexported field that carries a proxy configuration's JSON.
const JSON: &str = "json";

impl Message {
    /// Declares the type of a message.
    fn declare(name: &str, fields: &'static [Declared]) -> Self {
        let named = NamedType::declare(&format!("v1alpha1.{name}"), PACKAGE);
        let fields: Vec<_> = fields
            .iter()
            .map(|field| (field, Content::declare(&format!("{name}_{}", exported(field.name)), &field.kind)))
            .collect();
        let mut of_struct: Vec<Field> =
            fields.iter().map(|(field, content)| Field::new(&stored_name(field), content.ty())).collect();
        of_struct.push(Field::new(JSON, Type::String));
        let getters = fields.iter().map(|(field, content)| getter_of(&named, field, content)).collect();
        named.define(Type::structure(of_struct), getters);
        Self { named, fields }
    }

    /// The Go type of a pointer to it.
    pub(super) fn ty(&self) -> Type {
        Type::pointer(Type::Named(Arc::clone(&self.named)))
    }

    /// A pointer to a message with these fields, by their JSON names. `json` is what `protoToJSON` returns for it.
    pub(super) fn value(&self, of: &Json, json: &str) -> Value {
        let values = self.fields.iter().map(|(field, content)| {
            of.get(field.name).and_then(|json| content.value(json)).unwrap_or_else(|| Value::zero(&content.ty()))
        });
        let values = values.chain([Value::from(json)]).collect();
        Value::pointer_to(Value::Struct(Struct::new(&self.named, values)))
    }
}

/// The JSON that a message carries, if any.
pub(super) fn carried_json(message: &Value) -> Option<Str> {
    let Value::Struct(of) = message.indirect() else { return None };
    of.field(JSON)?.as_string().filter(|json| !json.is_empty()).cloned()
}

/// The seconds and nanoseconds of a duration; `None` for anything else.
pub(super) fn duration(value: &Value) -> Option<(i64, i64)> {
    let Value::Struct(of) = value.indirect() else { return None };
    match (of.field("Seconds"), of.field("Nanos")) {
        (Some(Value::Int(_, seconds)), Some(Value::Int(_, nanos))) => Some((*seconds, *nanos)),
        _ => None,
    }
}

impl Content {
    fn declare(name: &str, kind: &'static Kind) -> Self {
        match kind {
            Kind::Duration => Self::Duration,
            Kind::Wrapped(inner) => {
                let short = match inner {
                    Kind::Bool => "BoolValue",
                    Kind::Int => "Int32Value",
                    Kind::Uint => "UInt32Value",
                    Kind::Int64 => "Int64Value",
                    _ => "Value",
                };
                let package = "google.golang.org/protobuf/types/known/wrapperspb";
                let named = NamedType::declare(&format!("wrapperspb.{short}"), package);
                let ty = scalar_type(inner);
                let methods = vec![getter(&named, "Value", &ty)];
                named.define(Type::structure(vec![Field::new("Value", ty)]), methods);
                Self::Wrapped(named, inner)
            }
            Kind::Enum(known) => {
                let named = NamedType::declare(&format!("v1alpha1.{name}"), PACKAGE);
                let text = Function::new(|value: Value| -> String {
                    let Value::Int(_, number) = value.indirect().underlying() else { return String::new() };
                    let name = usize::try_from(*number).ok().and_then(|number| known.get(number));
                    name.map_or_else(|| number.to_string(), |name| (*name).to_owned())
                });
                named.define(Type::Int(IntKind::Int32), vec![Method::on_value("String", text)]);
                Self::Enum(named, known)
            }
            Kind::Message(fields) => Self::Message(Box::new(Message::declare(name, fields))),
            Kind::List(inner) => Self::List(Box::new(Self::declare(name, inner))),
            Kind::Map(inner) => Self::Map(Box::new(Self::declare(name, inner))),
            Kind::Any | Kind::Text | Kind::Bool | Kind::Int | Kind::Uint | Kind::Int64 | Kind::Double => {
                Self::Scalar(kind)
            }
        }
    }

    fn ty(&self) -> Type {
        match self {
            Self::Scalar(kind) => scalar_type(kind),
            Self::Duration => Type::pointer(Type::Named(Arc::clone(&DURATION))),
            Self::Wrapped(named, _) => Type::pointer(Type::Named(Arc::clone(named))),
            Self::Enum(named, _) => Type::Named(Arc::clone(named)),
            Self::Message(message) => message.ty(),
            Self::List(inner) => Type::slice(inner.ty()),
            Self::Map(inner) => Type::map(Type::String, inner.ty()),
        }
    }

    fn value(&self, json: &Json) -> Option<Value> {
        match self {
            Self::Scalar(kind) => scalar(json, kind),
            Self::Duration => {
                let (seconds, nanos) = seconds(json.as_str()?)?;
                let fields = vec![Value::int64(seconds), Value::from(nanos)];
                Some(Value::pointer_to(Value::Struct(Struct::new(&DURATION, fields))))
            }
            Self::Wrapped(named, kind) => {
                Some(Value::pointer_to(Value::Struct(Struct::new(named, vec![scalar(json, kind)?]))))
            }
            Self::Enum(named, known) => {
                let number = match json {
                    Json::String(name) => i32::try_from(known.iter().position(|known| known == name)?).ok()?,
                    number => i32::try_from(number.as_i64()?).ok()?,
                };
                Some(Value::named(named, Value::from(number)))
            }
            Self::Message(message) => json.is_object().then(|| message.value(json, "")),
            Self::List(inner) => {
                let items = json.as_array()?.iter().map(|item| inner.value(item)).collect::<Option<Vec<_>>>()?;
                Some(Value::List(List::new(inner.ty(), items)))
            }
            Self::Map(inner) => {
                let entries = json.as_object()?.iter().map(|(key, value)| Some((Str::from(key), inner.value(value)?)));
                Some(Map::of(inner.ty(), entries.collect::<Option<Vec<_>>>()?).into())
            }
        }
    }
}

fn scalar_type(kind: &Kind) -> Type {
    match kind {
        Kind::Bool => Type::Bool,
        Kind::Int => Type::Int(IntKind::Int32),
        Kind::Uint => Type::Uint(UintKind::Uint32),
        Kind::Int64 => Type::Int(IntKind::Int64),
        Kind::Double => Type::Float(FloatKind::Float64),
        Kind::Any => Type::Any,
        _ => Type::String,
    }
}

fn scalar(json: &Json, kind: &Kind) -> Option<Value> {
    match kind {
        Kind::Bool => json.as_bool().map(Value::from),
        Kind::Int => json.as_i64().and_then(|number| i32::try_from(number).ok()).map(Value::from),
        Kind::Uint => json.as_u64().and_then(|number| u32::try_from(number).ok()).map(Value::from),
        // JSON writes it as a string.
        Kind::Int64 => json.as_i64().or_else(|| json.as_str()?.parse().ok()).map(Value::from),
        Kind::Double => json.as_f64().map(Value::from),
        Kind::Any => Some(Value::from(json)),
        _ => json.as_str().map(Value::from),
    }
}

/// The seconds and nanoseconds of a duration in protobuf's JSON, such as `1.5s`.
fn seconds(text: &str) -> Option<(i64, i32)> {
    let number = text.strip_suffix('s')?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let nanos: i32 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    let whole: i64 = whole.parse().ok()?;
    Some((whole, if number.starts_with('-') { -nanos } else { nanos }))
}

/// The name of a field in its struct. Those of a `oneof` are in wrappers, where templates cannot read them.
fn stored_name(field: &Declared) -> String {
    if field.one_of.is_some() { field.name.to_owned() } else { exported(field.name) }
}

fn getter_of(named: &Arc<NamedType>, field: &Declared, content: &Content) -> Method {
    reading(named, &format!("Get{}", exported(field.name)), &stored_name(field), &content.ty())
}

fn getter(named: &Arc<NamedType>, name: &str, ty: &Type) -> Method {
    reading(named, &format!("Get{name}"), name, ty)
}

/// A method that returns the value of a field, or its zero value for a nil pointer.
fn reading(named: &Arc<NamedType>, method: &str, field: &str, ty: &Type) -> Method {
    let signature = Signature {
        params: vec![Type::pointer(Type::Named(Arc::clone(named)))],
        variadic: false,
        results: vec![ty.clone()],
    };
    let (field, ty) = (field.to_owned(), ty.clone());
    let function = Function::raw(signature, move |_, arguments| {
        let value = match arguments.first().map(|argument| argument.value.indirect()) {
            Some(Value::Struct(of)) => of.field(&field).cloned(),
            _ => None,
        };
        Ok(ReflectValue::of(value.unwrap_or_else(|| Value::zero(&ty)), &ty, false))
    });
    Method::on_pointer(method, function)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gotemplate::Template;
    use serde_json::json;

    fn executed(text: &str, fields: &Json) -> Result<String, String> {
        let out = Template::new("t").parse(text).unwrap().execute(&PROXY.value(fields, "{}"));
        out.map(|out| String::from_utf8(out).unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn fields_and_getters_as_in_go() {
        let fields = json!({
            "interceptionMode": "TPROXY", "concurrency": 0, "proxyMetadata": {"B": "2", "A": "1"}, "statusPort": 15020,
            "terminationDrainDuration": "5.500s", "tracing": {"tlsSettings": {"caCertificates": "/c"}}, "serviceCluster": "s"
        });
        let text = "{{.InterceptionMode}} {{.InterceptionMode.String}} {{.Concurrency.GetValue}} {{.StatusPort}} \
                    {{range $k, $v := .ProxyMetadata}}{{$k}}{{$v}}{{end}} {{.TerminationDrainDuration.Seconds}} \
                    {{.GetTracing.GetTlsSettings.GetCaCertificates}} {{.GetServiceCluster}} {{.ConfigPath | len}}";
        assert_eq!(executed(text, &fields).unwrap(), "TPROXY TPROXY 0 15020 A1B2 5 /c s 0");
    }

    #[test]
    fn getters_work_on_nil() {
        let text = "{{.GetTracing.GetTlsSettings.GetCaCertificates}}{{if .GetTracing.GetTlsSettings}}x{{end}}\
                    {{.HoldApplicationUntilProxyStarts.GetValue}}{{.InterceptionMode}}";
        assert_eq!(executed(text, &json!({})).unwrap(), "falseREDIRECT");
    }

    #[test]
    fn unexported_fields_cannot_be_read() {
        for field in ["ServiceCluster", "serviceCluster", "json", "NoSuchField"] {
            let error = executed(&format!("{{{{.{field}}}}}"), &json!({})).unwrap_err();
            assert!(error.contains(field), "{error}");
        }
    }
}
