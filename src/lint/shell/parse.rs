//! Lists, pipelines and commands.

use super::ast::{
    Body, Command, Compound, CompoundKind, Connector, Item, Link, List, Redirection, Script, Separator, Word,
};
use super::cursor::{Cursor, Parsed, Unparsed};
use super::word::{self, word};

/// Keywords that end a list.
const CLOSERS: [&str; 8] = ["then", "else", "elif", "fi", "do", "done", "esac", "}"];

/// Keywords that begin a compound command.
const OPENERS: [&str; 9] = ["{", "if", "while", "until", "for", "select", "case", "function", "[["];

/// Parses a script. `None` if its syntax is wrong, or is not one of those described in the module's documentation.
pub(crate) fn parse(text: &str) -> Option<Script> {
    let mut cursor = Cursor::new(text);
    let list = list(&mut cursor).ok()?;
    let heredocs = std::mem::take(&mut cursor.heredocs);
    cursor.is_at_end().then_some(Script { list, heredocs })
}

/// Items up to the end of the script, a closing parenthesis or keyword, or `;;`.
pub(super) fn list(cursor: &mut Cursor<'_>) -> Parsed<List> {
    let mut list = List::default();
    loop {
        cursor.skip_lines();
        if cursor.is_at_end() || matches!(cursor.byte(0), b')' | b';') || cursor.keyword(&CLOSERS).is_some() {
            return Ok(list);
        }
        let links = and_or(cursor)?;
        cursor.skip_spaces();
        let start = cursor.at;
        let separator = match (cursor.byte(0), cursor.byte(1)) {
            (b';', b';' | b'&') => Separator::None,
            (b';', _) => {
                cursor.at += 1;
                Separator::Sequential
            }
            (b'&', _) => {
                cursor.at += 1;
                Separator::Background
            }
            (b'\n', _) => {
                cursor.take_line_break();
                Separator::Sequential
            }
            _ => Separator::None,
        };
        let is_last = separator == Separator::None;
        let separator_range = start..start + usize::from(!is_last);
        list.items.push(Item { links, separator, separator_range });
        if is_last {
            return Ok(list);
        }
    }
}

fn and_or(cursor: &mut Cursor<'_>) -> Parsed<Vec<Link>> {
    let mut links = vec![pipeline(cursor, None)?];
    loop {
        cursor.skip_spaces();
        let connector = if cursor.take("&&") {
            Connector::And
        } else if cursor.take("||") {
            Connector::Or
        } else {
            return Ok(links);
        };
        cursor.skip_lines();
        links.push(pipeline(cursor, Some(connector))?);
    }
}

fn pipeline(cursor: &mut Cursor<'_>, connector: Option<Connector>) -> Parsed<Link> {
    let start = cursor.at;
    let mut is_negated = false;
    while cursor.keyword(&["!"]).is_some() {
        cursor.at += 1;
        is_negated = !is_negated;
        cursor.skip_spaces();
    }
    let mut commands = vec![command(cursor)?];
    loop {
        let end = commands.last().map_or(start, |command| command.range.end);
        cursor.skip_spaces();
        if cursor.starts_with("||") || !(cursor.take("|&") || cursor.take("|")) {
            return Ok(Link { connector, range: start..end, is_negated, commands });
        }
        cursor.skip_lines();
        commands.push(command(cursor)?);
    }
}

fn command(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    let start = cursor.at;
    let body = if cursor.byte(0) == b'(' {
        Body::Compound(cursor.nested(parenthesis)?)
    } else if let Some(keyword) = cursor.keyword(&OPENERS) {
        cursor.at += keyword.len();
        cursor.nested(|cursor| compound(cursor, keyword))?
    } else {
        return simple(cursor);
    };
    let mut redirections = Vec::new();
    let mut end = cursor.at;
    while let Some(next) = redirection(cursor)? {
        redirections.push(next);
        end = cursor.at;
    }
    Ok(Command { range: start..end, body, redirections })
}

/// `( … )` or `(( … ))`.
fn parenthesis(cursor: &mut Cursor<'_>) -> Parsed<Compound> {
    cursor.at += 1;
    let inside = cursor.at;
    if cursor.take("(") && word::arithmetic(cursor).is_ok() {
        return Ok(Compound { kind: CompoundKind::Test, ..Compound::default() });
    }
    cursor.at = inside;
    let body = list(cursor)?;
    cursor.expect(")")?;
    Ok(Compound { kind: CompoundKind::Subshell, bodies: vec![body], ..Compound::default() })
}

fn compound(cursor: &mut Cursor<'_>, keyword: &str) -> Parsed<Body> {
    let compound = match keyword {
        "{" => {
            let body = list(cursor)?;
            cursor.expect("}")?;
            Compound { bodies: vec![body], ..Compound::default() }
        }
        "if" => choice(cursor)?,
        "while" | "until" => {
            let condition = list(cursor)?;
            Compound { conditions: vec![condition], ..do_group(cursor)? }
        }
        "for" | "select" => for_loop(cursor)?,
        "case" => case(cursor)?,
        "[[" => test(cursor)?,
        _ => {
            cursor.skip_spaces();
            word(cursor)?;
            cursor.skip_spaces();
            if cursor.take("(") {
                cursor.skip_spaces();
                cursor.expect(")")?;
            }
            cursor.skip_lines();
            return Ok(Body::Function(Box::new(command(cursor)?)));
        }
    };
    Ok(Body::Compound(compound))
}

/// `do … done`.
fn do_group(cursor: &mut Cursor<'_>) -> Parsed<Compound> {
    expect_keyword(cursor, "do")?;
    let body = list(cursor)?;
    expect_keyword(cursor, "done")?;
    Ok(Compound { kind: CompoundKind::Loop, bodies: vec![body], ..Compound::default() })
}

fn expect_keyword(cursor: &mut Cursor<'_>, keyword: &str) -> Parsed<()> {
    cursor.keyword(&[keyword]).ok_or(Unparsed)?;
    cursor.expect(keyword)
}

/// The rest of `if`.
fn choice(cursor: &mut Cursor<'_>) -> Parsed<Compound> {
    let mut compound = Compound { kind: CompoundKind::Choice, ..Compound::default() };
    loop {
        compound.conditions.push(list(cursor)?);
        expect_keyword(cursor, "then")?;
        compound.bodies.push(list(cursor)?);
        let keyword = cursor.keyword(&["elif", "else", "fi"]).ok_or(Unparsed)?;
        cursor.expect(keyword)?;
        if keyword == "else" {
            compound.bodies.push(list(cursor)?);
            expect_keyword(cursor, "fi")?;
        }
        if keyword != "elif" {
            return Ok(compound);
        }
    }
}

/// The rest of `for` or `select`.
fn for_loop(cursor: &mut Cursor<'_>) -> Parsed<Compound> {
    cursor.skip_spaces();
    let mut words = Vec::new();
    let mut variable = String::new();
    if cursor.take("((") {
        word::arithmetic(cursor)?;
    } else {
        variable = word(cursor)?.text;
        cursor.skip_lines();
        if cursor.keyword(&["in"]).is_some() {
            cursor.expect("in")?;
            cursor.skip_spaces();
            while word::begins(cursor) {
                words.push(word(cursor)?);
                cursor.skip_spaces();
            }
        }
    }
    cursor.skip_spaces();
    cursor.take(";");
    cursor.skip_lines();
    Ok(Compound { words, variable, ..do_group(cursor)? })
}

/// The rest of `case`.
fn case(cursor: &mut Cursor<'_>) -> Parsed<Compound> {
    let mut compound = Compound { kind: CompoundKind::Choice, ..Compound::default() };
    cursor.skip_spaces();
    compound.words.push(word(cursor)?);
    cursor.skip_lines();
    expect_keyword(cursor, "in")?;
    loop {
        cursor.skip_lines();
        if cursor.keyword(&["esac"]).is_some() {
            cursor.expect("esac")?;
            return Ok(compound);
        }
        cursor.take("(");
        loop {
            cursor.skip_spaces();
            word(cursor)?;
            cursor.skip_spaces();
            if !cursor.take("|") {
                break;
            }
        }
        cursor.expect(")")?;
        compound.bodies.push(list(cursor)?);
        let _ = cursor.take(";;&") || cursor.take(";;") || cursor.take(";&");
    }
}

/// The rest of `[[ … ]]`.
fn test(cursor: &mut Cursor<'_>) -> Parsed<Compound> {
    let mut words = Vec::new();
    loop {
        cursor.skip_lines();
        if cursor.keyword(&["]]"]).is_some() {
            cursor.expect("]]")?;
            return Ok(Compound { kind: CompoundKind::Test, words, ..Compound::default() });
        }
        if word::begins(cursor) {
            words.push(word(cursor)?);
        } else {
            // An operator.
            cursor.next_char()?;
        }
    }
}

fn simple(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    let start = cursor.at;
    let mut end = start;
    let (mut assignments, mut words, mut redirections) = (Vec::new(), Vec::<Word>::new(), Vec::new());
    loop {
        if let Some(next) = redirection(cursor)? {
            redirections.push(next);
        } else if word::begins(cursor) {
            let next = word(cursor)?;
            if words.is_empty() && is_assignment(cursor.slice(next.range.clone())) {
                assignments.push(next);
            } else {
                words.push(next);
            }
        } else {
            break;
        }
        end = cursor.at;
        cursor.skip_spaces();
    }
    if cursor.byte(0) == b'(' && words.len() == 1 && assignments.is_empty() && redirections.is_empty() {
        cursor.at += 1;
        cursor.skip_spaces();
        cursor.expect(")")?;
        cursor.skip_lines();
        let body = Body::Function(Box::new(cursor.nested(command)?));
        return Ok(Command { range: start..cursor.at, body, redirections });
    }
    if end == start {
        return Err(Unparsed);
    }
    Ok(Command { range: start..end, body: Body::Simple { assignments, words }, redirections })
}

/// Whether a word in front of a command is `NAME=VALUE`, `NAME+=VALUE` or `NAME[…]=VALUE`.
fn is_assignment(raw: &str) -> bool {
    let Some((name, _)) = raw.split_once('=') else { return false };
    let name = name.strip_suffix('+').unwrap_or(name);
    let name = name.split_once('[').filter(|_| name.ends_with(']')).map_or(name, |(name, _)| name);
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn redirection(cursor: &mut Cursor<'_>) -> Parsed<Option<Redirection>> {
    const OPERATORS: [&str; 12] = ["&>>", "&>", "<<<", "<<-", "<<", "<&", "<>", "<", ">>", ">&", ">|", ">"];
    let start = cursor.at;
    cursor.skip_spaces();
    while cursor.byte(0).is_ascii_digit() {
        cursor.at += 1;
    }
    let is_process_substitution = matches!(cursor.byte(0), b'<' | b'>') && cursor.byte(1) == b'(';
    let operator = OPERATORS.into_iter().find(|operator| cursor.starts_with(operator));
    let Some(operator) = operator.filter(|_| !is_process_substitution) else {
        cursor.at = start;
        return Ok(None);
    };
    let operator_start = cursor.at;
    cursor.at += operator.len();
    let operator_range = operator_start..cursor.at;
    cursor.skip_spaces();
    let target = word(cursor)?;
    let heredoc = matches!(operator, "<<" | "<<-").then(|| cursor.add_heredoc(target.text.clone(), operator == "<<-"));
    Ok(Some(Redirection { operator: operator_range, target, heredoc }))
}
