//! Semantic versions as Masterminds/semver reads and orders them for sprig.

use std::cmp::Ordering;
use std::sync::{Arc, LazyLock};

use gostd::strconv::parse_uint;

use super::super::error::FunctionError;
use super::super::functions::{Argument, Context, Function, Functions, Native, ReflectValue, ReturnType};
use super::super::value::{Field, Method, NamedType, Str, Struct, Type, UintKind, Value};
use super::semver_constraint::Constraints;

static VERSION: LazyLock<Arc<NamedType>> =
    LazyLock::new(|| NamedType::declare("semver.Version", "github.com/Masterminds/semver/v3"));

pub(super) fn add(functions: &mut Functions) {
    define();
    functions.add("semver", |text: Str| -> Result<Pointer, FunctionError> { Version::parse(&text).map(Pointer) });
    functions.add_with("semverCompare", |context: &mut Context, constraint: Str, version: Str| {
        let constraints = Constraints::parse(context, &constraint)?;
        constraints.allow(context, &Version::parse(&version)?)
    });
}

/// A semantic version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) major: u64,
    pub(super) minor: u64,
    pub(super) patch: u64,
    /// The pre-release, which may be empty
    pub(super) pre: String,
    metadata: String,
    /// The original text
    original: String,
}

/// The parts of a version as written. In constraints, numbers may be placeholders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Written<'a> {
    /// The whole text
    pub(super) whole: &'a str,
    pub(super) major: &'a str,
    pub(super) minor: Option<&'a str>,
    pub(super) patch: Option<&'a str>,
    pub(super) pre: &'a str,
    pub(super) metadata: &'a str,
}

impl<'a> Written<'a> {
    /// Splits a version off the start of a text and returns the rest. `number` selects the bytes of numbers.
    pub(super) fn take(text: &'a str, number: fn(char) -> bool) -> Option<(Self, &'a str)> {
        let digits = |text: &'a str| {
            let (digits, rest) = text.split_at_checked(text.find(|c| !number(c)).unwrap_or(text.len()))?;
            (!digits.is_empty()).then_some((digits, rest))
        };
        let (major, mut rest) = digits(text.strip_prefix('v').unwrap_or(text))?;
        let mut parts = [None, None];
        for part in &mut parts {
            if let Some((digits, after)) = rest.strip_prefix('.').and_then(digits) {
                (*part, rest) = (Some(digits), after);
            } else {
                break;
            }
        }
        let (pre, after) = rest.strip_prefix('-').and_then(identifiers).unwrap_or(("", rest));
        let (metadata, after) = after.strip_prefix('+').and_then(identifiers).unwrap_or(("", after));
        let whole = text.get(..text.len() - after.len())?;
        let [minor, patch] = parts;
        Some((Self { whole, major, minor, patch, pre, metadata }, after))
    }
}

/// Splits off identifiers separated by dots.
fn identifiers(text: &str) -> Option<(&str, &str)> {
    let mut len = 0;
    loop {
        let rest = text.get(len..)?;
        let word = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
        if word == 0 {
            // A trailing dot is not part of them.
            len = len.checked_sub(1)?;
            break;
        }
        len += word;
        if !rest.get(word..)?.starts_with('.') {
            break;
        }
        len += 1;
    }
    text.split_at_checked(len).filter(|(word, _)| !word.is_empty())
}

impl Version {
    /// Parses a version. Minor and patch may be missing.
    pub(super) fn parse(text: &[u8]) -> Result<Self, FunctionError> {
        let invalid = || FunctionError::new("Invalid Semantic Version");
        let text = std::str::from_utf8(text).map_err(|_| invalid())?;
        let (written, rest) = Written::take(text, |c| c.is_ascii_digit()).ok_or_else(invalid)?;
        if !rest.is_empty() {
            return Err(invalid());
        }
        let version = Self {
            major: segment(written.major)?,
            minor: written.minor.map_or(Ok(0), segment)?,
            patch: written.patch.map_or(Ok(0), segment)?,
            pre: written.pre.to_owned(),
            metadata: written.metadata.to_owned(),
            original: text.to_owned(),
        };
        check_pre(&version.pre)?;
        Ok(version)
    }

    fn text(&self) -> String {
        let Self { major, minor, patch, pre, metadata, .. } = self;
        let dash = if pre.is_empty() { "" } else { "-" };
        let plus = if metadata.is_empty() { "" } else { "+" };
        format!("{major}.{minor}.{patch}{dash}{pre}{plus}{metadata}")
    }

    /// The order of two versions, without metadata.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let numbers = |v: &Self| (v.major, v.minor, v.patch);
        numbers(self).cmp(&numbers(other)).then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => pre_order(&self.pre, &other.pre),
        })
    }

    /// The version with these numbers, without pre-release and metadata.
    fn next(&self, major: u64, minor: u64, patch: u64) -> Self {
        Self { major, minor, patch, pre: String::new(), metadata: String::new(), original: String::new() }.renamed(self)
    }

    /// With an original text that has a `v` if that of `before` has one.
    fn renamed(self, before: &Self) -> Self {
        let v = if before.original.starts_with('v') { "v" } else { "" };
        Self { original: format!("{v}{}", self.text()), ..self }
    }

    fn value(&self) -> Value {
        let number = |value| Value::Uint(UintKind::Uint64, value);
        let fields = vec![
            number(self.major),
            number(self.minor),
            number(self.patch),
            Value::string(&*self.pre),
            Value::string(&*self.metadata),
            Value::string(&*self.original),
        ];
        Value::Struct(Struct::new(&VERSION, fields))
    }

    fn of(value: &Value) -> Option<Self> {
        let Value::Struct(of) = value else { return None };
        if of.named_type() != &*VERSION {
            return None;
        }
        let text = |value: &Value| value.as_string().map(|text| text.to_text().into_owned());
        match of.values() {
            [Value::Uint(_, major), Value::Uint(_, minor), Value::Uint(_, patch), pre, metadata, original] => {
                let (major, minor, patch) = (*major, *minor, *patch);
                Some(Self {
                    major,
                    minor,
                    patch,
                    pre: text(pre)?,
                    metadata: text(metadata)?,
                    original: text(original)?,
                })
            }
            _ => None,
        }
    }
}

fn segment(digits: &str) -> Result<u64, FunctionError> {
    parse_uint(digits, 10)
        .map_err(|why| format!("Error parsing version segment: {}", why.message("ParseUint", digits)).into())
}

/// Checks the pre-release: its numbers must not start with a zero.
fn check_pre(pre: &str) -> Result<(), FunctionError> {
    for word in pre.split('.') {
        if word.bytes().all(|b| b.is_ascii_digit()) {
            if word.len() > 1 && word.starts_with('0') {
                return Err("Version segment starts with 0".into());
            }
        } else if !word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Err("Invalid Prerelease string".into());
        }
    }
    Ok(())
}

fn check_metadata(metadata: &str) -> Result<(), FunctionError> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
    if metadata.bytes().all(allowed) { Ok(()) } else { Err("Invalid Metadata string".into()) }
}

/// The order of pre-releases: identifier by identifier, numbers before words, fewer before more.
pub(super) fn pre_order(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (a, b) => word_order(a.unwrap_or(""), b.unwrap_or("")),
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn word_order(a: &str, b: &str) -> Ordering {
    let number = |word: &str| parse_uint(word, 10).ok();
    match (number(a), number(b)) {
        _ if a == b => Ordering::Equal,
        _ if a.is_empty() => Ordering::Less,
        _ if b.is_empty() => Ordering::Greater,
        (None, None) => a.cmp(b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (Some(a), Some(b)) => {
            if a > b {
                Ordering::Greater
            } else {
                Ordering::Less
            }
        }
    }
}

/// A `*semver.Version`.
struct Pointer(Version);

impl Argument for Pointer {
    fn ty() -> Type {
        Type::pointer(Type::Named(Arc::clone(&VERSION)))
    }

    fn take(operand: &mut ReflectValue) -> Result<Self, FunctionError> {
        Version::of(operand.value.indirect())
            .map(Self)
            .ok_or_else(|| "runtime error: invalid memory address or nil pointer dereference".into())
    }
}

impl ReturnType for Pointer {
    fn ty() -> Type {
        <Self as Argument>::ty()
    }

    fn into_value(self) -> Value {
        Value::pointer_to(self.0.value())
    }
}

impl Argument for Version {
    fn ty() -> Type {
        Type::Named(Arc::clone(&VERSION))
    }

    fn take(operand: &mut ReflectValue) -> Result<Self, FunctionError> {
        Pointer::take(operand).map(|pointer| pointer.0)
    }
}

impl ReturnType for Version {
    fn ty() -> Type {
        <Self as Argument>::ty()
    }

    fn into_value(self) -> Value {
        self.value()
    }
}

fn define() {
    let text = |name| Field::new(name, Type::String);
    let number = |name| Field::new(name, Type::Uint(UintKind::Uint64));
    let fields =
        vec![number("major"), number("minor"), number("patch"), text("pre"), text("metadata"), text("original")];
    VERSION.define(Type::structure(fields), methods());
}

fn methods() -> Vec<Method> {
    fn on_value<A, F: Native<A>>(name: &str, function: F) -> Method {
        Method::on_value(name, Function::new(function))
    }
    fn on_pointer<A, F: Native<A>>(name: &str, function: F) -> Method {
        Method::on_pointer(name, Function::new(function))
    }
    vec![
        on_value("String", |version: Version| -> String { version.text() }),
        on_value("Major", |version: Version| -> u64 { version.major }),
        on_value("Minor", |version: Version| -> u64 { version.minor }),
        on_value("Patch", |version: Version| -> u64 { version.patch }),
        on_value("Prerelease", |version: Version| -> String { version.pre }),
        on_value("Metadata", |version: Version| -> String { version.metadata }),
        on_value("IncMajor", |version: Version| -> Version { version.next(version.major.wrapping_add(1), 0, 0) }),
        on_value("IncMinor", |version: Version| -> Version {
            version.next(version.major, version.minor.wrapping_add(1), 0)
        }),
        on_value("IncPatch", |version: Version| -> Version {
            // A pre-release is followed by its release.
            let step = u64::from(version.pre.is_empty());
            version.next(version.major, version.minor, version.patch.wrapping_add(step))
        }),
        on_value("SetPrerelease", |version: Version, pre: String| -> Result<Version, FunctionError> {
            if !pre.is_empty() {
                check_pre(&pre)?;
            }
            Ok(Version { pre, ..version.clone() }.renamed(&version))
        }),
        on_value("SetMetadata", |version: Version, metadata: String| -> Result<Version, FunctionError> {
            check_metadata(&metadata)?;
            Ok(Version { metadata, ..version.clone() }.renamed(&version))
        }),
        on_value("MarshalJSON", |version: Version| -> Result<Vec<u8>, FunctionError> {
            Ok(format!("\"{}\"", version.text()).into_bytes())
        }),
        on_value("MarshalText", |version: Version| -> Result<Vec<u8>, FunctionError> {
            Ok(version.text().into_bytes())
        }),
        on_value("Value", |version: Version| -> Result<Value, FunctionError> { Ok(Value::string(version.text())) }),
        on_pointer("Original", |version: Pointer| -> String { version.0.original }),
        on_pointer("Compare", |a: Pointer, b: Pointer| -> isize { a.0.order(&b.0) as isize }),
        on_pointer("Equal", |a: Pointer, b: MaybeVersion| -> bool { b.0.is_some_and(|b| a.0.order(&b).is_eq()) }),
        on_pointer("LessThan", |a: Pointer, b: Pointer| -> bool { a.0.order(&b.0).is_lt() }),
        on_pointer("LessThanEqual", |a: Pointer, b: Pointer| -> bool { a.0.order(&b.0).is_le() }),
        on_pointer("GreaterThan", |a: Pointer, b: Pointer| -> bool { a.0.order(&b.0).is_gt() }),
        on_pointer("GreaterThanEqual", |a: Pointer, b: Pointer| -> bool { a.0.order(&b.0).is_ge() }),
    ]
}

/// A `*semver.Version`, which may be nil.
struct MaybeVersion(Option<Version>);

impl Argument for MaybeVersion {
    fn ty() -> Type {
        Type::pointer(Type::Named(Arc::clone(&VERSION)))
    }

    fn take(operand: &mut ReflectValue) -> Result<Self, FunctionError> {
        Ok(Self(Version::of(operand.value.indirect())))
    }
}
