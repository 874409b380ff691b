//! The difference between two texts, as it is kept in an annotation: what to replace in the new text to get the old one
//! back. What is replaced is known by its length and hash alone.

use std::ops::Range;

use crate::output::changes;

/// In lines longer than this, only what differs is kept.
const LONG_LINE: usize = 512;

/// How many places are tried in a text that was edited.
const MAX_SEARCH: usize = 1 << 24;

/// The characters after which parts of long lines end.
const SEPARATORS: [char; 6] = ['{', '}', '[', ']', ',', '\n'];

/// How the old text follows from the new one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Delta {
    /// The replacements, from first to last.
    pub replacements: Vec<Replacement>,
}

/// A part of the new text that is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Replacement {
    /// How many bytes of the new text are kept between the previous replacement, or the start, and this one.
    pub gap: usize,
    /// How many bytes are replaced.
    pub len: usize,
    /// Their [`hash`].
    pub hash: u64,
    /// What replaces them.
    pub old: String,
    /// The hash of what follows them in the workload; 0 at its end.
    pub after: u64,
}

/// Why a delta cannot be applied to a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misfit {
    /// Nothing of what it replaces is there.
    Everything,
    /// Something that it replaces is not there, or not in one place alone.
    Something,
}

impl Delta {
    /// How to get from `new` to `old`. The workload ends at `end` of the new text, where comments may follow.
    pub(super) fn between(new: &str, old: &str, end: usize) -> Self {
        let mut replacements = Vec::new();
        let mut last = 0;
        for (new_range, old_range) in differences(new, old) {
            // What is only inserted needs something around it to be found by.
            let start =
                if new_range.is_empty() { line_before(new, new_range.start).max(last) } else { new_range.start };
            let kept = text_at(new, &(start..new_range.start));
            let replaced = text_at(new, &(start..new_range.end));
            let old = [kept, text_at(old, &old_range)].concat();
            let after = after(new, new_range.end, end);
            replacements.push(Replacement { gap: start - last, len: replaced.len(), hash: hash(replaced), old, after });
            last = new_range.end;
        }
        Self { replacements }
    }

    /// The part of the old text that comes from what the delta covers of the new text.
    pub(super) fn replaced_part<'o>(&self, new: &str, old: &'o str) -> &'o str {
        let rest = new.len().saturating_sub(self.covered());
        old.get(..old.len().saturating_sub(rest)).unwrap_or_default()
    }

    /// How many bytes of the new text it covers, from the start to the last replacement.
    fn covered(&self) -> usize {
        self.replacements.iter().fold(0, |sum, r| sum.saturating_add(r.gap).saturating_add(r.len))
    }

    /// The old text of a new text that was not edited since, up to the last replacement. The workload ends at `end`.
    pub(super) fn apply(&self, new: &str, end: usize) -> Option<String> {
        let mut start = 0_usize;
        let places = self.replacements.iter().map(|replacement| {
            let from = start.checked_add(replacement.gap)?;
            start = from.checked_add(replacement.len)?;
            let replaced = new.get(from..start)?;
            (hash(replaced) == replacement.hash && after(new, start, end) == replacement.after).then_some(from..start)
        });
        let places: Vec<Range<usize>> = places.collect::<Option<_>>()?;
        Some(self.replaced(new, &places))
    }

    /// The old text of a new text that may have been edited elsewhere: everything that is replaced must be there unchanged,
    /// in order and in one place alone, and what follows it as well: an addition there may belong to what is removed.
    pub(super) fn apply_to_edited(&self, new: &str, end: usize) -> Result<String, Misfit> {
        if self.replacements.len().saturating_mul(new.len()) > MAX_SEARCH {
            return Err(Misfit::Something);
        }
        let prefixes = PrefixHashes::new(new);
        // The first places that are possible, and the last ones. Where they differ, it is not known which to replace.
        let mut from = 0;
        let mut missing = 0;
        let mut first = Vec::with_capacity(self.replacements.len());
        for replacement in &self.replacements {
            match prefixes.find(replacement, from..new.len(), false) {
                Some(place) => {
                    from = place.end;
                    first.push(place);
                }
                None => missing += 1,
            }
        }
        if missing > 0 {
            return Err(if missing == self.replacements.len() { Misfit::Everything } else { Misfit::Something });
        }
        let mut to = new.len();
        for (replacement, first) in self.replacements.iter().zip(&first).rev() {
            let place = prefixes.find(replacement, 0..to, true).ok_or(Misfit::Something)?;
            if place != *first || after(new, place.end, end) != replacement.after {
                return Err(Misfit::Something);
            }
            to = place.start;
        }
        Ok(self.replaced(new, &first))
    }

    fn replaced(&self, new: &str, places: &[Range<usize>]) -> String {
        let mut old = String::with_capacity(new.len());
        let mut at = 0;
        for (replacement, place) in self.replacements.iter().zip(places) {
            old.push_str(text_at(new, &(at..place.start)));
            old.push_str(&replacement.old);
            at = place.end;
        }
        old.push_str(text_at(new, &(at..new.len())));
        old
    }
}

/// The ranges that differ, in the new and the old text: lines, or parts of long lines.
fn differences(new: &str, old: &str) -> Vec<(Range<usize>, Range<usize>)> {
    let mut found = Vec::new();
    for change in changes(new.as_bytes(), old.as_bytes()) {
        // Names are those of a diff from the new text to the old one.
        let (new_range, old_range) = (change.old, change.new);
        let is_long = |text: &str| text.lines().any(|line| line.len() > LONG_LINE);
        if new_range.is_empty() || old_range.is_empty() || !is_long(text_at(new, &new_range)) {
            found.push((new_range, old_range));
            continue;
        }
        // Brackets and commas on lines of their own make a diff by lines one of the parts.
        let (new_parts, old_parts) = (parts(text_at(new, &new_range)), parts(text_at(old, &old_range)));
        let words = |parts: &[Range<usize>], of: &Range<usize>, whole: &'_ str| -> Vec<String> {
            parts.iter().map(|part| text_at(whole, &(of.start + part.start..of.start + part.end)).to_owned()).collect()
        };
        let ops = similar::capture_diff_slices(
            similar::Algorithm::Myers,
            &words(&new_parts, &new_range, new),
            &words(&old_parts, &old_range, old),
        );
        let bytes = |parts: &[Range<usize>], within: &Range<usize>, range: Range<usize>| {
            let end = parts.last().map_or(0, |part| part.end);
            let start = parts.get(range.start).map_or(end, |part| part.start);
            let end = parts.get(range.end).map_or(end, |part| part.start);
            within.start + start..within.start + end
        };
        found.extend(
            ops.iter().filter(|op| op.tag() != similar::DiffTag::Equal).map(|op| {
                (bytes(&new_parts, &new_range, op.old_range()), bytes(&old_parts, &old_range, op.new_range()))
            }),
        );
    }
    found
}

/// The parts of a text between the characters that separate data in flow style.
fn parts(text: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        if SEPARATORS.contains(&char::from(byte)) {
            parts.push(start..at + 1);
            start = at + 1;
        }
    }
    if start < text.len() {
        parts.push(start..text.len());
    }
    parts
}

/// The start of the line before a position at the start of a line; elsewhere, of the part before it.
fn line_before(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    let separator = match before.strip_suffix('\n') {
        Some(line) => line.rfind('\n'),
        None => before.get(..before.len().saturating_sub(1)).unwrap_or_default().rfind(SEPARATORS),
    };
    separator.map_or(0, |separator| separator + 1)
}

/// The hash of what follows a position in the workload that ends at `end`: the rest of the line, or a part of a long one.
/// 0 if nothing does.
fn after(text: &str, at: usize, end: usize) -> u64 {
    let Some(rest) = text.get(at..end).filter(|rest| !rest.trim().is_empty()) else { return 0 };
    let line = rest.split('\n').next().unwrap_or_default();
    let part = if line.len() > LONG_LINE { line.split_inclusive(SEPARATORS).next().unwrap_or_default() } else { line };
    hash(part).max(1)
}

/// A part of a text between boundaries of characters.
pub(super) fn text_at<'t>(text: &'t str, range: &Range<usize>) -> &'t str {
    debug_assert!(text.get(range.clone()).is_some(), "{range:?} is outside of {} bytes", text.len());
    text.get(range.clone()).unwrap_or_default()
}

/// The base of the polynomial whose value is a text's hash. The modulus is 2⁶¹ - 1.
const BASE: u64 = 0x1f3d_5b79_a1c3_e507 % MODULUS;
const MODULUS: u64 = (1 << 61) - 1;

fn multiply(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b) % u128::from(MODULUS);
    u64::try_from(product).unwrap_or_default()
}

fn append(hash: u64, byte: u8) -> u64 {
    (multiply(hash, BASE) + u64::from(byte) + 1) % MODULUS
}

/// A hash of a text that can be computed for all its parts of one length in one pass.
pub(super) fn hash(text: &str) -> u64 {
    text.bytes().fold(0, append)
}

/// The hashes of what precedes each position of a text.
struct PrefixHashes<'t> {
    text: &'t str,
    hashes: Vec<u64>,
}

impl<'t> PrefixHashes<'t> {
    fn new(text: &'t str) -> Self {
        let mut hashes = Vec::with_capacity(text.len() + 1);
        hashes.push(0);
        let mut hash = 0;
        for byte in text.bytes() {
            hash = append(hash, byte);
            hashes.push(hash);
        }
        Self { text, hashes }
    }

    /// The first or last place in a range where what is replaced can be.
    fn find(&self, replacement: &Replacement, within: Range<usize>, last: bool) -> Option<Range<usize>> {
        let len = replacement.len;
        let end = within.end.checked_sub(len)?;
        let power = (0..len).fold(1, |power, _| multiply(power, BASE));
        let is_there = |start: &usize| {
            let (Some(before), Some(after)) = (self.hashes.get(*start), self.hashes.get(start + len)) else {
                return false;
            };
            (multiply(*before, power) + replacement.hash) % MODULUS == *after
                && self.text.is_char_boundary(*start)
                && self.text.is_char_boundary(start + len)
        };
        let mut starts = within.start..end + 1;
        let start = if last { starts.rev().find(is_there) } else { starts.find(is_there) }?;
        Some(start..start + len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: &str = "a: 1\nadded: here\nb: 2\nchanged: new\nc: 3\nd: 4\n";
    const OLD: &str = "a: 1\nb: 2\nchanged: old\nc: 3\ngone: x\nd: 4\n";

    #[test]
    fn the_old_text_comes_back() {
        for (new, old) in [
            (NEW, OLD),
            (OLD, NEW),
            ("", "a\n"),
            ("a\n", ""),
            ("a: ä", "a: ö"),
            ("a\r\nb\r\n", "b\r\na"),
            (
                &format!("{{\"a\":[{}],\"b\":2}}", "1,".repeat(900)),
                &format!("{{\"c\":[{}],\"d\":2}}", "1,".repeat(901)),
            ),
        ] {
            let delta = Delta::between(new, old, new.len());
            assert_eq!(delta.apply(new, new.len()).as_deref(), Some(old), "{new:?}");
            let end = delta.covered();
            assert!(old.ends_with(text_at(new, &(end..new.len()))), "{new:?}");
        }
    }

    #[test]
    fn edits_elsewhere_are_kept() {
        let edited = NEW.replace("a: 1\n", "a: one\nmore: 5\n");
        let delta = Delta::between(NEW, OLD, NEW.len());
        assert_eq!(delta.apply(&edited, edited.len()), None);
        assert_eq!(delta.apply_to_edited(&edited, edited.len()).unwrap(), OLD.replace("a: 1\n", "a: one\nmore: 5\n"));
    }

    #[test]
    fn edits_of_what_is_replaced_are_refused() {
        let delta = Delta::between(NEW, OLD, NEW.len());
        let something = [NEW.replace("added: here", "added: there"), NEW.replace("b: 2\n", "b: 2\nadded: here\n")];
        for edited in something {
            assert_eq!(delta.apply_to_edited(&edited, edited.len()), Err(Misfit::Something), "{edited}");
        }
        assert_eq!(delta.apply_to_edited("e: 5\n", 5), Err(Misfit::Everything));
    }

    #[test]
    fn little_is_kept_of_long_lines() {
        let old = format!("{{\"a\":[{}],\"b\":{{\"c\":3}}}}", "1,".repeat(900));
        let new = old.replace("\"b\":{", "\"b\":{\"sidecar\":true,");
        let delta = Delta::between(&new, &old, new.len());
        assert_eq!(delta.replacements.len(), 1);
        assert!(delta.replacements[0].old.len() < 20, "{delta:?}");
    }

    proptest::proptest! {
        #[test]
        fn any_text_comes_back(new in "([a-c]\n|[a-c]{1,3}){0,30}", old in "([a-c]\n|[a-c]{1,3}){0,30}") {
            let delta = Delta::between(&new, &old, new.len());
            proptest::prop_assert_eq!(delta.apply(&new, new.len()), Some(old));
        }
    }
}
