//! Kubernetes quantities: validation, the canonical form, comparison, and sums.

use std::cmp::Ordering;
use std::fmt;

use serde_json::Value;

/// The format of a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// With a power of 1000 as a letter: `100m`, `2k`.
    Decimal,
    /// With an exponent: `2e3`.
    Exponent,
    /// With a power of 1024: `2Ki`.
    Binary,
}

/// Decimal units and their powers of ten.
const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
/// Binary units; the first is 1024, and each is 1024 times the one before.
const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
/// Kubernetes keeps quantities to a billionth.
const NANO: i128 = 1_000_000_000;

/// The most that a quantity with a binary unit can be; larger ones are read as this.
const MOST_BINARY: i128 = i64::MAX as i128 * NANO;

/// A limit or request, as the API server stores it: rounded up to a thousandth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantity {
    nanos: i128,
    format: Format,
}

impl Quantity {
    /// Zero.
    pub const ZERO: Self = Self { nanos: 0, format: Format::Decimal };

    /// Reads a quantity of a manifest. `null` is zero, as in Go. `None` if Kubernetes does not read it.
    pub fn of(value: &Value) -> Option<Self> {
        let number;
        let text = match value {
            Value::Null => return Some(Self::ZERO),
            Value::String(text) => text.trim_matches(' '),
            Value::Number(written) => {
                number = written.to_string();
                &number
            }
            _ => return None,
        };
        let (nanos, format) = read(text).or_else(|| {
            // Kubernetes reads a unit without a number as zero.
            let unit = text.strip_prefix(['+', '-']).unwrap_or(text);
            let is_unit = !text.is_empty() && !unit.starts_with(|c: char| c.is_ascii_digit());
            is_unit.then(|| read(&format!("0{}", unit.strip_prefix('.').unwrap_or(unit)))).flatten()
        })?;
        let nanos = if format == Format::Binary { nanos.clamp(-MOST_BINARY, MOST_BINARY) } else { nanos };
        Some(Self { nanos: round_to_milli(nanos), format })
    }

    /// Whether it is zero.
    pub fn is_zero(self) -> bool {
        self.nanos == 0
    }

    /// The sum, in the format of the first that is not zero.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let format = if self.is_zero() { other.format } else { self.format };
        Self { nanos: self.nanos.saturating_add(other.nanos), format }
    }

    /// The product.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        Self { nanos: self.nanos.saturating_mul(count.into()), ..self }
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.nanos.cmp(&other.nanos))
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&write(self.nanos, self.format))
    }
}

/// Whether a text is a quantity: a decimal number with a unit or an exponent (`resource.ParseQuantity`).
pub(crate) fn is_quantity(text: &str) -> bool {
    split(text).is_some()
}

/// The canonical form of a quantity: `2` for `2000m`, `1Gi` for `1024Mi`. Texts that are not quantities or are too
/// large are returned unchanged.
pub(crate) fn canonical(text: &str) -> String {
    read(text).map_or_else(|| text.to_owned(), |(nanos, format)| write(nanos, format))
}

/// The canonical form of a limit or request, which the API server rounds up to a thousandth
/// (`SetDefaults_ResourceList`).
pub(crate) fn canonical_resource(text: &str) -> String {
    read(text).map_or_else(|| text.to_owned(), |(nanos, format)| write(round_to_milli(nanos), format))
}

/// Compares two limits or requests by value, as the API server rounds them; none if one is not a quantity.
pub(crate) fn compare_resources(one: &str, other: &str) -> Option<Ordering> {
    let value = |text| read(text).map(|(nanos, _)| round_to_milli(nanos));
    Some(value(one)?.cmp(&value(other)?))
}

/// Whether two limits or requests together are more than a third; none if one is not a quantity.
pub(crate) fn sum_exceeds(one: &str, other: &str, most: &str) -> Option<bool> {
    let value = |text| read(text).map(|(nanos, _)| round_to_milli(nanos));
    Some(value(one)?.checked_add(value(other)?)? > value(most)?)
}

/// Rounds away from zero.
fn round_to_milli(nanos: i128) -> i128 {
    const MILLI: i128 = NANO / 1000;
    let rest = nanos % MILLI;
    if rest == 0 { nanos } else { nanos - rest + MILLI * rest.signum() }
}

/// The parts of a text: sign, digits before and after the point, power of ten, power of 1024, format.
fn split(text: &str) -> Option<(bool, &str, &str, i32, u32, Format)> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at_checked(end)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let (ten, two, format) = if let Some((_, power)) = DECIMAL.iter().find(|(unit, _)| *unit == suffix) {
        (*power, 0, Format::Decimal)
    } else if let Some(position) = BINARY.iter().position(|unit| *unit == suffix) {
        (0, u32::try_from(position).ok()? + 1, Format::Binary)
    } else {
        let exponent = suffix.strip_prefix(['e', 'E'])?;
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        (exponent.parse().ok()?, 0, Format::Exponent)
    };
    Some((text.starts_with('-'), whole, fraction, ten, two, format))
}

/// The quantity in billionths, rounded away from zero.
fn read(text: &str) -> Option<(i128, Format)> {
    let (negative, whole, fraction, ten, two, format) = split(text)?;
    let fraction = fraction.trim_end_matches('0');
    let digits: i128 = format!("0{whole}{fraction}").parse().ok()?;
    let scaled = digits.checked_mul(1024_i128.checked_pow(two)?)?;
    let power = ten.checked_add(9)?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let factor = 10_i128.checked_pow(power.unsigned_abs())?;
    let nanos = if power >= 0 { scaled.checked_mul(factor)? } else { scaled.checked_add(factor - 1)? / factor };
    Some((if negative { -nanos } else { nanos }, format))
}

fn write(nanos: i128, format: Format) -> String {
    if nanos == 0 {
        return "0".to_owned();
    }
    let is_small = nanos.abs() < 1024 * NANO;
    if format == Format::Binary && !is_small && nanos % NANO == 0 {
        let mut number = nanos / NANO;
        let mut unit = "";
        for next in BINARY {
            if number % 1024 != 0 {
                break;
            }
            (number, unit) = (number / 1024, next);
        }
        return format!("{number}{unit}");
    }
    let (mut number, mut power) = (nanos, -9);
    while number % 1000 == 0 && power < 18 {
        (number, power) = (number / 1000, power + 3);
    }
    let unit = DECIMAL.iter().find(|(_, known)| *known == power).map_or("", |(unit, _)| unit);
    match format {
        Format::Exponent if power != 0 => format!("{number}e{power}"),
        _ => format!("{number}{unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_with_units_and_exponents_are_quantities() {
        for text in ["0", "100m", "1.5Gi", ".5", "5.", "-1", "1e3", "1E", "2E-3", "1000000Ki"] {
            assert!(is_quantity(text), "{text}");
        }
        for text in ["", ".", "m", "1.2.3", "1 Gi", "1gi", "1e", "1KiB", "0x1", "1\n"] {
            assert!(!is_quantity(text), "{text}");
        }
    }

    #[test]
    fn quantities_are_written_as_kubernetes_writes_them() {
        let table = [
            ("2000m", "2"),
            ("1024Mi", "1Gi"),
            ("100m", "100m"),
            ("0.5", "500m"),
            ("2.50", "2500m"),
            ("1e8", "100e6"),
            ("100000000", "100M"),
            ("134217728", "134217728"),
            ("0.5Gi", "512Mi"),
            ("1000000Ki", "1000000Ki"),
            ("1.5Ki", "1536"),
            ("512Ki", "512Ki"),
            ("0", "0"),
            ("0Mi", "0"),
            ("-1.5", "-1500m"),
            ("0.0000000001", "1n"),
            ("1E3", "1e3"),
            ("nonsense", "nonsense"),
        ];
        for (text, expected) in table {
            assert_eq!(canonical(text), expected, "{text}");
        }
    }

    #[test]
    fn quantities_are_read_as_the_api_server_stores_them() {
        let table = [
            (json!("500m"), "500m"),
            (json!(0.5), "500m"),
            (json!(null), "0"),
            (json!("0.1m"), "1m"),
            (json!(" 1 "), "1"),
            (json!("Gi"), "0"),
            (json!("."), "0"),
            (json!("-"), "0"),
            (json!("9Ei"), "9223372036854775807"),
            (json!("100E"), "100E"),
            (json!("0.000001Mi"), "1049m"),
        ];
        for (value, expected) in table {
            assert_eq!(Quantity::of(&value).map(|quantity| quantity.to_string()).as_deref(), Some(expected), "{value}");
        }
        for value in [json!("much"), json!(""), json!(true), json!("1ki"), json!("x.")] {
            assert_eq!(Quantity::of(&value), None, "{value}");
        }
    }

    #[test]
    fn a_sum_has_the_format_of_the_first_that_is_not_zero() {
        let sum = |one, other| {
            let quantity = |text| Quantity::of(&json!(text)).unwrap();
            quantity(one).plus(quantity(other)).to_string()
        };
        assert_eq!(sum("1Gi", "128974848"), "1147Mi");
        assert_eq!(sum("128974848", "1Gi"), "1202716672");
        assert_eq!(sum("0", "1Gi"), "1Gi");
        assert_eq!(sum("0.1Gi", "0"), "107374182400m");
    }

    #[test]
    fn resources_compare_by_value() {
        let table = [
            ("1", "1000m", Some(Ordering::Equal)),
            ("1.1", "1000m", Some(Ordering::Greater)),
            ("1Gi", "1G", Some(Ordering::Greater)),
            ("200Mi", "1Gi", Some(Ordering::Less)),
            ("1100u", "2m", Some(Ordering::Equal)),
            ("much", "1", None),
        ];
        for (one, other, expected) in table {
            assert_eq!(compare_resources(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn sums_are_compared_across_units() {
        assert_eq!(sum_exceeds("900m", "100m", "1"), Some(false));
        assert_eq!(sum_exceeds("1Gi", "1Mi", "1024Mi"), Some(true));
        assert_eq!(sum_exceeds("0", "much", "1"), None);
    }
}
