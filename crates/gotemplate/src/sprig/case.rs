//! The spellings of names: `camelcase`, `snakecase` and `kebabcase`, as the library huandu/xstrings makes them for sprig.

use gostd::unicode::{is_letter, is_number, is_punct, is_space, is_upper, to_lower, to_upper};
use gostd::utf8::{append_rune, decode_rune, runes};

fn is_connector(c: char) -> bool {
    matches!(c, '-' | '_') || is_space(c)
}

/// A name with a capital at the start of each word, without connectors between them.
pub(super) fn pascal_case(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let all: Vec<char> = runes(text).map(|(c, _)| c).collect();
    let start = all.iter().take_while(|c| is_connector(**c)).count();
    // Connectors at the start stay.
    all.iter().take(start).for_each(|c| append_rune(&mut out, *c));
    let Some((first, rest)) = all.get(start..).and_then(<[char]>::split_first) else {
        // If there are only connectors, xstrings writes the last one twice.
        all.last().into_iter().for_each(|c| append_rune(&mut out, *c));
        return out;
    };
    // The last letter that was read, which is not written yet.
    let mut pending = to_upper(*first);
    let mut lower_next = is_upper(*first);
    for c in rest {
        let mut c = *c;
        if is_connector(pending) {
            if is_connector(c) {
                append_rune(&mut out, pending);
                pending = c;
                continue;
            }
            lower_next = is_upper(c);
            c = to_upper(c);
        } else {
            if lower_next {
                if is_upper(c) {
                    c = to_lower(c);
                } else {
                    lower_next = false;
                }
            }
            append_rune(&mut out, pending);
        }
        pending = c;
    }
    append_rune(&mut out, pending);
    out
}

/// The kinds of pieces that names consist of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Invalid,
    Number,
    Upper,
    Letters,
    Connector,
    Punctuation,
    Other,
}

/// Whether this is a letter of a script with words, which Chinese characters are not.
fn is_alphabetic(c: char) -> bool {
    is_letter(c) && !matches!(c, '\u{4e00}'..='\u{9fcc}' | '\u{3400}'..='\u{4d85}' | '\u{20000}'..='\u{2b81d}')
}

/// The next valid character and the bytes before it that are not UTF-8. At the end, the previous character.
fn next_valid(text: &[u8], before: char) -> (char, usize) {
    let mut size = 0;
    while let Some((c, len)) = text.get(size..).and_then(decode_rune) {
        size += len;
        if c != char::REPLACEMENT_CHARACTER {
            return (c, size);
        }
    }
    (before, size)
}

/// The length of the characters that follow and are of a kind, and the character after them.
fn while_of(text: &[u8], mut before: char, is_of: impl Fn(char) -> bool) -> (usize, char) {
    let mut len = 0;
    while len < text.len() {
        let (c, size) = next_valid(text.get(len..).unwrap_or(&[]), before);
        before = c;
        if !is_of(c) {
            break;
        }
        len += size;
    }
    (len, before)
}

/// The kind of the first piece, the piece, and the rest.
fn next_piece(text: &[u8]) -> (Kind, &[u8], &[u8]) {
    let (first, size) = next_valid(text, char::REPLACEMENT_CHARACTER);
    let rest = text.get(size..).unwrap_or(&[]);
    let letters = |c: char| is_alphabetic(c) && !is_upper(c);
    let (kind, more) = match first {
        char::REPLACEMENT_CHARACTER => (Kind::Invalid, 0),
        c if is_connector(c) => (Kind::Connector, while_of(rest, c, is_connector).0),
        c if is_punct(c) => (Kind::Punctuation, while_of(rest, c, is_punct).0),
        c if is_upper(c) => (Kind::Upper, upper_piece(rest, c)),
        c if is_alphabetic(c) => (Kind::Letters, while_of(rest, c, letters).0),
        c if is_number(c) => (Kind::Number, while_of(rest, c, is_number).0),
        c => {
            let other = |c: char| !is_connector(c) && !is_alphabetic(c) && !is_number(c) && !is_punct(c);
            (Kind::Other, while_of(rest, c, other).0)
        }
    };
    let (piece, rest) = text.split_at((size + more).min(text.len()));
    (kind, piece, rest)
}

/// The length of a piece after its first capital: more capitals, except the last if a letter follows; or letters.
fn upper_piece(rest: &[u8], first: char) -> usize {
    if rest.is_empty() {
        return 0;
    }
    let (second, _) = next_valid(rest, first);
    if is_upper(second) {
        let mut len = 0;
        let mut last = 0;
        let mut c = first;
        while len < rest.len() {
            let size;
            (c, size) = next_valid(rest.get(len..).unwrap_or(&[]), c);
            if !is_upper(c) {
                break;
            }
            last = size;
            len += size;
        }
        return if len < rest.len() && is_alphabetic(c) { len - last } else { len };
    }
    if is_alphabetic(second) { while_of(rest, first, |c| is_alphabetic(c) && !is_upper(c)).0 } else { 0 }
}

/// A name in lower case, with a connector between its words: `HTTPServer` becomes `http_server`.
pub(super) fn connected(text: &[u8], connector: char) -> Vec<u8> {
    if text.is_empty() {
        return Vec::new();
    }
    let mut writer = Writer { out: Vec::with_capacity(text.len() + 8), connector };
    let mut piece = next_piece(text);
    while !piece.2.is_empty() {
        let before = piece;
        if before.0 != Kind::Connector {
            writer.piece(before);
        }
        piece = next_piece(before.2);
        piece = match before.0 {
            Kind::Number => {
                piece = writer.letters_and_numbers(piece);
                writer.connect(piece.0);
                piece
            }
            Kind::Connector => {
                writer.piece(before);
                piece
            }
            Kind::Punctuation => piece,
            _ if piece.0 != Kind::Number => {
                if !matches!(piece.0, Kind::Connector | Kind::Punctuation) {
                    writer.connector();
                }
                piece
            }
            _ => writer.number(piece),
        };
    }
    writer.piece(piece);
    writer.out
}

type Piece<'a> = (Kind, &'a [u8], &'a [u8]);

struct Writer {
    out: Vec<u8>,
    connector: char,
}

impl Writer {
    fn connector(&mut self) {
        append_rune(&mut self.out, self.connector);
    }

    /// Writes a connector before a word.
    fn connect(&mut self, next: Kind) {
        if !matches!(next, Kind::Invalid | Kind::Connector | Kind::Punctuation) {
            self.connector();
        }
    }

    fn piece(&mut self, (kind, piece, _): Piece<'_>) {
        if !matches!(kind, Kind::Upper | Kind::Connector) {
            self.out.extend_from_slice(piece);
            return;
        }
        for (c, _) in runes(piece) {
            let c = if is_connector(c) {
                self.connector
            } else if is_upper(c) {
                to_lower(c)
            } else {
                c
            };
            append_rune(&mut self.out, c);
        }
    }

    /// Writes the pieces of a number and returns the next piece.
    fn letters_and_numbers<'a>(&mut self, mut piece: Piece<'a>) -> Piece<'a> {
        while matches!(piece.0, Kind::Letters | Kind::Number) {
            self.piece(piece);
            piece = next_piece_or_end(piece.2);
        }
        piece
    }

    /// A number after a word. It belongs to the word unless letters follow it.
    fn number<'a>(&mut self, number: Piece<'a>) -> Piece<'a> {
        if number.2.is_empty() {
            return number;
        }
        let next = next_piece(number.2);
        if next.0 != Kind::Letters {
            self.piece(number);
            if !matches!(next.0, Kind::Connector | Kind::Punctuation) {
                self.connector();
            }
            return next;
        }
        self.connector();
        self.piece(number);
        let next = self.letters_and_numbers(next);
        self.connect(next.0);
        next
    }
}

fn next_piece_or_end(text: &[u8]) -> Piece<'_> {
    if text.is_empty() { (Kind::Invalid, &[], &[]) } else { next_piece(text) }
}
