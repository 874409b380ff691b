//! The named types, methods and data of the typed cases.

use std::collections::HashMap;
use std::sync::Arc;

use gotemplate::functions::Variadic;
use gotemplate::value::{Field, FloatKind, IntKind, Method, UintKind};
use gotemplate::{
    Context, Function, FunctionError, List, Map, NamedType, ReflectValue, Signature, Str, Struct, Type, Value, fmt,
};
use serde_json::Value as Json;

/// The types of `types.json`.
pub(super) struct Mesh {
    types: HashMap<String, Arc<NamedType>>,
    functions: HashMap<&'static str, Function>,
}

impl Mesh {
    /// Declares and defines all types.
    pub(super) fn new(described: &Json) -> Self {
        let described = described["types"].as_array().unwrap();
        let name = |ty: &Json| ty["name"].as_str().unwrap().to_owned();
        let types = described.iter().map(|ty| (name(ty), NamedType::declare(&name(ty), "oracle/mesh"))).collect();
        let mesh = Self { types, functions: functions() };
        for ty in described {
            let underlying = match ty["underlying"].as_str().unwrap() {
                "struct" => Type::structure(ty["fields"].as_array().unwrap().iter().map(|f| mesh.field(f)).collect()),
                other => mesh.ty(other),
            };
            // Promoted methods come with the embedded field.
            let own = |method: &&Json| !method["does"].as_str().unwrap().starts_with("promoted");
            let methods = ty["methods"].as_array().into_iter().flatten().filter(own);
            mesh.types[&name(ty)].define(underlying, methods.map(|m| mesh.method(&name(ty), m)).collect());
        }
        mesh
    }

    fn field(&self, field: &Json) -> Field {
        let (name, ty) = (field["name"].as_str().unwrap(), self.ty(field["type"].as_str().unwrap()));
        let field = if field["embedded"] == true { Field::embedded(name, ty) } else { Field::new(name, ty) };
        assert_eq!(field.exported, !name.starts_with(char::is_lowercase));
        field
    }

    /// A type by its Go name.
    fn ty(&self, name: &str) -> Type {
        if let Some(element) = name.strip_prefix('*') {
            return Type::pointer(self.ty(element));
        }
        if let Some(element) = name.strip_prefix("[]") {
            return Type::slice(self.ty(element));
        }
        if let Some(rest) = name.strip_prefix("map[") {
            let (key, element) = rest.split_once(']').unwrap();
            return Type::map(self.ty(key), self.ty(element));
        }
        if let Some(rest) = name.strip_prefix('[') {
            let (length, element) = rest.split_once(']').unwrap();
            return Type::array(length.parse().unwrap(), self.ty(element));
        }
        match name {
            "interface {}" => Type::Any,
            "error" => Type::Error,
            "bool" => Type::Bool,
            "string" => Type::String,
            "int" => Type::INT,
            "int8" => Type::Int(IntKind::Int8),
            "int16" => Type::Int(IntKind::Int16),
            "int32" => Type::Int(IntKind::Int32),
            "int64" => Type::Int(IntKind::Int64),
            "uint" => Type::Uint(UintKind::Uint),
            "uint8" => Type::BYTE,
            "uint16" => Type::Uint(UintKind::Uint16),
            "uint32" => Type::Uint(UintKind::Uint32),
            "uint64" => Type::Uint(UintKind::Uint64),
            "float32" => Type::Float(FloatKind::Float32),
            "float64" => Type::FLOAT64,
            "func(string) string" => Type::Function(self.functions["upper"].signature().clone()),
            named => Type::Named(Arc::clone(self.types.get(named).unwrap_or_else(|| panic!("type {named}")))),
        }
    }

    /// A value of any type.
    pub(super) fn value(&self, json: &Json) -> Value {
        match json {
            Json::Array(values) => Value::list(values.iter().map(|v| self.value(v)).collect()),
            Json::Object(object) if object.len() == 2 && object.contains_key("T") && object.contains_key("v") => {
                match object["T"].as_str().unwrap() {
                    "func" => Value::Function(self.functions[object["v"].as_str().unwrap()].clone()),
                    ty => self.read(&self.ty(ty), &object["v"]),
                }
            }
            Json::Object(object) => {
                Value::Map(Map::of_any(object.iter().map(|(key, value)| (Str::from(key), self.value(value)))))
            }
            scalar => Value::from(scalar),
        }
    }

    /// A value of a type.
    fn read(&self, ty: &Type, json: &Json) -> Value {
        if json.is_null() {
            return Value::zero(ty);
        }
        match ty {
            Type::Any | Type::Error => self.value(json),
            Type::Bool => Value::Bool(json.as_bool().unwrap()),
            Type::Int(kind) => Value::Int(*kind, integer(json)),
            Type::Uint(kind) => Value::Uint(*kind, integer(json)),
            Type::Float(FloatKind::Float32) => {
                #[expect(clippy::cast_possible_truncation, reason = "as it is stored")]
                let single = json.as_f64().unwrap() as f32;
                Value::Float(FloatKind::Float32, f64::from(single))
            }
            Type::Float(kind) => Value::Float(*kind, json.as_f64().unwrap()),
            Type::String => Value::string(json.as_str().unwrap()),
            Type::Slice(element) if **element == Type::BYTE && json.is_string() => {
                Value::List(List::new(Type::BYTE, json.as_str().unwrap().bytes().map(Value::from).collect()))
            }
            Type::Slice(element) => Value::List(List::new((**element).clone(), self.elements(element, json))),
            Type::Array(array) => Value::List(List::array(array.1.clone(), self.elements(&array.1, json))),
            Type::Map(of) => {
                let key = |text: &String| match of.0.underlying() {
                    Type::String | Type::Any => self.read(&of.0, &Json::from(text.as_str())),
                    _ => self.read(&of.0, &serde_json::from_str(text).unwrap()),
                };
                let entries = json.as_object().unwrap().iter().map(|(k, v)| (key(k), self.read(&of.1, v)));
                Value::Map(Map::with(of.0.clone(), of.1.clone(), entries))
            }
            Type::Pointer(element) => match (element.as_ref(), json) {
                (Type::Pointer(_), Json::Array(inner)) => Value::pointer_to(self.read(element, &inner[0])),
                _ => Value::pointer_to(self.read(element, json)),
            },
            Type::Function(_) => Value::Function(self.functions[json.as_str().unwrap()].clone()),
            Type::Named(named) => match named.fields() {
                Some(fields) => {
                    let field = |f: &Field| self.read(&f.ty, &json[f.name.as_ref()]);
                    let promoted = |f: &Field| {
                        if f.embedded && json[f.name.as_ref()].is_null() { self.read(&f.ty, json) } else { field(f) }
                    };
                    Value::Struct(Struct::new(named, fields.iter().map(promoted).collect()))
                }
                None => Value::named(named, self.read(named.underlying(), json)),
            },
            other => panic!("no value of {other}"),
        }
    }

    fn elements(&self, element: &Type, json: &Json) -> Vec<Value> {
        json.as_array().unwrap().iter().map(|value| self.read(element, value)).collect()
    }

    fn method(&self, ty: &str, described: &Json) -> Method {
        let name = described["name"].as_str().unwrap();
        let function = self.method_body(ty, name);
        match described["receiver"].as_str().unwrap() {
            "pointer" => Method::on_pointer(name, function),
            _ => Method::on_value(name, function),
        }
    }

    /// A method with these types of parameters after the receiver.
    fn raw(
        &self,
        params: &[&str],
        results: &[&str],
        body: impl Fn(&mut [ReflectValue]) -> Result<Value, FunctionError> + Send + Sync + 'static,
    ) -> Function {
        let types = |names: &[&str]| names.iter().map(|name| self.ty(name)).collect::<Vec<_>>();
        let params = std::iter::once(Type::Any).chain(types(params)).collect();
        let signature = Signature { params, variadic: false, results: types(results) };
        let any = results.first() == Some(&"interface {}");
        Function::raw(signature, move |_, operands| {
            let value = body(operands)?;
            Ok(ReflectValue::of(value, if any { &Type::Any } else { &Type::Bool }, false))
        })
    }

    fn method_body(&self, ty: &str, name: &str) -> Function {
        let field = |name: &'static str, or: Value| {
            move |operands: &mut [ReflectValue]| Ok(get(&operands[0].value, name).unwrap_or_else(|| or.clone()))
        };
        match (ty, name) {
            ("mesh.TypeMeta", "GroupKind") => Function::new(|receiver: Value| {
                format!("{}/{}", text(&receiver, "APIVersion"), text(&receiver, "Kind"))
            }),
            ("mesh.Mode", "String") => Function::new(|mode: Value| mode_text(&mode)),
            ("mesh.Phase", "String") => {
                Function::new(|phase: Value| format!("phase={}", phase.as_string().unwrap().to_text().to_lowercase()))
            }
            ("mesh.BoolValue", "GetValue") => self.raw(&[], &["bool"], field("Value", Value::Bool(false))),
            ("mesh.Int32Value", "GetValue") => self.raw(&[], &["int32"], field("Value", Value::Int(IntKind::Int32, 0))),
            ("mesh.Tls", "GetCaCertificates") => self.raw(&[], &["string"], field("CaCertificates", Value::string(""))),
            ("mesh.Tls", "GetMode") => self.raw(&[], &["mesh.Mode"], field("Mode", self.zero("mesh.Mode"))),
            ("mesh.Tracing", "GetTlsSettings") => {
                self.raw(&[], &["*mesh.Tls"], field("TlsSettings", self.zero("*mesh.Tls")))
            }
            ("mesh.Duration", "String") => Function::new(|of: Value| match get(&of, "Seconds") {
                Some(Value::Int(_, seconds)) => format!("{seconds}s"),
                _ => "<none>".to_owned(),
            }),
            ("mesh.Quantity", "String") => Function::new(|of: Value| match get(&of, "Amount") {
                Some(Value::Int(_, amount)) => Ok(format!("{amount}m")),
                _ => Err(NIL_POINTER),
            })
            .returning_text(),
            ("mesh.Stamp", "String") => Function::new(|of: Value| format!("t{:?}", get(&of, "Unix").unwrap())),
            ("mesh.Fault", "Error") => Function::new(|of: Value| format!("fault: {}", text(&of, "Msg"))),
            ("mesh.Container", "ArgCount") => self.raw(&[], &["int"], |operands| {
                let args = get(&operands[0].value, "Args").ok_or(NIL_POINTER)?;
                Ok(Value::int(i64::try_from(args.len().unwrap()).unwrap()))
            }),
            ("mesh.Container", "FullName") => Function::new(|of: Value, between: String| {
                format!("{}{between}{}", text(&of, "Image"), text(&of, "Name"))
            }),
            ("mesh.ProxyConfig", name) => self.proxy_config(name),
            ("mesh.Labels", "Get") => Function::new(|of: Value, key: Str| match of.as_map().unwrap().get(&key) {
                Some(Value::String(value)) => value,
                _ => Str::default(),
            }),
            ("mesh.Labels", "Size") => Function::new(|of: Value| isize::try_from(of.len().unwrap()).unwrap()),
            other => panic!("method {other:?}"),
        }
    }

    fn proxy_config(&self, name: &str) -> Function {
        match name {
            "Boom" => Function::new(|_: Value| Err::<Str, _>("boom")).returning_text(),
            "ByValue" => Function::new(|of: Value| format!("port {:?}", get(&of, "StatusPort").unwrap())),
            "Check" => Function::new(|_: Value, good: bool| if good { Ok("fine") } else { Err("check failed") }),
            "Describe" => Function::new(|_: Value, prefix: String, n: isize| format!("{prefix}#{n}")),
            "Echo" => Function::new(|_: Value, value: Value| value),
            "Fail" => Function::new(|_: Value| Err::<Str, _>("it failed")),
            "GetStatusPort" => self.raw(&[], &["int32"], |operands| {
                Ok(get(&operands[0].value, "StatusPort").unwrap_or(Value::Int(IntKind::Int32, 0)))
            }),
            "GetTracing" => {
                let nil = self.zero("*mesh.Tracing");
                self.raw(&[], &["*mesh.Tracing"], move |operands| {
                    Ok(get(&operands[0].value, "Tracing").unwrap_or_else(|| nil.clone()))
                })
            }
            "MetaOf" => self.raw(&["*mesh.Meta"], &["string"], |operands| {
                Ok(get(&operands[1].value, "Name").unwrap_or(Value::string("no meta")))
            }),
            "Modal" => self.raw(&["mesh.Mode"], &["string"], |operands| {
                Ok(Value::string(format!("mode {}", mode_text(&operands[1].value))))
            }),
            "Names" => Function::new(|_: Value| vec![(Str::from("a"), Str::from("A")), ("b".into(), "B".into())]),
            "Nothing" => self.raw(&[], &[], |_| Ok(Value::Nil)),
            "Scale" => Function::new(|_: Value, by: f64| by * 2.0),
            "Self" => self.raw(&[], &["*mesh.ProxyConfig"], |operands| Ok(operands[0].value.clone())),
            "Sum" => Function::new(|_: Value, Variadic(numbers): Variadic<isize>| numbers.into_iter().sum::<isize>()),
            "Two" => self.raw(&[], &["string", "bool"], |_| Ok(Value::Nil)),
            "Uint" => Function::new(|_: Value, number: u8| number),
            other => panic!("method {other}"),
        }
    }

    fn zero(&self, ty: &str) -> Value {
        Value::zero(&self.ty(ty))
    }
}

const NIL_POINTER: &str = "runtime error: invalid memory address or nil pointer dereference";

/// A function that panics in Go returns an error here, and has one result in both.
trait ReturningText {
    fn returning_text(self) -> Self;
}

impl ReturningText for Function {
    fn returning_text(self) -> Self {
        let signature = Signature { results: vec![Type::String], ..self.signature().as_ref().clone() };
        Self::raw(signature, move |context, operands| self.call(context, operands))
    }
}

/// A field of a struct or of the struct behind a pointer. `None` for a nil pointer.
fn get(receiver: &Value, name: &str) -> Option<Value> {
    match receiver.indirect() {
        Value::Struct(of) => of.field(name).cloned(),
        _ => None,
    }
}

fn text(receiver: &Value, field: &str) -> String {
    get(receiver, field).unwrap().as_string().unwrap().to_string()
}

fn mode_text(mode: &Value) -> String {
    match mode.underlying() {
        Value::Int(_, 0) => "REDIRECT".to_owned(),
        Value::Int(_, 1) => "TPROXY".to_owned(),
        Value::Int(_, 2) => "NONE".to_owned(),
        other => format!("MODE_{other:?}"),
    }
}

fn integer<T: TryFrom<i64> + TryFrom<u64>>(json: &Json) -> T {
    match (json.as_i64(), json.as_u64()) {
        (Some(number), _) => T::try_from(number).ok().unwrap(),
        (None, Some(number)) => T::try_from(number).ok().unwrap(),
        (None, None) => panic!("no integer: {json}"),
    }
}

fn functions() -> HashMap<&'static str, Function> {
    HashMap::from([
        ("addInt", Function::new(|a: isize, b: isize| a + b)),
        ("fails", Function::new(|| Err::<Str, _>("func failed"))),
        (
            "noret",
            Function::raw(Signature { params: Vec::new(), variadic: false, results: Vec::new() }, |_, _| {
                Ok(ReflectValue::plain(Value::Nil))
            }),
        ),
        ("panics", Function::new(|| Err::<Str, _>("func panic")).returning_text()),
        ("upper", Function::new(|text: String| text.to_uppercase())),
        (
            "vari",
            Function::with_context(|context: &mut Context, first: Value, Variadic(numbers): Variadic<isize>| {
                let numbers = numbers.into_iter().map(Value::from).collect();
                fmt::sprint(context, &[first, Value::List(List::new(Type::INT, numbers))]).map(Str::from).unwrap()
            })
            .with_text_first(),
        ),
    ])
}

/// The first parameter as a string.
trait WithTextFirst {
    fn with_text_first(self) -> Self;
}

impl WithTextFirst for Function {
    fn with_text_first(self) -> Self {
        let mut signature = self.signature().as_ref().clone();
        signature.params[0] = Type::String;
        Self::raw(signature, move |context, operands| self.call(context, operands))
    }
}
