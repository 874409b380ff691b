//! Texts that are known to be edited wrongly, as narrowly as they can be told. Each goes when its fault does.

/// A block scalar that is a key, at the end of a text without a final line end, gets one by an edit behind it; a comment
/// right behind a colon in brackets has no blank before it.
pub(crate) fn odd_text(text: &str) -> bool {
    text.contains(":#") || (!text.ends_with('\n') && text.contains('?') && text.contains(['|', '>']))
}

/// Where an entry in brackets goes that begins in the line of another and ends in a later line, it is not taken
/// out as a whole.
pub(crate) fn flow(text: &str) -> bool {
    let code = |line: &str| line.split("  #").next().unwrap_or_default().trim_end().to_owned();
    text.lines().map(code).any(|line| line.ends_with(['[', '{']) && line.matches(['[', '{']).count() > 1)
}
