//! Unified diffs, as `diff -u` and git write them.

use similar::TextDiff;

use super::printable;

/// Lines around each change.
const CONTEXT: usize = 3;

/// The diff between two texts of one file; empty if they are the same.
pub fn unified(name: &str, old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    let name = printable(name);
    let diff = TextDiff::from_lines(old, new);
    diff.unified_diff().context_radius(CONTEXT).header(&format!("a/{name}"), &format!("b/{name}")).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_final_line_end_is_shown() {
        let diff = unified("a.yaml", "a: 1\nb: 2", "a: 1\nb: 3");
        assert_eq!(
            diff,
            "--- a/a.yaml\n+++ b/a.yaml\n@@ -1,2 +1,2 @@\n a: 1\n-b: 2\n\\ No newline at end of file\n+b: 3\n\\ No newline at end of file\n"
        );
        assert!(unified("a.yaml", "same", "same").is_empty());
    }
}
