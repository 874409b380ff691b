//! Texts that are known to be edited wrongly, as narrowly as they can be told. Each goes when its fault does.

/// Whether one of them may have met the edit of `text`.
pub(crate) fn any(text: &str, edited: &str) -> bool {
    anchor(text, edited) || flow(text) || kept_lines(text, edited)
}

/// A list or mapping that takes the place of an anchored scalar in a list stays on the line of the anchor, as in
/// `- &a - x`, where the anchor becomes the first entry's; in a copy of that list, which has no anchor, its later entries
/// stand too far right.
fn anchor(text: &str, edited: &str) -> bool {
    let begins_inside = |line: &str| {
        let Some((_, entry)) = line.split_once("- ") else { return false };
        let first = entry.trim_start_matches('&').trim_start_matches(|c: char| c.is_ascii_alphanumeric()).trim_start();
        let is_flow = first.starts_with(['[', '{']) || entry.starts_with(['[', '{']);
        !is_flow && (entry.starts_with("- ") || first.starts_with("- ") || entry.contains(": ") || entry.ends_with(':'))
    };
    let is_new = |line: &str| text.lines().all(|old| old != line);
    text.contains("- &") && edited.lines().any(|line| begins_inside(line) && is_new(line))
}

/// A carriage return of its own ends a line for the parser, but not for edits; a byte order mark at the start of
/// another line than the first counts as three columns; a block scalar that is a key, at the end of a text without a
/// final line end, gets one by an edit behind it; a comment right behind a colon in brackets has no blank before it.
pub(crate) fn odd_text(text: &str) -> bool {
    text.replace("\r\n", "").contains('\r')
        || text.contains("\n\u{feff}")
        || text.contains(":#")
        || (!text.ends_with('\n') && text.contains('?') && text.contains(['|', '>']))
}

/// Where an entry in brackets goes that begins in the line of another and ends in a later line, it is not taken
/// out as a whole.
fn flow(text: &str) -> bool {
    let code = |line: &str| line.split("  #").next().unwrap_or_default().trim_end().to_owned();
    text.lines().map(code).any(|line| line.ends_with(['[', '{']) && line.matches(['[', '{']).count() > 1)
}

/// Where a mapping goes that ends in a block scalar with blank lines kept, they stay as the first lines of a block scalar
/// in its place.
fn kept_lines(text: &str, edited: &str) -> bool {
    let edited = edited.replace('\r', "");
    text.contains("|+") && ["|\n\n", "|-\n\n", "|+\n\n"].iter().any(|header| edited.contains(header))
}
