//! Tables as kubectl prints them: a header in capitals, columns aligned by spaces.

use super::printable;

/// The spaces between columns.
const GAP: usize = 3;

/// The narrowest that a column is cut to.
const NARROWEST: usize = 12;

/// The table in at most `width` columns, if there is such a limit: the widest columns are cut, the one at `path` at its start.
pub(super) fn table_within(width: Option<usize>, path: usize, header: &[&str], rows: &[Vec<String>]) -> String {
    let Some(width) = width else { return table(header, rows) };
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| printable(cell).into_owned()).collect()).collect();
    let widest = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let title = |title: &&str| title.chars().count();
    let mut widths: Vec<usize> =
        header.iter().enumerate().map(|(column, name)| widest(column).unwrap_or(0).max(title(name))).collect();
    let room = width.saturating_sub(GAP * header.len().saturating_sub(1));
    while widths.iter().sum::<usize>() > room
        && let Some(widest) = widths.iter_mut().max().filter(|widest| **widest > NARROWEST)
    {
        *widest -= 1;
    }
    let fitting = |row: &Vec<String>| -> Vec<String> {
        let cells = row.iter().zip(&widths).enumerate();
        cells.map(|(at, (cell, &width))| if at == path { cut_start(cell, width) } else { cut(cell, width) }).collect()
    };
    table(header, &rows.iter().map(fitting).collect::<Vec<_>>())
}

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

/// The text, or `…` and its end, in at most `width` characters.
pub(super) fn cut_start(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.to_owned();
    }
    let end = text.chars().skip(length - width.saturating_sub(1).min(length));
    (width > 0).then_some('…').into_iter().chain(end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_columns_are_cut_to_fit() {
        let rows = [vec![
            "shop".to_owned(),
            "spec.containers[web].env[TOKEN].value".to_owned(),
            "set by another webhook".to_owned(),
        ]];
        let header = ["A", "FIELD", "CAUSE"];
        assert_eq!(
            table_within(Some(50), 1, &header, &rows),
            "A      FIELD                  CAUSE\nshop   …b].env[TOKEN].value   set by another webh…\n"
        );
        assert_eq!(table_within(None, 1, &header, &rows), table(&header, &rows));
        assert!(table_within(Some(5), 1, &header, &rows).contains("set by anot…"));
    }

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
