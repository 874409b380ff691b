//! Documents as people write them: data and their text, in one of many styles.

use serde_json::Value;

use super::read;

/// A sequence of style choices. When it is used up, each choice is the first option.
#[derive(Clone, Debug)]
struct Choices {
    left: Vec<u8>,
}

impl Choices {
    fn below(&mut self, n: u8) -> u8 {
        self.left.pop().map_or(0, |c| c % n)
    }

    /// Once in `n`.
    fn rarely(&mut self, n: u8) -> bool {
        self.below(n) == n - 1
    }
}

/// A document: its data and its text.
#[derive(Clone, Debug)]
pub struct Document {
    pub value: Value,
    pub text: String,
}

impl Document {
    pub fn view(&self) -> super::lines::Document<'_> {
        super::lines::Document { text: &self.text, value: &self.value }
    }
}

/// A document with the data `value` in the style of `choices`.
pub fn document(value: Value, choices: Vec<u8>, anchors: bool) -> Document {
    let text = write(&value, Choices { left: choices }, anchors);
    // A block scalar at the end loses its line end with the final one.
    let is_cut = text.contains('|') && !text.ends_with('\n');
    let value = if is_cut { read(&text).unwrap() } else { value };
    Document { value, text }
}

struct Writer {
    choices: Choices,
    text: String,
    line_end: &'static str,
    /// Indentation of mappings.
    indent: usize,
    /// Indentation of lists in mappings.
    list_indent: usize,
    comments: bool,
    number: usize,
    anchors: Option<Vec<(String, Value)>>,
}

/// Writes `value` in the style of `choices`.
fn write(value: &Value, mut choices: Choices, anchors: bool) -> String {
    let json = choices.below(8);
    if json == 7 {
        return serde_json::to_string_pretty(value).unwrap() + if choices.below(2) == 0 { "\n" } else { "" };
    }
    let indent = [2, 4, 1, 3, 8][usize::from(choices.below(5))];
    let list_indent = [0, indent, 1][usize::from(choices.below(3))];
    let line_end = if choices.rarely(5) { "\r\n" } else { "\n" };
    let comments = choices.below(3) > 0;
    let mut writer = Writer {
        choices,
        text: String::new(),
        line_end,
        indent,
        list_indent,
        comments,
        number: 0,
        anchors: anchors.then(Vec::new),
    };
    if json == 6 {
        let text = writer.flow(value, 0);
        return text + line_end;
    }
    if writer.choices.rarely(4) {
        writer.text.push_str("---");
        writer.end_line();
    }
    writer.block(value, 0, true);
    writer.own_line_comment(0);
    if writer.choices.rarely(4) {
        writer.text.truncate(writer.text.trim_end_matches(['\r', '\n']).len());
    }
    writer.text
}

impl Writer {
    fn comment(&mut self) -> String {
        self.number += 1;
        format!("# comment {}", self.number)
    }

    /// Ends a line, perhaps with a comment.
    fn end_line(&mut self) {
        if self.comments && self.choices.rarely(6) {
            let comment = self.comment();
            self.text.push_str("  ");
            self.text.push_str(&comment);
        }
        self.text.push_str(self.line_end);
    }

    fn own_line_comment(&mut self, column: usize) {
        if self.comments && self.choices.rarely(6) {
            let comment = self.comment();
            self.text.push_str(&" ".repeat(column));
            self.text.push_str(&comment);
            self.text.push_str(self.line_end);
        }
        if self.comments && !self.text.ends_with("\n\n") && !self.text.ends_with("\n\r\n") && self.choices.rarely(12) {
            self.text.push_str(self.line_end);
        }
    }

    /// Writes a collection whose entries begin at `column`; the first of them at the end of the text unless `fresh`.
    fn block(&mut self, value: &Value, column: usize, mut fresh: bool) {
        let mut start = |writer: &mut Self| {
            if fresh {
                writer.own_line_comment(column);
                writer.text.push_str(&" ".repeat(column));
            }
            fresh = true;
        };
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    start(self);
                    let key = self.scalar(&Value::from(key.as_str()), true);
                    self.text.push_str(&key);
                    self.text.push(':');
                    self.value(value, column, false);
                }
            }
            Value::Array(items) => {
                for item in items {
                    start(self);
                    self.text.push('-');
                    self.value(item, column, true);
                }
            }
            _ => {}
        }
    }

    /// Writes the value behind a key or a dash at `column`.
    fn value(&mut self, value: &Value, column: usize, in_list: bool) {
        let mut has_anchor = false;
        if let Some(anchors) = &mut self.anchors {
            if let Some((name, _)) = anchors.iter().find(|(_, v)| v == value)
                && self.choices.below(2) == 0
            {
                self.text.extend([" *", name]);
                return self.end_line();
            }
            if self.choices.rarely(5) && !value.is_null() {
                let name = format!("a{}", anchors.len());
                self.text.extend([" &", &name]);
                anchors.push((name, value.clone()));
                has_anchor = true;
            }
        }
        let is_empty = match value {
            Value::Object(map) => map.is_empty(),
            Value::Array(items) => items.is_empty(),
            _ => true,
        };
        if !is_empty && !self.choices.rarely(5) {
            if in_list && !has_anchor && !self.choices.rarely(5) {
                let blanks = usize::from(self.choices.below(3)) % 2 * 2 + 1;
                self.text.push_str(&" ".repeat(blanks));
                return self.block(value, column + 1 + blanks, false);
            }
            self.end_line();
            let by = match (in_list, value) {
                (true, _) => 2,
                (false, Value::Array(_)) => self.list_indent,
                (false, _) => self.indent,
            };
            return self.block(value, column + by, true);
        }
        if let Some(text) = value.as_str().filter(|t| is_for_block_scalar(t))
            && self.choices.below(3) == 0
        {
            return self.block_scalar(text, column + self.indent);
        }
        let text = if is_empty && !value.is_object() && !value.is_array() {
            self.scalar(value, false)
        } else {
            self.flow(value, column)
        };
        if !text.is_empty() {
            self.text.push(' ');
            self.text.push_str(&text);
        }
        self.end_line();
    }

    fn block_scalar(&mut self, text: &str, column: usize) {
        let body = text.trim_end_matches('\n');
        let chomping = match text.len() - body.len() {
            0 => "-",
            1 => "",
            _ => "+",
        };
        self.text.extend([" |", chomping]);
        self.text.push_str(self.line_end);
        let lines = text.strip_suffix('\n').unwrap_or(text);
        for line in lines.split('\n') {
            if !line.is_empty() {
                self.text.push_str(&" ".repeat(column));
                self.text.push_str(line);
            }
            self.text.push_str(self.line_end);
        }
    }

    /// A value in brackets or braces: on one line, or on lines that are indented deeper than `column`.
    fn flow(&mut self, value: &Value, column: usize) -> String {
        let blank = if self.choices.rarely(3) { "" } else { " " };
        let padding = if self.choices.rarely(3) { " " } else { "" };
        let in_lines = self.choices.rarely(4);
        let (entries, [open, close]): (Vec<String>, _) = match value {
            Value::Object(map) => {
                let entry = |(key, value): (&String, &Value)| {
                    let key = self.scalar(&Value::from(key.as_str()), true);
                    format!("{key}: {}", self.flow(value, column + 2))
                };
                (map.iter().map(entry).collect(), ["{", "}"])
            }
            Value::Array(items) => (items.iter().map(|item| self.flow(item, column + 2)).collect(), ["[", "]"]),
            Value::Null => return "null".to_owned(),
            scalar => return self.scalar(scalar, true),
        };
        if entries.is_empty() || !in_lines {
            return format!("{open}{padding}{}{padding}{close}", entries.join(&format!(",{blank}")));
        }
        let mut writer =
            Self { text: open.to_owned() + self.line_end, choices: self.choices.clone(), anchors: None, ..*self };
        let last = entries.len() - 1;
        for (index, entry) in entries.into_iter().enumerate() {
            writer.own_line_comment(column + 2);
            writer.text.push_str(&" ".repeat(column + 2));
            writer.text.push_str(&entry);
            if index < last || writer.choices.rarely(3) {
                writer.text.push(',');
            }
            writer.end_line();
        }
        writer.own_line_comment(column + 2);
        writer.text.push_str(&" ".repeat(column + 1));
        writer.text.push_str(close);
        (self.choices, self.number) = (writer.choices, writer.number);
        writer.text
    }

    fn scalar(&mut self, value: &Value, in_line: bool) -> String {
        match value {
            Value::Null if !in_line => ["null", "~", ""][usize::from(self.choices.below(3))].to_owned(),
            Value::String(text) => match self.choices.below(3) {
                0 if is_for_plain(text) => text.clone(),
                1 if !text.contains(['\n', '\t']) => format!("'{}'", text.replace('\'', "''")),
                _ => value.to_string(),
            },
            other => other.to_string(),
        }
    }
}

/// Whether the text needs no quotes anywhere.
fn is_for_plain(text: &str) -> bool {
    let reserved = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_alphanumeric() || " ./'`".contains(c))
        && !text.ends_with(' ')
        && !reserved.contains(&text)
}

fn is_for_block_scalar(text: &str) -> bool {
    let body = text.trim_end_matches('\n');
    text.contains('\n') && !body.is_empty() && !body.starts_with(['\n', ' '])
}
