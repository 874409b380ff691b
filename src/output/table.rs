//! Tables as kubectl prints them: a header in capitals, columns aligned by spaces.

use super::printable;

/// The spaces between columns.
const GAP: usize = 3;

/// The rows below a header, aligned. Cells are escaped for terminals; empty ones are shown as `-`.
pub(super) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let header: Vec<String> = header.iter().map(|&title| title.to_owned()).collect();
    let shown = |row: &Vec<String>| -> Vec<String> {
        row.iter().map(|cell| if cell.is_empty() { "-".to_owned() } else { printable(cell).into_owned() }).collect()
    };
    let lines: Vec<Vec<String>> = std::iter::once(header).chain(rows.iter().map(shown)).collect();
    let mut widths: Vec<usize> = Vec::new();
    for line in &lines {
        widths.resize(widths.len().max(line.len()), 0);
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for line in &lines {
        let cells = line.iter().zip(&widths).map(|(cell, width)| padded(cell, width + GAP));
        text.push_str(cells.collect::<String>().trim_end());
        text.push('\n');
    }
    text
}

/// A text filled with spaces to a width in characters. Names from manifests may exceed the widths of `format!`.
pub(super) fn padded(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.chars().count());
    format!("{text}{}", " ".repeat(missing))
}

/// The text, or its start and `…`, in at most `width` characters.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain((width > 0).then_some('…')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_be_longer_than_the_widths_of_the_formatter() {
        let rows = [vec!["n".repeat(70_000), "b".to_owned()]];
        assert!(table(&["A", "B"], &rows).ends_with("n   b\n"));
    }

    #[test]
    fn columns_are_aligned_and_cells_are_escaped() {
        let rows = [vec!["shop".to_owned(), String::new()], vec!["ö\u{1b}[2J".to_owned(), "b".to_owned()]];
        assert_eq!(table(&["A", "LONG"], &rows), "A            LONG\nshop         -\nö\\u{1b}[2J   b\n");
    }
}
