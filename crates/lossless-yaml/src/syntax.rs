//! Explains why a text is not YAML, and guesses the cause.

use granit_parser::ErrorKind;

use crate::error::{Place, YamlError, YamlErrorKind};
use crate::text::{blanks_before, bom_len, byte, line_end, line_start, skip_blanks, slice};
use crate::tree::{NONE, Node, NodeId, NodeKind, Tree};

const TEMPLATE_HINT: &str =
    "this looks like a template: render it first, for example `helm template … | kubectl nativesidecar …`";
const BRACE_HINT: &str = "quote it; or is it a placeholder that was not filled in?";

/// The error for what the parser found at `pos`. `unclosed` is the innermost flow collection that was open there.
pub(super) fn explain(tree: &Tree<'_>, kind: &ErrorKind, pos: usize, unclosed: Option<NodeId>) -> YamlError {
    let text = tree.text;
    if let (ErrorKind::RecursionLimitExceeded, limit) = (kind, crate::parse::MAX_DEPTH) {
        let message = format!("nested deeper than the limit of {limit} levels");
        return YamlError::new(YamlErrorKind::Limit, tree.place_at(pos), message);
    }
    let braces = template_braces(text, pos);
    if let Some(at) = braces {
        let message = "not YAML: found a `{{ }}` or `{% %}` template";
        return YamlError::new(YamlErrorKind::Syntax, tree.place_at(at), message).with_hint(TEMPLATE_HINT);
    }
    if let Some(at) = tab_in_indentation(text, pos) {
        return tab(tree, at);
    }
    if let Some(error) = text_behind_bracket(tree, pos) {
        return error;
    }
    if let ErrorKind::UnknownAnchor = kind {
        return unknown_anchor(tree.place_at(pos));
    }
    if let Some(open) = unclosed.filter(|_| !matches!(kind, ErrorKind::MismatchedFlowCollectionEnd { .. })) {
        let (sign, close) = if tree.kind(open) == NodeKind::FlowSeq { ('[', ']') } else { ('{', '}') };
        let (here, place) = (tree.place_at(pos), tree.place(open));
        let separates =
            matches!(kind, ErrorKind::ExpectedFlowMappingSeparator | ErrorKind::ExpectedFlowSequenceSeparator);
        if separates && byte(text, pos) != 0 && tree.root().is_some_and(|root| tree.kind(root).is_flow()) {
            let message = format!("not YAML: expected a `,`, or a `{close}` for the `{sign}` of line {}", place.line);
            return YamlError::new(YamlErrorKind::Syntax, here, message);
        }
        let noticed = if here.line == place.line { String::new() } else { format!(" before line {}", here.line) };
        let message = format!("not YAML: the `{sign}` of line {} is not closed{noticed}", place.line);
        return YamlError::new(YamlErrorKind::Syntax, place, message);
    }
    let line = slice(text, line_start(text, pos)..line_end(text, pos));
    let conflict = ["<<<<<<< ", "=======", ">>>>>>> "].iter().any(|mark| line.starts_with(mark));
    if matches!(kind, ErrorKind::CommentNotSeparated | ErrorKind::BomInsideDocument) {
        return YamlError::new(YamlErrorKind::Unsupported, tree.place_at(pos), describe(kind));
    }
    let is_key = byte(text, pos) == b':' && is_behind_quotes(kind);
    let kind = if is_key { &ErrorKind::InvalidQuotedScalarIndent } else { kind };
    let error = YamlError::new(YamlErrorKind::Syntax, tree.place_at(pos), format!("not YAML: {}", describe(kind)));
    if conflict { error.with_hint("a merge conflict was left in the file") } else { error }
}

/// The error for an alias at `place` that no anchor comes before.
pub(super) fn unknown_anchor(place: Place) -> YamlError {
    // The message does not repeat its name: it may be a value that should have been quoted, such as a password.
    YamlError::new(YamlErrorKind::Syntax, place, "this alias has no anchor before it in this document")
        .with_hint("anchors are valid within one document; quote the value if it is meant as text")
}

/// The error for text at `pos` directly behind a list or mapping in brackets: usually an unquoted value such as
/// `{user}/image`.
fn text_behind_bracket(tree: &Tree<'_>, pos: usize) -> Option<YamlError> {
    let end = blanks_before(tree.text, pos);
    let is_here = |node: &&Node| node.kind.is_flow() && node.end as usize == end && node.parent != NONE;
    let value = tree.nodes.iter().rev().find(is_here)?;
    let is_in_brackets = tree.kind(NodeId(value.parent)).is_flow();
    // Inside of brackets, a comma or a bracket may be missing instead.
    if is_in_brackets && matches!(byte(tree.text, pos), b'{' | b'[' | b'}' | b']' | b'"' | b'\'' | b':') {
        return None;
    }
    let start = value.start as usize;
    let (open, close) = if byte(tree.text, start) == b'{' { ('{', '}') } else { ('[', ']') };
    let message = format!("not YAML: this value begins with `{open}`, and more text follows its `{close}`");
    let error = YamlError::new(YamlErrorKind::Syntax, tree.place_at(start), message);
    Some(error.with_hint(if open == '{' { BRACE_HINT } else { "quote it" }))
}

/// The error for a line that begins with `---` and other text than a comment, which kubectl rejects.
pub(super) fn separator_with_text(tree: &Tree<'_>) -> Option<YamlError> {
    let text = tree.text;
    let is_wrong = |line: usize| {
        slice(text, line..line + 3) == "---" && !matches!(byte(text, line + 3), b' ' | b'\t' | b'\r' | b'\n' | b'#' | 0)
    };
    let first = bom_len(text);
    let found = || memchr::memmem::find_iter(text.as_bytes(), b"\n---").map(|end| end + 1).find(|&line| is_wrong(line));
    let at = Some(first).filter(|&line| is_wrong(line)).or_else(found)?;
    // The message repeats only what looks like a key: the text may be a secret.
    let rest = slice(text, at + 3..line_end(text, at));
    let key =
        rest.split(':').next().filter(|key| key.len() < rest.len() && key.bytes().all(|b| b.is_ascii_alphanumeric()));
    let message = format!("invalid document separator: ---{}…", key.unwrap_or(""));
    let error = YamlError::new(YamlErrorKind::Syntax, tree.place_at(at), message);
    Some(error.with_hint(match key {
        Some(_) => "start a new line after the `---`; in a template, a `{{-` behind it removes the line end",
        None => "only a comment may follow `---` at the start of a line",
    }))
}

/// The error for a tab at `pos` in an indentation.
pub(super) fn tab(tree: &Tree<'_>, pos: usize) -> YamlError {
    YamlError::new(YamlErrorKind::Syntax, tree.place_at(pos), "not YAML: this line is indented with a tab")
        .with_hint("indent with spaces")
}

/// Fails if a tab indents the entry at `start`: at the start of its line, or behind its dash at `lead`. YAML 1.1 forbids
/// both.
pub(super) fn check_indentation(tree: &Tree<'_>, lead: Option<usize>, start: usize) -> Result<(), YamlError> {
    let tab_from = |pos: usize| {
        let end = skip_blanks(tree.text, pos);
        slice(tree.text, pos..end)
            .find('\t')
            .map(|at| pos + at)
            .filter(|_| !matches!(byte(tree.text, end), b'#' | b'\r' | b'\n' | 0))
    };
    let dash = lead.filter(|&pos| byte(tree.text, pos) == b'-');
    let tab =
        dash.and_then(|dash| tab_from(dash + 1)).or_else(|| tab_from(line_start(tree.text, dash.unwrap_or(start))));
    tab.map_or(Ok(()), |tab| Err(self::tab(tree, tab)))
}

/// Fails if a bracket directly follows the anchor at `start..end`: readers of YAML 1.1 reject it.
pub(super) fn check_anchor(tree: &Tree<'_>, start: usize, end: usize) -> Result<(), YamlError> {
    if !matches!(byte(tree.text, end), b'{' | b'[') {
        return Ok(());
    }
    let message = "not YAML: expected a space between this anchor and its value";
    Err(YamlError::new(YamlErrorKind::Syntax, tree.place_at(start), message))
}

/// Fails if an unquoted text in brackets begins with a question mark, which marks a key there.
pub(super) fn check_plain_in_brackets(tree: &Tree<'_>, start: usize) -> Result<(), YamlError> {
    if byte(tree.text, start) != b'?' {
        return Ok(());
    }
    let message = "an unquoted value in brackets or braces cannot begin with `?`";
    Err(YamlError::new(YamlErrorKind::Unsupported, tree.place_at(start), message).with_hint("quote it"))
}

/// Fails if the colon at the start of the line of the value `id` is not aligned with the question mark of its key.
pub(super) fn check_colon(tree: &Tree<'_>, id: NodeId, colon: usize) -> Result<(), YamlError> {
    let key = id.0.checked_sub(1).map(NodeId);
    let Some(mark) = key.map(|key| tree.lead(key)).filter(|&mark| byte(tree.text, mark) == b'?') else { return Ok(()) };
    let column = |pos: usize| pos - line_start(tree.text, pos);
    let begins_line = column(skip_blanks(tree.text, line_start(tree.text, colon))) == column(colon);
    // Lines that end with a lone carriage return cannot be distinguished here.
    let has_lone_return =
        || slice(tree.text, line_start(tree.text, mark)..colon).split("\r\n").any(|line| line.contains('\r'));
    if !begins_line || column(colon) == column(mark) || has_lone_return() {
        return Ok(());
    }
    let message = "not YAML: this `:` is not aligned with the `?` of its key";
    Err(YamlError::new(YamlErrorKind::Syntax, tree.place_at(colon), message))
}

/// The error for a list or mapping as a key, which is what `{{ x }}` reads as.
pub(super) fn collection_as_key(tree: &Tree<'_>, key: NodeId) -> YamlError {
    let pos = tree.head(key);
    let error =
        YamlError::new(YamlErrorKind::Syntax, tree.place_at(pos), "not YAML: a list or mapping cannot be a key");
    match (slice(tree.text, pos.saturating_sub(1)..pos + 1), byte(tree.text, pos)) {
        ("{{", _) => error.with_hint(TEMPLATE_HINT),
        (_, b'{') => error.with_hint(BRACE_HINT),
        _ => error,
    }
}

/// Fails if a scalar has a line break that only YAML 1.1, and so Kubernetes, knows: U+0085, U+2028 or U+2029. The parser,
/// like YAML 1.2, reads them as text.
pub(super) fn check_line_breaks(tree: &Tree<'_>, scalar: NodeId) -> Result<(), YamlError> {
    let span = tree.span(scalar);
    let quoted = matches!(tree.kind(scalar), NodeKind::Single | NodeKind::Double);
    let found = slice(tree.text, span.clone())
        .char_indices()
        .find(|&(_, c)| c == '\u{85}' || (matches!(c, '\u{2028}' | '\u{2029}') && !quoted));
    let Some((i, c)) = found else { return Ok(()) };
    let message = format!("found U+{:04X} in this value: Kubernetes reads it as a line end", u32::from(c));
    Err(YamlError::new(YamlErrorKind::Unsupported, tree.place_at(span.start + i), message)
        .with_hint("write it as an escape in double quotes"))
}

/// The error for a byte order mark at the start of a later line, or behind another one.
pub(super) fn misplaced_bom(tree: &Tree<'_>) -> Option<YamlError> {
    let first = *crate::text::BOM.encode_utf8(&mut [0; 4]).as_bytes().first()?;
    let suspect = memchr::memrchr(first, tree.text.as_bytes()).is_some_and(|at| at > 0);
    let twice = || tree.text.starts_with("\u{feff}\u{feff}").then_some(2);
    let at = suspect.then(|| twice().or_else(|| tree.text.find("\n\u{feff}"))).flatten()?;
    let message = "found a byte order mark inside the document";
    let error = YamlError::new(YamlErrorKind::Unsupported, tree.place_at(at + 1), message);
    Some(error.with_hint("remove it: it is invisible"))
}

/// The position of template braces: on the line of `pos`, or the first ones before it.
fn template_braces(text: &str, pos: usize) -> Option<usize> {
    let find = |part: &str| [part.find("{{"), part.find("{%")].into_iter().flatten().min();
    let start = line_start(text, pos);
    let own = find(slice(text, start..line_end(text, pos))).map(|i| start + i);
    own.or_else(|| {
        let mut at = 0;
        for line in slice(text, 0..start).split_inclusive('\n') {
            // Braces in a comment or in quotes are not the cause.
            let code = line.split_once('#').map_or(line, |(code, _)| code);
            if let Some(i) = find(code).filter(|_| !code.contains(['"', '\''])) {
                return Some(at + i);
            }
            at += line.len();
        }
        None
    })
}

/// A tab in the indentation of the line of `pos`, or of the line before it.
fn tab_in_indentation(text: &str, pos: usize) -> Option<usize> {
    let start = line_start(text, pos);
    let before = line_start(text, start.saturating_sub(1));
    [start, before].into_iter().find_map(|line| {
        let indent = slice(text, line..skip_blanks(text, line));
        indent.find('\t').map(|i| line + i).filter(|_| !matches!(byte(text, line + indent.len()), b'\r' | b'\n' | 0))
    })
}

fn is_behind_quotes(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar)
}

fn describe(kind: &ErrorKind) -> String {
    match kind {
        ErrorKind::ExpectedBlockMappingKey => {
            "a key is expected here: is the line indented like its neighbours?".into()
        }
        ErrorKind::ExpectedBlockSequenceEntry => {
            "a `-` is expected here: is the line indented like its neighbours?".into()
        }
        ErrorKind::ExpectedDocumentStart => "text follows the end of the document: is a `---` line missing?".into(),
        ErrorKind::InvalidQuotedScalarIndent => "a key in quotes has several lines".into(),
        ErrorKind::SimpleKeyExpected => "this line is neither `key: value` nor part of a value".into(),
        ErrorKind::MappingValueNotAllowed => {
            "a `: ` is not allowed here: is a value unquoted, or wrongly indented?".into()
        }
        ErrorKind::CommentNotSeparated => "this comment has no space before its `#`".into(),
        ErrorKind::BomInsideDocument => "found a byte order mark inside the document".into(),
        ErrorKind::UnclosedQuotedScalar => "a quote is not closed".into(),
        kind if is_behind_quotes(kind) => {
            "text follows a closing quote: is a quote missing, here or further above?".into()
        }
        ErrorKind::BlockSequenceEntryNotAllowed => "a list cannot begin here".into(),
        ErrorKind::UnexpectedCharacter { character } if character.is_control() => {
            format!("the control character U+{:04X} is not allowed", u32::from(*character))
        }
        ErrorKind::UnexpectedCharacter { character } => format!("a value cannot begin with `{character}`: quote it"),
        other => other.to_string(),
    }
}
