//! Functions and types of the caller.

use std::sync::Arc;

use super::super::value::{Field, Method};
use super::super::{
    Context, Function, FunctionError, Functions, NamedType, Str, Struct, Template, Type, Value, Variadic,
};

fn functions() -> Functions {
    let mut functions = Functions::new();
    functions.add("trunc", |count: isize, text: Str| Str::from(text.get(..count.unsigned_abs()).unwrap_or(&text)));
    functions.add("sum", |Variadic(numbers): Variadic<isize>| numbers.into_iter().sum::<isize>());
    functions.add("fails", || Err::<Str, _>("it is broken"));
    functions.add_with("repeat", |context: &mut Context, count: isize, text: Str| -> Result<Str, FunctionError> {
        let count = usize::try_from(count).map_err(|_| "negative count")?;
        context.budget.allocate_many(count, text.len())?;
        Ok(Str::from(text.repeat(count)))
    });
    functions
}

fn run(text: &str, data: &Value) -> Result<String, String> {
    let template = Template::new("t").with_functions(functions()).parse(text).map_err(|error| error.to_string())?;
    template.execute(data).map(|out| String::from_utf8(out).unwrap()).map_err(|error| error.to_string())
}

#[test]
fn arguments_are_checked() {
    let fails = |text: &str| run(text, &Value::Nil).unwrap_err();
    assert_eq!(run("{{trunc 2 \"abc\"}}{{sum}}{{sum 1 2 3}}{{\"x\" | repeat 3}}", &Value::Nil).unwrap(), "ab06xxx");
    let at = |column: usize, context: &str| format!("template: t:1:{column}: executing \"t\" at <{context}>: ");
    assert_eq!(fails("{{trunc \"a\" \"b\"}}"), at(8, "\"a\"") + "expected integer; found \"a\"");
    assert_eq!(fails("{{trunc 1 (sum 1)}}"), at(15, "1") + "wrong type for value; expected string; got int");
    assert_eq!(fails("{{trunc 1}}"), at(2, "trunc") + "wrong number of args for trunc: want 2 got 1");
    assert_eq!(fails("{{sum 1 nil}}"), at(8, "nil") + "cannot assign nil to int");
    assert_eq!(fails("{{fails}}"), at(2, "fails") + "error calling fails: it is broken");
    let limit = "error calling repeat: functions of the template build more than 268435456 bytes";
    assert_eq!(fails("{{repeat 1000000000 \"abc\"}}"), at(2, "repeat 1000000000 \"abc\"") + limit);
    assert_eq!(fails("{{nope 1}}"), "template: t:1: function \"nope\" not defined");
}

/// `type Point struct { X int; y int }` with `String` on its pointer and `Sum` on its values.
fn point() -> Arc<NamedType> {
    let ty = NamedType::declare("geo.Point", "example/geo");
    let part = |point: &Value, name: &str| match point.indirect() {
        Value::Struct(of) => match of.field(name) {
            Some(Value::Int(_, number)) => *number,
            _ => 0,
        },
        _ => 0,
    };
    ty.define(
        Type::structure(vec![Field::new("X", Type::INT), Field::new("y", Type::INT)]),
        vec![
            Method::on_pointer("String", Function::new(move |point: Value| format!("<{}>", part(&point, "X")))),
            Method::on_value(
                "Sum",
                Function::new(move |point: Value, by: i64| part(&point, "X") + part(&point, "y") + by),
            ),
        ],
    );
    ty
}

#[test]
fn types_have_fields_and_methods() {
    let ty = point();
    let point = Value::Struct(Struct::new(&ty, vec![Value::int(3), Value::int(4)]));
    let pointer = Value::pointer_to(point.clone());
    assert_eq!(
        run("{{.X}} {{.Sum 1}} {{.}} {{printf \"%v %+v %T\" . . .}}", &point).unwrap(),
        "3 8 {3 4} {3 4} {X:3 y:4} geo.Point"
    );
    assert_eq!(run("{{.X}} {{.Sum 1}} {{.}} {{printf \"%v\" .}} {{.String}}", &pointer).unwrap(), "3 8 <3> <3> <3>");
    let message = "template: t:1:2: executing \"t\" at <.y>: y is an unexported field of struct type *geo.Point";
    assert_eq!(run("{{.y}}", &pointer).unwrap_err(), message);
    let nil = Value::zero(&Type::pointer(Type::Named(ty)));
    assert_eq!(run("{{.}}{{if .}}T{{end}}", &nil).unwrap(), "<0>");
    let message = "template: t:1:2: executing \"t\" at <.X>: nil pointer evaluating *geo.Point.X";
    assert_eq!(run("{{.X}}", &nil).unwrap_err(), message);
}
