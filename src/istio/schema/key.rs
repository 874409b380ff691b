//! What a key is to a sidecar, and which known name an unknown one was probably meant to be.

/// The longest name, in bytes, that is compared with known ones.
pub(super) const MAX_NAME: usize = 200;

/// What a key of values does to a sidecar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// It reaches the sidecar.
    Applied,
    /// The chart has it, but it has no effect on a sidecar.
    NoEffect,
    /// The chart does not have it.
    Unknown,
    /// The chart does not have it, but this similar key, which would reach the sidecar.
    Meant(String),
}

/// The known name that another one was probably meant to be.
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
