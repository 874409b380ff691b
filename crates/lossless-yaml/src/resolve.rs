//! Reads the data of a tree as Kubernetes does: sigs.k8s.io/yaml over go-yaml v2, which is YAML 1.1 with some peculiarities
//! (`yes` and `on` are booleans, `0777` is 511, later keys win, a merge key overrides the keys before it).

use std::borrow::Cow;
use std::collections::HashMap;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use gostd::strconv::{self, BitSize};
use serde_json::{Map, Number, Value};

use crate::error::{YamlError, YamlErrorKind};
use crate::parse::MAX_DEPTH;
use crate::repetition::repeats_too_much;
use crate::tree::{NodeId, NodeKind, Tag, Tree};

/// The value of a scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar<'t> {
    /// `null`, `~`, or nothing at all.
    Null,
    /// A boolean, by any of its YAML 1.1 names.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number above the range of `Int`.
    Uint(u64),
    /// Any other number. May be infinite or not a number, which JSON cannot represent.
    Float(f64),
    /// A string.
    Str(&'t str),
}

impl Scalar<'_> {
    /// Reads the text of a plain scalar without a tag.
    pub fn of_plain(text: &str) -> Scalar<'_> {
        resolve(text)
    }

    pub(super) fn is(&self, value: &Value) -> bool {
        match (self, value) {
            (Scalar::Null, Value::Null) => true,
            (Scalar::Bool(a), Value::Bool(b)) => a == b,
            (Scalar::Str(a), Value::String(b)) => a == b,
            (Scalar::Int(a), Value::Number(b)) if b.as_i64().is_some() => b.as_i64() == Some(*a),
            (Scalar::Uint(a), Value::Number(b)) if b.as_u64().is_some() => b.as_u64() == Some(*a),
            (_, Value::Number(b)) => self.as_f64().is_some_and(|a| b.as_f64() == Some(a)),
            _ => false,
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "compared with a float, as floats")]
    fn as_f64(&self) -> Option<f64> {
        match *self {
            Self::Int(i) => Some(i as f64),
            Self::Uint(u) => Some(u as f64),
            Self::Float(f) => Some(f),
            _ => None,
        }
    }
}

impl Tree<'_> {
    /// The value of the scalar `id`; `None` if it is a collection. An alias is followed.
    pub fn scalar_value(&self, id: NodeId) -> Result<Option<Scalar<'_>>, YamlError> {
        let id = self.resolve_alias(id);
        let text = self.scalar(id);
        let kind = self.kind(id);
        let Some(tag) = self.tag(id) else { return Ok(without_tag(kind, text)) };
        if kind.is_collection() {
            return Ok(None);
        }
        let wrong = |is: &str| {
            self.error(YamlErrorKind::Value, id, format!("this value does not match its tag: expected {is}"))
                .with_hint("remove the tag, or write a matching value")
        };
        let value = resolve(text);
        match (tag, value) {
            (Tag::Str | Tag::Other | Tag::Merge, _) => Ok(Some(Scalar::Str(text))),
            // Callers that need its bytes as a string use `binary`.
            (Tag::Binary, _) => {
                Err(self.error(YamlErrorKind::Value, id, "a value tagged !!binary cannot be read as text"))
            }
            (Tag::Int, Scalar::Int(_) | Scalar::Uint(_))
            | (Tag::Bool, Scalar::Bool(_))
            | (Tag::Null, Scalar::Null)
            | (Tag::Float, Scalar::Float(_)) => Ok(Some(value)),
            (Tag::Float, _) => {
                value.as_f64().map(|f| Some(Scalar::Float(f))).ok_or_else(|| wrong("a number with a fraction"))
            }
            (Tag::Timestamp, Scalar::Str(_)) if looks_like_date(text) => Ok(Some(value)),
            (Tag::Timestamp, _) => Err(wrong("a time")),
            (Tag::Int, _) => Err(wrong("a whole number")),
            (Tag::Bool, _) => Err(wrong("a boolean")),
            (Tag::Null, _) => Err(wrong("null")),
        }
    }

    /// The data of `id` as JSON, anchors and merge keys resolved.
    pub fn value(&self, id: NodeId) -> Result<Value, YamlError> {
        Reader { tree: self, decoded: 0, through_alias: 0, alias_depth: 0 }.read(id, 0)
    }

    /// Whether `id` has the data `value`, however they are written.
    pub fn equals(&self, id: NodeId, value: &Value) -> bool {
        self.equals_at(id, value, 0)
    }

    /// Whether `id` is null, or an empty list or mapping. An alias is followed.
    pub(super) fn says_nothing(&self, id: NodeId) -> bool {
        let id = self.resolve_alias(id);
        if self.kind(id).is_collection() { self.children(id).next().is_none() } else { self.equals(id, &Value::Null) }
    }

    fn equals_at(&self, id: NodeId, value: &Value, depth: usize) -> bool {
        if depth > MAX_DEPTH {
            return false;
        }
        let id = self.resolve_alias(id);
        if self.kind(id).is_seq() {
            let Value::Array(items) = value else { return false };
            let mut items = items.iter();
            return self.items(id).all(|i| items.next().is_some_and(|v| self.equals_at(i, v, depth + 1)))
                && items.next().is_none();
        }
        if self.kind(id).is_map() {
            let Value::Object(map) = value else { return false };
            if self.entries(id).any(|(k, _)| self.is_merge(k)) {
                return self.value(id).is_ok_and(|v| same(&v, value));
            }
            let (mut count, mut others) = (0, map.iter());
            let same = self.entries(id).all(|(key, value)| {
                count += 1;
                // Mostly the keys are in the same order, and need not be looked up.
                let other = match others.next() {
                    Some((name, other)) if self.is_key(key, name) => Some(other),
                    _ => self.key(key).ok().and_then(|name| map.get(&*name)),
                };
                other.is_some_and(|other| self.equals_at(value, other, depth + 1))
            });
            // Otherwise a key appears twice.
            return same && count == map.len();
        }
        if let Some(binary) = self.binary(id) {
            return binary.is_ok_and(|b| value.as_str() == Some(&b));
        }
        self.scalar_value(id).ok().flatten().is_some_and(|s| s.is(value))
    }

    /// The key `id` as the string that JSON has for it.
    pub fn key(&self, id: NodeId) -> Result<Cow<'_, str>, YamlError> {
        if let Some(binary) = self.binary(id) {
            return binary.map(Cow::Owned);
        }
        Ok(match self.scalar_value(id)? {
            Some(Scalar::Str(text)) => Cow::Borrowed(text),
            Some(Scalar::Bool(b)) => Cow::Borrowed(if b { "true" } else { "false" }),
            Some(Scalar::Int(i)) => Cow::Owned(i.to_string()),
            Some(Scalar::Float(f)) => Cow::Owned(float_key(f)),
            Some(Scalar::Null) => return Err(self.error(YamlErrorKind::Value, id, "null cannot be a key")),
            Some(Scalar::Uint(_)) => {
                return Err(self.error(
                    YamlErrorKind::Value,
                    id,
                    "a number above the signed 64-bit range cannot be a key",
                ));
            }
            None => return Err(self.error(YamlErrorKind::Value, id, "a list or mapping cannot be a key")),
        })
    }

    /// The bytes of a scalar tagged `!!binary` as a string; invalid UTF-8 is replaced.
    fn binary(&self, id: NodeId) -> Option<Result<String, YamlError>> {
        let id = self.resolve_alias(id);
        if self.tag(id) != Some(Tag::Binary) || self.kind(id).is_collection() {
            return None;
        }
        let text: String = self.scalar(id).split(['\r', '\n']).collect();
        Some(match BASE64_STANDARD.decode(text) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(_) => {
                Err(self.error(YamlErrorKind::Value, id, "this value is tagged as !!binary, but is not valid base64"))
            }
        })
    }

    /// Whether the key `id` is the merge key `<<`.
    pub fn is_merge(&self, id: NodeId) -> bool {
        match self.tag(id) {
            None => self.kind(id) == NodeKind::Plain && self.span(id).len() == 2 && self.scalar(id) == "<<",
            Some(tag) => tag == Tag::Merge && self.scalar(id) == "<<",
        }
    }

    /// The value of key `name` in the mapping `map`, merge keys included; `None` if `map` is null or has no such key.
    /// Fails if the key appears twice, or `map` is neither a mapping nor null.
    pub fn get(&self, map: NodeId, name: &str) -> Result<Option<NodeId>, YamlError> {
        let target = self.resolve_alias(map);
        let mut own: Option<NodeId> = None;
        for (key, _) in self.entries(target).filter(|&(k, _)| self.is_key(k, name)) {
            if let Some(first) = own.replace(key) {
                return Err(self.duplicate(name, first, key));
            }
        }
        self.get_last(map, name)
    }

    /// As [`Tree::get`], but the last of several equal keys wins, as in Kubernetes.
    pub fn get_last(&self, map: NodeId, name: &str) -> Result<Option<NodeId>, YamlError> {
        let target = self.resolve_alias(map);
        if !self.kind(target).is_map() {
            if self.equals(target, &Value::Null) {
                return Ok(None);
            }
            let found = if self.kind(target).is_seq() { "a list" } else { "a scalar" };
            let message = format!("must be a mapping, found {found}");
            return Err(self.error(YamlErrorKind::WrongType, map, message));
        }
        self.lookup(target, name)
    }

    /// Whether JSON has the key `key` as `name`.
    pub(super) fn is_key(&self, key: NodeId, name: &str) -> bool {
        let says_name = || !self.is_merge(key) && self.key(key).is_ok_and(|k| k == name);
        // Most keys are plain or quoted strings, which is quickly seen.
        match self.kind(key) {
            NodeKind::Plain if self.tag(key).is_none() => {
                let may_be_read =
                    matches!(name, "true" | "false") || !name.starts_with(|c: char| c.is_ascii_alphabetic());
                let is_string = || name != "<<" && matches!(resolve(name), Scalar::Str(_));
                if self.scalar(key) == name { is_string() || says_name() } else { may_be_read && says_name() }
            }
            NodeKind::Single | NodeKind::Double if self.tag(key).is_none() => self.scalar(key) == name,
            _ => says_name(),
        }
    }

    /// As [`Tree::get_last`], of a node that is known to be a mapping.
    pub(super) fn lookup(&self, map: NodeId, name: &str) -> Result<Option<NodeId>, YamlError> {
        self.lookup_at(map, name, 0, &mut HashMap::new())
    }

    /// `known` has the results for merged mappings: each is searched once, however often it is merged.
    fn lookup_at(
        &self,
        map: NodeId,
        name: &str,
        depth: usize,
        known: &mut HashMap<NodeId, Option<NodeId>>,
    ) -> Result<Option<NodeId>, YamlError> {
        if depth > MAX_DEPTH {
            let message = format!("merge keys nest deeper than the limit of {MAX_DEPTH} levels");
            return Err(self.error(YamlErrorKind::Limit, map, message));
        }
        let mut found = None;
        for (key, value) in self.entries(map) {
            if self.is_merge(key) {
                for merged in self.merged(value)? {
                    let brought = match known.get(&merged) {
                        Some(brought) => *brought,
                        None => self.lookup_at(merged, name, depth + 1, known)?,
                    };
                    known.insert(merged, brought);
                    found = brought.or(found);
                }
            } else if self.is_key(key, name) {
                found = Some(value);
            }
        }
        Ok(found)
    }

    /// The mappings that a merge key adds, in the order in which they apply: the first one written wins, so it is last.
    pub(super) fn merged(&self, id: NodeId) -> Result<Vec<NodeId>, YamlError> {
        let wrong = |at| self.error(YamlErrorKind::WrongType, at, "a merge key takes a mapping or a list of mappings");
        let target = self.resolve_alias(id);
        if self.kind(target).is_map() {
            return Ok(vec![target]);
        }
        if !self.kind(id).is_seq() {
            return Err(wrong(id));
        }
        let mut maps = Vec::new();
        for item in self.items(id) {
            let map = self.resolve_alias(item);
            if !self.kind(map).is_map() {
                return Err(wrong(item));
            }
            maps.push(map);
        }
        maps.reverse();
        Ok(maps)
    }
}

/// Whether two values are the same data: numbers by value, keys in any order.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => x == y || x.as_f64() == y.as_f64(),
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y)),
        (Value::Object(x), Value::Object(y)) => {
            // Mostly the keys are in the same order too, and need not be looked up.
            let mut others = y.iter();
            let mut other = |key: &String| match others.next() {
                Some((name, value)) if name == key => Some(value),
                _ => y.get(key),
            };
            x.len() == y.len() && x.iter().all(|(k, v)| other(k).is_some_and(|w| same(v, w)))
        }
        _ => a == b,
    }
}

/// Reads data from a tree. Counts nodes, to limit what aliases expand to.
struct Reader<'t, 'a> {
    tree: &'t Tree<'a>,
    decoded: u64,
    through_alias: u64,
    alias_depth: usize,
}

impl Reader<'_, '_> {
    fn read(&mut self, id: NodeId, depth: usize) -> Result<Value, YamlError> {
        self.count(id)?;
        if depth > MAX_DEPTH {
            let message = format!("nested deeper than the limit of {MAX_DEPTH} levels, aliases included");
            return Err(self.tree.error(YamlErrorKind::Limit, id, message));
        }
        let target = self.tree.resolve_alias(id);
        let by_alias = usize::from(target != id);
        self.alias_depth += by_alias;
        let value = self.read_node(target, depth);
        self.alias_depth -= by_alias;
        value
    }

    fn read_node(&mut self, id: NodeId, depth: usize) -> Result<Value, YamlError> {
        if self.tree.kind(id).is_seq() {
            return self.tree.items(id).map(|i| self.read(i, depth + 1)).collect::<Result<_, _>>().map(Value::Array);
        }
        if self.tree.kind(id).is_map() {
            let mut map = Map::with_capacity(self.tree.entries(id).count());
            self.read_into(&mut map, id, depth)?;
            return Ok(Value::Object(map));
        }
        if let Some(binary) = self.tree.binary(id) {
            return binary.map(Value::String);
        }
        Ok(match self.tree.scalar_value(id)? {
            None | Some(Scalar::Null) => Value::Null,
            Some(Scalar::Bool(b)) => Value::Bool(b),
            Some(Scalar::Int(i)) => Value::Number(i.into()),
            Some(Scalar::Uint(u)) => Value::Number(u.into()),
            Some(Scalar::Str(text)) => Value::String(text.to_owned()),
            Some(Scalar::Float(f)) => Value::Number(Number::from_f64(f).ok_or_else(|| {
                self.tree
                    .error(YamlErrorKind::Value, id, "this number does not exist in JSON, so Kubernetes cannot read it")
                    .with_hint("quote it if it is meant as text")
            })?),
        })
    }

    fn read_into(&mut self, map: &mut Map<String, Value>, id: NodeId, depth: usize) -> Result<(), YamlError> {
        let tree = self.tree;
        for (key, value) in tree.entries(id) {
            if tree.is_merge(key) {
                for merged in tree.merged(value)? {
                    let written_here = merged == value || tree.parent(merged) == Some(value);
                    self.alias_depth += usize::from(!written_here);
                    self.count(merged)?;
                    if depth > MAX_DEPTH {
                        let message = format!("merge keys nest deeper than the limit of {MAX_DEPTH} levels");
                        return Err(tree.error(YamlErrorKind::Limit, merged, message));
                    }
                    self.read_into(map, merged, depth + 1)?;
                    self.alias_depth -= usize::from(!written_here);
                }
                continue;
            }
            self.count(key)?;
            let name = tree.key(key)?.into_owned();
            let value = self.read(value, depth + 1)?;
            map.insert(name, value);
        }
        Ok(())
    }

    fn count(&mut self, id: NodeId) -> Result<(), YamlError> {
        self.decoded += 1;
        self.through_alias += u64::from(self.alias_depth > 0);
        if repeats_too_much(self.decoded, self.through_alias) { Err(self.tree.repetition(id)) } else { Ok(()) }
    }
}

/// The value of a scalar without a tag; `None` of other nodes.
pub(super) fn without_tag(kind: NodeKind, text: &str) -> Option<Scalar<'_>> {
    match kind {
        NodeKind::Absent => Some(Scalar::Null),
        NodeKind::Plain => Some(resolve(text)),
        NodeKind::Single | NodeKind::Double | NodeKind::Literal | NodeKind::Folded => Some(Scalar::Str(text)),
        _ => None,
    }
}

fn resolve(text: &str) -> Scalar<'_> {
    let Some(first) = text.bytes().next() else { return Scalar::Null };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => match text {
            "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Scalar::Bool(true),
            "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Scalar::Bool(false),
            "~" | "null" | "Null" | "NULL" => Scalar::Null,
            _ => Scalar::Str(text),
        },
        b'.' => match text {
            ".inf" | ".Inf" | ".INF" => Scalar::Float(f64::INFINITY),
            ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
            _ => float(text).map_or(Scalar::Str(text), Scalar::Float),
        },
        b'0'..=b'9' | b'+' | b'-' => match text {
            "+.inf" | "+.Inf" | "+.INF" => Scalar::Float(f64::INFINITY),
            "-.inf" | "-.Inf" | "-.INF" => Scalar::Float(f64::NEG_INFINITY),
            _ => number(text).unwrap_or(Scalar::Str(text)),
        },
        _ => Scalar::Str(text),
    }
}

/// A number that begins with a digit or sign. Underscores in it are ignored.
fn number(text: &str) -> Option<Scalar<'static>> {
    if text.len() > 1 && text.bytes().skip(1).any(|b| !b.is_ascii_alphanumeric() && !b"_.+-".contains(&b)) {
        return None;
    }
    let without;
    let plain = if text.contains('_') {
        without = text.replace('_', "");
        &without
    } else {
        text
    };
    integer(plain).or_else(|| float(plain).map(Scalar::Float))
}

/// An integer: as `int64`, or as `uint64` if it only fits there.
fn integer(text: &str) -> Option<Scalar<'static>> {
    match strconv::parse_int(text, 0) {
        Ok(value) => Some(Scalar::Int(value)),
        Err(strconv::Error::Range { .. }) => strconv::parse_uint(text, 0).ok().map(Scalar::Uint),
        Err(_) => None,
    }
}

/// A number with a fraction or an exponent, in the form that go-yaml accepts.
fn float(text: &str) -> Option<f64> {
    let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    let whole = digits(rest);
    rest = rest.get(whole..)?;
    if let Some(fraction) = rest.strip_prefix('.') {
        let n = digits(fraction);
        if whole == 0 && n == 0 {
            return None;
        }
        rest = fraction.get(n..)?;
    } else if whole == 0 {
        return None;
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        let n = digits(exponent);
        rest = exponent.get(n..)?;
        if n == 0 {
            return None;
        }
    }
    // A number that is out of range is an error for Go, and the text then a string.
    if rest.is_empty() { strconv::parse_float(text).ok() } else { None }
}

/// Whether `text` begins like `2001-01-01`, which go-yaml requires before it tries its time formats.
fn looks_like_date(text: &str) -> bool {
    text.len() >= 8 && text.bytes().take(4).all(|b| b.is_ascii_digit()) && text.as_bytes().get(4) == Some(&b'-')
}

/// A float as the key of a JSON object: Go's `FormatFloat(f, 'g', -1, 32)`.
#[allow(clippy::cast_possible_truncation, reason = "the original formats keys with the precision of 32 bits")]
fn float_key(f: f64) -> String {
    if f.is_nan() {
        return ".nan".into();
    }
    let single = f as f32;
    if single.is_infinite() {
        return if f > 0.0 { ".inf" } else { "-.inf" }.into();
    }
    strconv::format_float(single.into(), b'g', None, BitSize::Bits32)
}
