//! Named types, their fields and methods.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::super::functions::Function;
use super::Type;

/// A field of a struct.
#[derive(Clone, PartialEq, Eq)]
pub struct Field {
    /// The name. The name of an embedded field is that of its type, without the package.
    pub name: Box<str>,
    /// The type.
    pub ty: Type,
    /// Whether it is embedded: the outer struct also has its fields and methods.
    pub embedded: bool,
    /// Whether its name starts with an upper-case letter.
    pub exported: bool,
}

impl Field {
    /// The field `name`.
    pub fn new(name: &str, ty: Type) -> Self {
        let exported = name.chars().next().is_some_and(char::is_uppercase);
        Self { name: name.into(), ty, embedded: false, exported }
    }

    /// An embedded field: `ty` is a named struct, or a pointer to one.
    pub fn embedded(name: &str, ty: Type) -> Self {
        Self { embedded: true, ..Self::new(name, ty) }
    }
}

/// The fields of a struct, in order.
#[derive(PartialEq, Eq)]
pub struct Fields {
    list: Vec<Field>,
    /// Positions in `list`, by name.
    sorted: Vec<usize>,
    any_embedded: bool,
}

/// How deep embedded structs are looked through.
const MAX_EMBEDDING: usize = 8;

impl Fields {
    pub(super) fn new(list: Vec<Field>) -> Self {
        let mut sorted: Vec<usize> = (0..list.len()).collect();
        let name = |at: &usize| list.get(*at).map(|field| &field.name);
        sorted.sort_by(|a, b| name(a).cmp(&name(b)));
        let any_embedded = list.iter().any(|f| f.embedded);
        Self { list, sorted, any_embedded }
    }

    /// All fields, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Field> {
        self.list.iter()
    }

    /// The number of fields.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are no fields.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The field at this index.
    pub fn get(&self, at: usize) -> Option<&Field> {
        self.list.get(at)
    }

    /// The struct's own field of this name, and its index.
    pub fn position(&self, name: &str) -> Option<(usize, &Field)> {
        let at = self.sorted.binary_search_by(|at| self.list.get(*at).map_or("", |f| &f.name).cmp(name)).ok()?;
        let position = *self.sorted.get(at)?;
        Some((position, self.list.get(position)?))
    }

    /// The indexes that lead to the field `name`, also through embedded structs. The shallowest field counts, and two on the
    /// same level hide each other.
    pub fn path(&self, name: &str) -> Option<(Vec<usize>, &Field)> {
        if let Some((at, field)) = self.position(name) {
            return Some((vec![at], field));
        }
        let mut level: Vec<(Vec<usize>, &Self)> = vec![(Vec::new(), self)];
        for _ in 0..MAX_EMBEDDING {
            let mut next = Vec::new();
            for (path, fields) in level.iter().filter(|(_, fields)| fields.any_embedded) {
                for (at, field) in fields.list.iter().enumerate().filter(|(_, f)| f.embedded) {
                    if let Some(inner) = struct_behind(&field.ty) {
                        let mut path = path.clone();
                        path.push(at);
                        next.push((path, inner));
                    }
                }
            }
            let mut found = next.iter().filter_map(|(path, fields)| Some((path, fields.position(name)?)));
            match (found.next(), found.next()) {
                (Some((path, (at, field))), None) => {
                    let mut path = path.clone();
                    path.push(at);
                    return Some((path, field));
                }
                (Some(_), Some(_)) => return None,
                (None, _) => level = next,
            }
        }
        None
    }
}

/// The fields of a struct, or of the struct behind a pointer.
fn struct_behind(ty: &Type) -> Option<&Fields> {
    match ty.underlying() {
        Type::Struct(fields) => Some(fields),
        Type::Pointer(element) => match element.underlying() {
            Type::Struct(fields) => Some(fields),
            _ => None,
        },
        _ => None,
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.list.is_empty() {
            return f.write_str("struct {}");
        }
        f.write_str("struct {")?;
        for (at, field) in self.list.iter().enumerate() {
            f.write_str(if at == 0 { " " } else { "; " })?;
            if !field.embedded {
                write!(f, "{} ", field.name)?;
            }
            write!(f, "{}", field.ty)?;
        }
        f.write_str(" }")
    }
}

/// A named type. Two are the same type if they have the same name and package.
///
/// It is first declared and then defined once, so that its fields can refer to it.
pub struct NamedType {
    /// The name as Go prints it, with the last element of its package: `mesh.Meta`.
    name: Box<str>,
    /// The full path of its package, which a few errors show.
    package: Box<str>,
    body: OnceLock<(Type, Vec<Method>)>,
    /// Its own and promoted methods, collected at the first use.
    methods: OnceLock<Vec<Promoted>>,
}

impl NamedType {
    /// Declares a type by its name, such as `mesh.Meta`, and the path of its package.
    pub fn declare(name: &str, package: &str) -> Arc<Self> {
        Arc::new(Self { name: name.into(), package: package.into(), body: OnceLock::new(), methods: OnceLock::new() })
    }

    /// Defines the type. Only the first definition counts.
    pub fn define(&self, underlying: Type, methods: Vec<Method>) {
        // A second definition would change the type of existing values.
        drop(self.body.set((underlying, methods)));
    }

    /// The name as Go prints it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The path of its package.
    pub fn package(&self) -> &str {
        &self.package
    }

    /// The underlying type. A type that is not defined is an empty interface.
    pub fn underlying(&self) -> &Type {
        self.body.get().map_or(&Type::Any, |(underlying, _)| underlying)
    }

    /// The fields, if it is a struct.
    pub fn fields(&self) -> Option<&Fields> {
        match self.underlying().underlying() {
            Type::Struct(fields) => Some(fields),
            _ => None,
        }
    }

    /// The type's own methods.
    fn own_methods(&self) -> &[Method] {
        self.body.get().map_or(&[], |(_, methods)| methods)
    }

    /// The method of this name, which may be that of an embedded struct.
    pub fn method(&self, name: &str) -> Option<&Promoted> {
        let all = self.methods.get_or_init(|| self.all_methods());
        all.binary_search_by(|found| found.method.name.as_ref().cmp(name)).ok().and_then(|at| all.get(at))
    }

    /// All methods by name. Of several with one name the shallowest counts, and none if two are on the same level.
    fn all_methods(&self) -> Vec<Promoted> {
        let own = |ty: &Self, path: &[usize], through_pointer| {
            let path: Arc<[usize]> = Arc::from(path);
            let promote =
                |method: &Method| Promoted { path: Arc::clone(&path), method: method.clone(), through_pointer };
            ty.own_methods().iter().map(promote).collect::<Vec<_>>()
        };
        let mut all = own(self, &[], false);
        let mut level: Vec<(Vec<usize>, bool, Arc<Self>)> = embedded(self, &[], false);
        for _ in 0..MAX_EMBEDDING {
            let mut found: Vec<Promoted> =
                level.iter().flat_map(|(path, pointer, ty)| own(ty, path, *pointer)).collect();
            found.sort_by(|a, b| a.method.name.cmp(&b.method.name));
            let alone: Vec<Promoted> = found
                .chunk_by(|a, b| a.method.name == b.method.name)
                .filter_map(|same| if let [one] = same { Some(one.clone()) } else { None })
                .filter(|found| !all.iter().any(|known| known.method.name == found.method.name))
                .collect();
            all.extend(alone);
            level = level.iter().flat_map(|(path, pointer, ty)| embedded(ty, path, *pointer)).collect();
        }
        all.sort_by(|a, b| a.method.name.cmp(&b.method.name));
        all
    }
}

/// The embedded named types of a struct, the indexes that lead to them, and whether one of the fields is a pointer.
fn embedded(ty: &NamedType, path: &[usize], through_pointer: bool) -> Vec<(Vec<usize>, bool, Arc<NamedType>)> {
    let fields = ty.fields().map_or(&[][..], |fields| &fields.list);
    let inside = fields.iter().enumerate().filter(|(_, field)| field.embedded);
    inside
        .filter_map(|(at, field)| {
            let (named, pointer) = match &field.ty {
                Type::Named(named) => (named, false),
                Type::Pointer(element) => match element.as_ref() {
                    Type::Named(named) => (named, true),
                    _ => return None,
                },
                _ => return None,
            };
            Some(([path, &[at]].concat(), through_pointer || pointer, Arc::clone(named)))
        })
        .collect()
}

impl PartialEq for NamedType {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || (self.name == other.name && self.package == other.package)
    }
}

impl Eq for NamedType {}

impl fmt::Debug for NamedType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// A method of a named type.
#[derive(Clone)]
pub struct Method {
    /// The name.
    pub name: Box<str>,
    /// Whether its receiver is a pointer, which may be nil.
    pub pointer: bool,
    /// The function. Its first parameter is the receiver.
    pub function: Function,
}

impl Method {
    /// A method `func (T) name(…)`. The first parameter of `function` is the receiver.
    pub fn on_value(name: &str, function: Function) -> Self {
        Self { name: name.into(), pointer: false, function }
    }

    /// A method `func (*T) name(…)`. The first parameter of `function` is the pointer, which may be nil.
    pub fn on_pointer(name: &str, function: Function) -> Self {
        Self { name: name.into(), pointer: true, function }
    }
}

/// A method of a type, which may be that of an embedded struct.
#[derive(Clone)]
pub struct Promoted {
    /// The indexes of the embedded fields that lead to the receiver.
    pub path: Arc<[usize]>,
    /// The method.
    pub method: Method,
    through_pointer: bool,
}

impl Promoted {
    /// Whether the receiver must be reached through a pointer.
    pub fn needs_pointer(&self) -> bool {
        self.method.pointer && !self.through_pointer
    }
}
