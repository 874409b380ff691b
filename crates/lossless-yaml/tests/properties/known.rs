//! Texts that are known to be edited wrongly, as narrowly as they can be told. Each goes when its fault does.

/// A block scalar that is a key, at the end of a text without a final line end, gets one by an edit behind it.
pub(crate) fn odd_text(text: &str) -> bool {
    !text.ends_with('\n') && text.contains('?') && text.contains(['|', '>'])
}
