//! Constraints on semantic versions: `>=1.2, <2 || ^3.1`.

use super::super::error::FunctionError;
use super::super::functions::Context;
use super::semver::{Version, Written, pre_order};

/// Alternatives, each a list of constraints that must all hold.
pub(super) struct Constraints(Vec<Vec<Constraint>>);

/// The operator of a constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterEqual,
    LessEqual,
    Tilde,
    Caret,
}

/// The parts of a constraint's version that are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Precision {
    None,
    Major,
    Minor,
    Full,
}

struct Constraint {
    operator: Operator,
    version: Version,
    precision: Precision,
}

/// The bytes of the numbers in a constraint's version. (The bar does not make more constraints valid, but determines
/// which error invalid ones give.)
fn is_number(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '|' | 'x' | 'X' | '*')
}

fn is_placeholder(number: &str) -> bool {
    matches!(number, "x" | "X" | "*")
}

/// `\s` of Go's regular expressions.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\x0c' | '\r')
}

impl Constraints {
    /// Parses constraints.
    pub(super) fn parse(context: &mut Context, text: &[u8]) -> Result<Self, FunctionError> {
        let text = String::from_utf8_lossy(text);
        let written_out = without_ranges(context, &text)?;
        written_out.split("||").map(all_of).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a version satisfies the constraints.
    pub(super) fn allow(&self, context: &mut Context, version: &Version) -> Result<bool, FunctionError> {
        // Each constraint may compare the whole pre-release.
        let count = self.0.iter().map(Vec::len).sum();
        context.budget.touch_many(count, version.pre.len())?;
        Ok(self.0.iter().any(|all| all.iter().all(|constraint| constraint.allows(version))))
    }
}

/// Rewrites each `1.2 - 3.4` as two constraints.
fn without_ranges(context: &mut Context, text: &str) -> Result<String, FunctionError> {
    let mut ranges = Vec::new();
    if !text.contains(" - ") && !text.contains(|c| is_blank(c) && c != ' ') {
        return Ok(text.to_owned());
    }
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        // A range may start at any character, and versions may be long.
        let word = rest.trim_start_matches(is_blank);
        let looked_at = rest.len() - word.len() + word.find(is_blank).unwrap_or(word.len());
        context.budget.step(1 + u64::try_from(looked_at / 16).unwrap_or(0))?;
        if let Some((low, high, after)) = range_at(rest) {
            let whole = rest.get(..rest.len() - after.len()).unwrap_or(rest);
            ranges.push((whole, format!(">= {low}, <= {high} ")));
            at = text.len() - after.len();
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    let mut out = text.to_owned();
    for (whole, written) in ranges {
        context.budget.step(1 + u64::try_from(out.len() / 64).unwrap_or(0))?;
        out = out.replacen(whole, &written, 1);
    }
    Ok(out)
}

/// The two versions of a range at the start of a text, after optional spaces, and the rest.
fn range_at(text: &str) -> Option<(&str, &str, &str)> {
    let (low, rest) = Written::take(text.trim_start_matches(is_blank), is_number)?;
    let dash = rest.trim_start_matches(is_blank);
    let after = dash.strip_prefix('-')?;
    let high = after.trim_start_matches(is_blank);
    if dash.len() == rest.len() || high.len() == after.len() {
        return None;
    }
    let (high, rest) = Written::take(high, is_number)?;
    Some((low.whole, high.whole, rest.trim_start_matches(is_blank)))
}

/// Parses constraints separated by spaces or commas.
fn all_of(text: &str) -> Result<Vec<Constraint>, FunctionError> {
    let improper = || FunctionError::new(format!("improper constraint: {text}"));
    let mut written = Vec::new();
    let mut rest = text.trim_start_matches(is_blank);
    loop {
        let (operator, after) = operator(rest);
        let (version, after) = Written::take(after.trim_start_matches(is_blank), is_number).ok_or_else(improper)?;
        written.push((operator, version));
        rest = after.trim_start_matches(is_blank);
        if rest.is_empty() {
            break;
        }
        match rest.strip_prefix(',') {
            Some(next) => rest = next.trim_start_matches(is_blank),
            None if rest.len() == after.len() => return Err(improper()),
            None => {}
        }
    }
    written.into_iter().map(|(operator, version)| Constraint::new(operator, &version)).collect()
}

fn operator(text: &str) -> (Operator, &str) {
    // Longer operators first, since shorter ones are their prefixes.
    [
        (">=", Operator::GreaterEqual),
        ("=>", Operator::GreaterEqual),
        ("<=", Operator::LessEqual),
        ("=<", Operator::LessEqual),
        ("!=", Operator::NotEqual),
        ("~>", Operator::Tilde),
        ("~", Operator::Tilde),
        ("^", Operator::Caret),
        (">", Operator::Greater),
        ("<", Operator::Less),
        ("=", Operator::Equal),
    ]
    .into_iter()
    .find_map(|(sign, operator)| Some((operator, text.strip_prefix(sign)?)))
    .unwrap_or((Operator::Equal, text))
}

impl Constraint {
    fn new(operator: Operator, written: &Written<'_>) -> Result<Self, FunctionError> {
        let missing = |number: Option<&str>| number.is_none_or(is_placeholder);
        let pre = if written.pre.is_empty() { String::new() } else { format!("-{}", written.pre) };
        let (precision, text) = if missing(Some(written.major)) {
            (Precision::None, format!("0.0.0{pre}"))
        } else if missing(written.minor) {
            (Precision::Major, format!("{}.0.0{pre}", written.major))
        } else if missing(written.patch) {
            (Precision::Minor, format!("{}.{}.0{pre}", written.major, written.minor.unwrap_or("0")))
        } else {
            (Precision::Full, written.whole.to_owned())
        };
        let version = Version::parse(text.as_bytes()).map_err(|_| FunctionError::new("constraint Parser Error"))?;
        Ok(Self { operator, version, precision })
    }

    fn allows(&self, version: &Version) -> bool {
        // A pre-release only satisfies constraints that have a pre-release, or an exact `!=`.
        let exact_difference = self.operator == Operator::NotEqual && self.precision == Precision::Full;
        if !exact_difference && !version.pre.is_empty() && self.version.pre.is_empty() {
            return false;
        }
        let order = version.order(&self.version);
        match self.operator {
            Operator::Equal if self.precision == Precision::Full => order.is_eq(),
            Operator::Equal | Operator::Tilde => self.allows_tilde(version),
            Operator::NotEqual => self.allows_different(version),
            Operator::Greater => self.allows_greater(version),
            Operator::Less => order.is_lt(),
            Operator::GreaterEqual => order.is_ge(),
            Operator::LessEqual => match self.precision {
                Precision::Full => order.is_le(),
                Precision::Major => version.major <= self.version.major,
                Precision::None | Precision::Minor => {
                    (version.major, version.minor) <= (self.version.major, self.version.minor)
                }
            },
            Operator::Caret => self.allows_caret(version),
        }
    }

    fn allows_different(&self, version: &Version) -> bool {
        let this = &self.version;
        if self.precision == Precision::Full {
            return version.order(this).is_ne();
        }
        if version.major != this.major {
            return true;
        }
        match self.precision {
            Precision::Major => false,
            _ if version.minor != this.minor => true,
            Precision::Minor => {
                (!version.pre.is_empty() || !this.pre.is_empty()) && pre_order(&version.pre, &this.pre).is_ne()
            }
            _ => version.patch != this.patch || version.order(this).is_ne(),
        }
    }

    fn allows_greater(&self, version: &Version) -> bool {
        let this = &self.version;
        match self.precision {
            Precision::Full => version.order(this).is_gt(),
            _ if version.major != this.major => version.major > this.major,
            // 11.1.0 is not greater than 11.
            Precision::Major => false,
            Precision::Minor => version.minor > this.minor,
            Precision::None => version.order(this).is_gt(),
        }
    }

    /// `~1.2.3`: at least this version, with the same numbers except the last.
    fn allows_tilde(&self, version: &Version) -> bool {
        let this = &self.version;
        if version.order(this).is_lt() {
            return false;
        }
        let zero = (this.major, this.minor, this.patch) == (0, 0, 0);
        if zero && matches!(self.precision, Precision::None | Precision::Full) {
            return true;
        }
        version.major == this.major && (self.precision == Precision::Major || version.minor == this.minor)
    }

    /// `^1.2.3`: at least this version, with the same numbers up to the first that is not zero.
    fn allows_caret(&self, version: &Version) -> bool {
        let this = &self.version;
        if version.order(this).is_lt() {
            return false;
        }
        if this.major > 0 || self.precision == Precision::Major {
            return version.major == this.major;
        }
        if version.major > 0 {
            return false;
        }
        if this.minor > 0 || self.precision == Precision::Minor {
            return version.minor == this.minor;
        }
        version.minor == 0 && version.patch == this.patch
    }
}
