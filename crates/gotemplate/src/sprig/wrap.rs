//! Lines of a width: `wrap` and `wrapWith`, as the library Masterminds/goutils breaks them for sprig.

use super::super::error::FunctionResult;
use super::super::functions::Context;
use super::super::value::Str;

/// Breaks a text at spaces into lines of at most `width` bytes. Longer words are broken only with `long`.
pub(super) fn wrap(
    context: &mut Context,
    text: &[u8],
    width: isize,
    line_end: &[u8],
    long: bool,
) -> FunctionResult<Str> {
    let width = usize::try_from(width).unwrap_or(1).max(1);
    // There are at most as many lines as spaces and breaks.
    let spaces = memchr::memchr_iter(b' ', text).count();
    let lines = spaces + if long { text.len() / width } else { 0 } + 1;
    context.budget.allocate_many(lines, line_end.len())?;
    context.budget.allocate(text.len())?;
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while rest.len() > width {
        if let [b' ', after @ ..] = rest {
            rest = after;
            continue;
        }
        let within = rest.get(..=width).unwrap_or(rest);
        let space = within.iter().rposition(|byte| *byte == b' ');
        let (end, next) = match space {
            Some(space) => (space, space + 1),
            None if long => (width, width),
            None => match rest.iter().skip(width).position(|byte| *byte == b' ') {
                Some(after) => (width + after, width + after + 1),
                None => break,
            },
        };
        out.extend_from_slice(rest.get(..end).unwrap_or(rest));
        out.extend_from_slice(line_end);
        rest = rest.get(next..).unwrap_or(&[]);
    }
    out.extend_from_slice(rest);
    Ok(out.into())
}
