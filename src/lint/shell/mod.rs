//! Shell scripts as manifests have them: which commands they run, and which can be cut out of a script without changing
//! what the rest of it does.
//!
//! The parser is written for this. Of the crates tried, `yash-syntax` is under the GPL, `conch-parser` has been
//! unmaintained since 2019, `brush-parser` 0.4 overflows the stack on nested parentheses, has no positions of separators
//! and needs 75 crates with two versions of some, and `tree-sitter-bash` is 10 MB of generated C.
//!
//! `parse` understands the syntax of POSIX shells and, of bash, `[[ … ]]`, `(( … ))`, arrays, `function`, `select`, `<( … )`,
//! `$'…'`, `<<<`, `|&` and `&>`. It does not understand `coproc`, extended globs and aliases, reads the inside of
//! arithmetic as plain text, and gives up on deep nesting. A script that it does not understand is searched as plain
//! text, and nothing is cut out of it. `walk` goes through the commands, `cut` removes one, `invocation` finds the script
//! in a container's command, `calls` knows the commands that rules look for, and `endpoint` the proxy's URLs.

mod ast;
mod calls;
mod cursor;
mod cut;
mod endpoint;
mod invocation;
mod parse;
#[cfg(test)]
mod tests;
mod walk;
mod word;

pub(crate) use ast::base_name;
pub(crate) use calls::{Purpose, Text, WRAPPERS, find_in_line};
pub(crate) use cut::Cut;
pub(crate) use endpoint::Variables;
pub(crate) use invocation::Invocation;
