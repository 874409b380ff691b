//! The source that a manifest was rendered from, as Helm and kustomize record it.

use lossless_yaml::Tree;

/// The longest source that is reported, in bytes.
const MAX_SOURCE: usize = 500;

/// The annotation of kustomize (`buildMetadata: [originAnnotations]`).
const ORIGIN: &str = "config.kubernetes.io/origin";

/// The template of a chart: Helm's `# Source: shop/templates/web.yaml` in the comments at the start of the document.
pub fn helm_source(document: &str) -> Option<&str> {
    let is_before = |line: &&str| line.is_empty() || line.starts_with('#') || *line == "---";
    let comments = document.lines().map(str::trim_end).take_while(is_before);
    let mut sources = comments.filter_map(|line| line.strip_prefix("# Source: "));
    sources.next().filter(|source| !source.is_empty() && source.len() <= MAX_SOURCE)
}

/// The file that kustomize read the document's object from: `path` in its annotation.
pub fn kustomize_origin(tree: &Tree<'_>) -> Option<String> {
    let mut at = tree.root()?;
    for key in ["metadata", "annotations", ORIGIN] {
        at = tree.get(at, key).ok()??;
    }
    let text = tree.scalar(tree.resolve_alias(at));
    let path = text.lines().find_map(|line| line.strip_prefix("path: "))?.trim();
    (!path.is_empty() && path.len() <= MAX_SOURCE).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn helms_comment_opens_the_document() {
        let source = Some("shop/templates/web.yaml");
        for head in ["# Source: shop/templates/web.yaml\n", "---\n# Source: shop/templates/web.yaml\r\n# x\n"] {
            assert_eq!(helm_source(&format!("{head}kind: Pod\n")), source);
        }
        for text in ["kind: Pod\n# Source: a\n", "# Source:\nkind: Pod\n", "a: |\n  # Source: b\n", ""] {
            assert_eq!(helm_source(text), None, "{text}");
        }
        assert_eq!(helm_source(&format!("# Source: {}\n", "a".repeat(MAX_SOURCE + 1))), None);
    }

    #[test]
    fn kustomize_annotates_the_object() {
        let origin = |text: &str| kustomize_origin(&Tree::parse(text, 1).unwrap());
        let object = |origin: &str| format!("metadata:\n  annotations:\n    {ORIGIN}: {origin}\n");
        assert_eq!(origin(&object("|\n      path: base/web.yaml\n      ref: v1")).as_deref(), Some("base/web.yaml"));
        for other in ["|\n      configuredIn: kustomization.yaml", "3", "[a]", "'path: '"] {
            assert_eq!(origin(&object(other)), None, "{other}");
        }
        assert_eq!(origin("a"), None);
    }
}
