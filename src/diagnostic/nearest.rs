//! The name that a hint suggests for a misspelled one.

use strsim::jaro_winkler;

/// The candidate that is most similar to `word`, the last one of several. Empty candidates do not count.
pub fn nearest<'c, C>(word: &str, candidates: impl IntoIterator<Item = &'c C>) -> Option<&'c str>
where
    C: AsRef<str> + ?Sized + 'c,
{
    most_similar(candidates, |candidate| jaro_winkler(word, candidate))
}

/// The same, whether letters are large or small.
pub fn nearest_ignoring_case<'c, C>(word: &str, candidates: impl IntoIterator<Item = &'c C>) -> Option<&'c str>
where
    C: AsRef<str> + ?Sized + 'c,
{
    let word = word.to_ascii_lowercase();
    most_similar(candidates, |candidate| jaro_winkler(&word, &candidate.to_ascii_lowercase()))
}

fn most_similar<'c, C>(candidates: impl IntoIterator<Item = &'c C>, likeness: impl Fn(&str) -> f64) -> Option<&'c str>
where
    C: AsRef<str> + ?Sized + 'c,
{
    let candidates = candidates.into_iter().map(AsRef::as_ref).filter(|candidate| !candidate.is_empty());
    candidates.max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_similar_name_is_found() {
        let kinds = ["Deployment", "DaemonSet", ""];
        for (word, exactly, ignoring_case) in [
            ("Deploymnt", "Deployment", "Deployment"),
            ("DaemonSte", "DaemonSet", "DaemonSet"),
            ("DEPLOYMENT", "DaemonSet", "Deployment"),
            ("", "DaemonSet", "DaemonSet"),
        ] {
            assert_eq!(nearest(word, &kinds), Some(exactly), "{word}");
            assert_eq!(nearest_ignoring_case(word, &kinds), Some(ignoring_case), "{word}");
        }
        assert_eq!(nearest("web", &[String::new()]), None);
        assert_eq!(nearest::<str>("web", []), None);
    }
}
