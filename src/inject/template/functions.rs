//! The functions that Istio adds to those of Go and sprig (`InjectionFuncmap`, pkg/kube/inject).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use super::message::{self, DURATION};
use super::pod;
use crate::inject::ports::excluded_inbound_ports;
use crate::inject::{networks, otel};
use crate::istio::value::omit_nil;
use crate::istio::{Mesh, ReleaseChange};
use crate::k8s::yaml_text;
use gotemplate::functions::ReflectValue;
use gotemplate::value::Map;
use gotemplate::{Context, Function, FunctionError, Functions, Limit, Signature, Str, Type, Value, sprig};

/// The memory that a byte of JSON takes once parsed: the smallest value has two bytes, with its comma.
const BYTES_OF_JSON: usize = size_of::<Json>().div_ceil(2);

/// All functions that a mesh's templates can call.
pub(super) fn functions(mesh: &Mesh) -> Functions {
    let mut functions = Functions::clone(&sprig::functions());
    texts(&mut functions);
    metadata(&mut functions);
    containers(&mut functions);
    documents(&mut functions);
    let env = mesh.env.clone();
    functions.add("env", move |name: String, default: Str| match env.get(&name).filter(|value| !value.is_empty()) {
        Some(value) => Str::from(value),
        None => default,
    });
    if mesh.release.has(ReleaseChange::OmitNil) {
        functions.add_with("omitNil", |context: &mut Context, value: Value| -> Result<Value, FunctionError> {
            let json = json(context, &value)?;
            Ok(omit_nil(&json).map_or(Value::Nil, |kept| Value::from(&kept)))
        });
    }
    if mesh.release.has(ReleaseChange::OtelResourceAttributes) {
        functions.insert("otelResourceAttributes", otel_attributes(mesh));
    }
    functions
}

fn texts(functions: &mut Functions) {
    functions.add("toLower", |text: String| text.to_lowercase());
    functions.add("contains", |needle: Str, haystack: Str| memchr::memmem::find(&haystack, &needle).is_some());
    functions.add_with(
        "indent",
        |context: &mut Context, spaces: isize, text: String| -> Result<String, FunctionError> {
            let spaces = usize::try_from(spaces).unwrap_or(0);
            context.budget.allocate_many(text.matches('\n').count() + 1, spaces)?;
            let filler = " ".repeat(spaces);
            Ok(text.split('\n').collect::<Vec<_>>().join(&format!("\n{filler}")))
        },
    );
    functions.add("directory", |path: String| {
        let end = path.rfind('/').map_or(0, |slash| slash + 1);
        path.get(..end).unwrap_or(&path).to_owned()
    });
    functions.add("valueOrDefault", |value: Value, default: Value| {
        let absent = match &value {
            Value::Nil => true,
            Value::String(text) => text.is_empty(),
            _ => false,
        };
        if absent { default } else { value }
    });
    functions.add_with(
        "excludeInboundPort",
        |context: &mut Context, port: Value, list: String| -> Result<String, FunctionError> {
            context.budget.touch_many(2, list.len())?;
            Ok(excluded_inbound_ports(&printed(context, &port)?, &list).into_owned())
        },
    );
    functions.add("kubevirtInterfaces", |text: Str| text);
    functions.add("excludeInterfaces", |text: Str| text);
    functions.add_with(
        "appendMultusNetwork",
        |context: &mut Context, existing: String, network: String| -> Result<String, FunctionError> {
            context.budget.allocate_many(existing.len(), BYTES_OF_JSON)?;
            Ok(networks::add(&existing, &network))
        },
    );
}

/// A value as `fmt.Sprint` prints it.
fn printed(context: &mut Context, value: &Value) -> Result<String, FunctionError> {
    Ok(String::from_utf8_lossy(&gotemplate::fmt::text(context, value)?).into_owned())
}

fn strings() -> Type {
    Type::map(Type::String, Type::String)
}

/// The entries of a `map[string]string`.
fn entries(context: &mut Context, operand: Option<&ReflectValue>) -> Result<BTreeMap<Str, Str>, Limit> {
    let map = operand.and_then(|operand| operand.value.as_map());
    let entries = map.map(|map| map.entries());
    let mut texts = BTreeMap::new();
    for (key, value) in entries.iter().flat_map(|entries| entries.text()) {
        let Some(value) = value.as_string() else { continue };
        context.budget.step(1)?;
        context.budget.touch(key.len() + value.len())?;
        texts.insert(key.clone(), value.clone());
    }
    Ok(texts)
}

fn string_map(entries: impl IntoIterator<Item = (Str, Str)>) -> Value {
    Map::of(Type::String, entries.into_iter().map(|(key, value)| (key, Value::String(value)))).into()
}

/// JSON of a `map[string]string`, its keys sorted.
fn strings_json(entries: BTreeMap<Str, Str>) -> String {
    let entries = entries.into_iter().map(|(key, value)| (key.to_text().into_owned(), Json::from(value.to_text())));
    gostd::json::marshal(&Json::Object(entries.collect()))
}

fn text(operand: Option<&ReflectValue>) -> Str {
    operand.and_then(|operand| operand.value.as_string()).map_or_else(|| Str::from(""), Str::clone)
}

fn metadata(functions: &mut Functions) {
    let signature = |params: Vec<Type>, variadic, result| Signature { params, variadic, results: vec![result] };
    functions.insert(
        "annotation",
        Function::raw(
            signature(vec![pod::ty("ObjectMeta"), Type::String, Type::Any], false, Type::String),
            |context, arguments| {
                let found = match arguments.first().map(|meta| &meta.value) {
                    Some(Value::Struct(meta)) => meta.field("Annotations").and_then(Value::as_map),
                    _ => None,
                };
                let found = found.and_then(|annotations| annotations.get(&text(arguments.get(1))));
                let value = match found {
                    Some(value) => value,
                    // What `fmt.Sprint` prints for nil.
                    None => match arguments.get(2).map(|default| &default.value) {
                        None | Some(Value::Nil) => Value::from("<nil>"),
                        Some(default) => Value::from(printed(context, default)?),
                    },
                };
                Ok(ReflectValue::plain(value))
            },
        ),
    );
    functions.insert(
        "isset",
        Function::raw(signature(vec![strings(), Type::String], false, Type::Bool), |_, arguments| {
            let map = arguments.first().and_then(|map| map.value.as_map());
            let there = map.is_some_and(|map| map.get(&text(arguments.get(1))).is_some());
            Ok(ReflectValue::plain(Value::Bool(there)))
        }),
    );
    functions.insert(
        "omit",
        Function::raw(signature(vec![strings(), Type::String], true, strings()), |context, arguments| {
            let mut kept = entries(context, arguments.first())?;
            for key in arguments.iter().skip(1) {
                kept.remove(&text(Some(key)));
            }
            Ok(ReflectValue::plain(string_map(kept)))
        }),
    );
    functions.insert(
        "strdict",
        Function::raw(signature(vec![Type::String], true, strings()), |_, arguments| {
            let pairs = arguments.chunks(2).map(|pair| (text(pair.first()), text(pair.get(1))));
            Ok(ReflectValue::plain(string_map(pairs)))
        }),
    );
    for name in ["toJsonMap", "mergeMaps"] {
        let as_json = name == "toJsonMap";
        let result = if as_json { Type::String } else { strings() };
        functions.insert(
            name,
            Function::raw(signature(vec![strings()], true, result), move |context, arguments| {
                let mut merged = BTreeMap::new();
                for map in arguments.iter() {
                    merged.extend(entries(context, Some(map))?);
                }
                let value = if as_json { Value::from(strings_json(merged)) } else { string_map(merged) };
                Ok(ReflectValue::plain(value))
            }),
        );
    }
    functions.insert(
        "toJSON",
        Function::raw(signature(vec![strings()], false, Type::String), |context, arguments| {
            Ok(ReflectValue::plain(Value::from(strings_json(entries(context, arguments.first())?))))
        }),
    );
}

/// Functions over a list of containers.
fn containers(functions: &mut Functions) {
    let signature =
        || Signature { params: vec![Type::slice(pod::ty("Container"))], variadic: false, results: vec![Type::String] };
    for (name, with_proxy) in [("includeInboundPorts", true), ("applicationPorts", false)] {
        functions.insert(
            name,
            Function::raw(signature(), move |context, arguments| {
                let containers = arguments.first().map_or(Ok(Json::Null), |list| json(context, &list.value))?;
                let ports: Vec<String> = containers
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter(|container| with_proxy || container["name"] != crate::istio::names::container::PROXY)
                    .flat_map(|container| container["ports"].as_array().into_iter().flatten())
                    .filter(|port| !matches!(port["protocol"].as_str(), Some("UDP" | "SCTP")))
                    .map(|port| port["containerPort"].to_string())
                    .collect();
                Ok(ReflectValue::plain(Value::from(ports.join(","))))
            }),
        );
    }
}

/// A value as JSON, including Kubernetes' types.
fn json(context: &mut Context, value: &Value) -> Result<Json, FunctionError> {
    pod::to_json(value, 0, &mut context.budget)
}

fn documents(functions: &mut Functions) {
    functions.add_with("toYaml", |context: &mut Context, value: Value| -> Result<String, FunctionError> {
        let value = json(context, &value)?;
        let limit = Limit::Memory(context.budget.limits().memory);
        let text = yaml_text::to_yaml(&value, context.budget.memory_left()).ok_or(limit)?;
        context.budget.allocate(text.len())?;
        Ok(text)
    });
    functions.add_with("fromJSON", |context: &mut Context, text: String| -> Result<Value, FunctionError> {
        context.budget.allocate_many(text.len(), BYTES_OF_JSON)?;
        let parsed: Option<Json> = serde_json::from_str(&text).ok();
        Ok(parsed.map_or_else(|| Value::from("{}"), |json| Value::from(&json)))
    });
    functions.add_with("structToJSON", |context: &mut Context, value: Value| -> Result<String, FunctionError> {
        if matches!(value, Value::Nil) {
            return Ok("{}".to_owned());
        }
        Ok(gostd::json::marshal(&json(context, &value)?))
    });
    functions.add("protoToJSON", |message: Value| -> Result<Str, FunctionError> {
        if message.is_nil() {
            return Ok(Str::from("{}"));
        }
        message::carried_json(&message)
            .ok_or_else(|| FunctionError::new("only the proxy's configuration can be written as JSON here"))
    });
    let duration = Type::pointer(Type::Named(Arc::clone(&DURATION)));
    let signature = Signature { params: vec![duration], variadic: false, results: vec![Type::String] };
    functions.insert(
        "formatDuration",
        Function::raw(signature, |_, arguments| {
            // A nil pointer prints as zero.
            let (seconds, nanos) = arguments.first().and_then(|of| message::duration(&of.value)).unwrap_or((0, 0));
            let nanos = seconds.saturating_mul(1_000_000_000).saturating_add(nanos);
            Ok(ReflectValue::plain(Value::from(gostd::time::Duration(nanos).to_string())))
        }),
    );
}

fn otel_attributes(mesh: &Mesh) -> Function {
    let enabled = mesh.config.otel_resource_attributes;
    let params = vec![message::MESH.ty(), strings(), strings(), Type::String, Type::slice(pod::ty("Container"))];
    let signature = Signature { params, variadic: false, results: vec![Type::String] };
    Function::raw(signature, move |context, arguments| {
        if !enabled {
            return Ok(ReflectValue::plain(Value::from("")));
        }
        let (annotations, labels) = (texts_of(context, arguments.get(1))?, texts_of(context, arguments.get(2))?);
        let namespace = text(arguments.get(3)).to_text().into_owned();
        let containers: Vec<(String, String)> = match arguments.get(4).map(|list| &list.value) {
            Some(Value::List(list)) => list.iter().filter_map(name_and_image).collect(),
            _ => Vec::new(),
        };
        let containers: Vec<_> = containers.iter().map(|(name, image)| (name.as_str(), image.as_str())).collect();
        let attributes = otel::attributes(
            |name| annotations.get(name).map(String::as_str),
            |name| labels.get(name).map(String::as_str),
            &namespace,
            &containers,
        );
        Ok(ReflectValue::plain(Value::from(attributes)))
    })
}

fn texts_of(context: &mut Context, operand: Option<&ReflectValue>) -> Result<BTreeMap<String, String>, Limit> {
    let texts = entries(context, operand)?.into_iter();
    Ok(texts.map(|(k, v)| (k.to_text().into_owned(), v.to_text().into_owned())).collect())
}

fn name_and_image(container: &Value) -> Option<(String, String)> {
    let Value::Struct(of) = container else { return None };
    let field = |name| Some(of.field(name)?.as_string()?.to_text().into_owned());
    Some((field("Name")?, field("Image")?))
}
