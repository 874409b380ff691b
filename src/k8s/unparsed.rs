//! Finds the kind of the object in a document that cannot be parsed, by its lines.

use super::api_group::{group, qualified_kind};
use super::kinds::Kinds;
use super::unhandled::{Unhandled, UnhandledReason};
use lossless_yaml::{Place, YamlError};

/// Kinds, by group, that may mention containers but have no pod template. Any other kind may have one.
const HOLD_TEXTS: [(&str, &str); 3] =
    [("", "ConfigMap"), ("", "Secret"), ("apiextensions.k8s.io", "CustomResourceDefinition")];

/// A document that cannot be parsed because of `error` passes through if it may be well-formed and its lines show that
/// it has no pod template. Else the result is none. The document begins at `first`.
pub fn unparsed_without_templates(text: &str, first: Place, error: &YamlError, kinds: &Kinds) -> Option<Unhandled> {
    let (version, kind) = error.may_be_well_formed().then(|| kind_without_template(text, kinds))??;
    let kind = qualified_kind(kind, group(version));
    let why = format!("{error}, at {}:{}", error.place.line, error.place.column);
    let why = UnhandledReason::Unread(why);
    Some(Unhandled { place: first, templates_before: 0, kind, name: String::new(), why })
}

/// The `apiVersion` and `kind` of the object in `text`, if its lines show that it has no pod template: an unindented
/// block mapping with plain `kind` and `apiVersion`, which are not those of a workload or a List.
fn kind_without_template<'t>(text: &'t str, kinds: &Kinds) -> Option<(&'t str, &'t str)> {
    let (mut versions, mut names) = (Vec::new(), Vec::new());
    // All line ends of any YAML version: an additional line can only lead to a refusal.
    let lines = text.trim_start_matches('\u{feff}').split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
    for line in lines {
        if is_passed_over(line) {
            continue;
        }
        let (key, value) = line.split_once(':')?;
        let key = key.trim_end_matches([' ', '\t']);
        if !is_plain(key) || !(value.is_empty() || value.starts_with([' ', '\t'])) {
            return None;
        }
        match key {
            "apiVersion" => versions.push(plain_value(value)?),
            "kind" => names.push(plain_value(value)?),
            _ => {}
        }
    }
    let has_template = |version: &str, kind: &str| {
        kind.ends_with("List")
            || !kinds.routes(version, kind).is_empty()
            || (text.contains("ontainers") && !HOLD_TEXTS.contains(&(group(version), kind)))
    };
    let plain = versions.iter().all(|version| !names.iter().any(|kind| has_template(version, kind)));
    if plain { versions.last().copied().zip(names.last().copied()) } else { None }
}

/// Whether a line is indented, a comment, a marker, or an item of an unindented list.
fn is_passed_over(line: &str) -> bool {
    let is_marker = line.strip_prefix("---").or(line.strip_prefix("...")).is_some_and(|rest| rest.trim().is_empty());
    line.is_empty() || line.starts_with([' ', '\t', '#']) || line == "-" || line.starts_with("- ") || is_marker
}

/// A value of one word, without quotes and comment.
fn plain_value(value: &str) -> Option<&str> {
    let value = value.split_once(" #").map_or(value, |(value, _)| value).trim_matches([' ', '\t']);
    let unquoted = ['"', '\''].iter().find_map(|&quote| value.strip_prefix(quote)?.strip_suffix(quote));
    Some(unquoted.unwrap_or(value)).filter(|value| is_plain(value))
}

fn is_plain(word: &str) -> bool {
    let mut bytes = word.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphanumeric())
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Option<&str> {
        kind_without_template(text, &Kinds::default()).map(|(_, kind)| kind)
    }

    #[test]
    fn lines_show_kinds_without_templates() {
        for text in [
            "apiVersion: v1\nkind: ConfigMap\ndata:\n  kind: Pod\n  x: |\n    y\n",
            "# c\n---\nkind: \"ConfigMap\" # c\napiVersion : v1\nitems:\n- a\n",
            "kind: Secret\nkind: ConfigMap\napiVersion: v1\n",
            "apiVersion: v1\nkind: ConfigMap\ndata:\n  containers: x\n",
            "apiVersion: example.com/v1\nkind: ConfigMap\nspec: {}\n",
        ] {
            assert_eq!(kind(text), Some("ConfigMap"), "{text}");
        }
    }

    #[test]
    fn doubtful_documents_have_no_result() {
        for text in [
            "apiVersion: v1\nkind: Pod\n",
            "apiVersion: v1\nkind: ConfigMapList\n",
            "apiVersion: app/v1\nkind: Deployment\nspec: {template: {spec: {containers: []}}}\n",
            "apiVersion: v1\nkind: ConfigMap\nkind: Pod\n",
            "apiVersion: v1\nkind: ConfigMap\napiVersion: apps/v1\nkind: Deployment\n",
            "apiVersion: example.com/v1\nkind: Function\nspec: {template: {spec: {containers: []}}}\n",
            "apiVersion: v1\nkind: ConfigMap\n\"kind\": Pod\n",
            "apiVersion: v1\nkind: ConfigMap\n? kind\n: Pod\n",
            "apiVersion: v1\nkind: ConfigMap\n<<: {kind: Pod}\n",
            "apiVersion: v1\nkind: ConfigMap\nx: 'a\nb'\n",
            "apiVersion: v1\nkind: ConfigMap\nx: a\u{85}kind: Pod\n",
            "apiVersion: v1\nkind: !!str ConfigMap\n",
            "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\"}\n",
            "kind: ConfigMap\n",
            "apiVersion: v1\n",
            "- apiVersion: v1\n  kind: ConfigMap\n",
            "",
        ] {
            assert_eq!(kind(text), None, "{text}");
        }
    }
}
