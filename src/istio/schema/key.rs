//! The effect of a key on sidecars, and the known name that an unknown one is similar to.

/// The longest name, in bytes, that is compared with known ones.
pub(super) const MAX_NAME: usize = 200;

/// The effect of a key of values on sidecars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// It affects sidecars.
    Applied,
    /// The chart has it, but it does not affect sidecars.
    NoEffect,
    /// The chart does not have it.
    Unknown,
    /// The chart does not have it, but has this similar key, which affects sidecars.
    Meant(String),
}

/// The known name that is similar to `name`.
pub(super) fn nearest(name: &str, known: impl IntoIterator<Item = &'static str>) -> Key {
    if name.len() > MAX_NAME {
        return Key::Unknown;
    }
    let lower = name.to_lowercase();
    let distance = |known: &str| strsim::damerau_levenshtein(&known.to_lowercase(), &lower);
    let near = known.into_iter().map(|known| (distance(known), known)).min();
    match near.filter(|(distance, _)| distance * 5 <= name.len()) {
        Some((_, known)) => Key::Meant(known.to_owned()),
        None => Key::Unknown,
    }
}

/// A known key, with the steps of `path` that go deeper.
pub(super) fn with_rest(known: &str, path: &[&str]) -> String {
    let depth = known.split('.').count();
    path.iter().skip(depth).fold(known.to_owned(), |whole, part| format!("{whole}.{part}"))
}
