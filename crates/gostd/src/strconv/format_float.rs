//! The text of floats.

/// More digits than any float has after its point: with a larger precision, the rest is zeros.
pub const MAX_FRACTION_DIGITS: usize = 1_100;

/// Go's `bitSize`: which type of float the value had before it became a `f64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BitSize {
    /// `float32`
    Bits32,
    /// `float64`
    Bits64,
}

/// `strconv.FormatFloat`. Without a precision (Go's -1), it writes the fewest digits that parse as the same value.
pub fn format_float(value: f64, format: u8, precision: Option<usize>, bits: BitSize) -> String {
    let mut out = Vec::new();
    append_float(&mut out, value, format, precision, bits);
    debug_assert!(out.is_ascii(), "digits, signs and letters");
    String::from_utf8_lossy(&out).into_owned()
}

/// `strconv.AppendFloat`. The format is one of `b e E f g G x X`; for any other, a percent sign and it are appended.
pub fn append_float(out: &mut Vec<u8>, value: f64, format: u8, precision: Option<usize>, bits: BitSize) {
    if value.is_nan() {
        out.extend_from_slice(b"NaN");
        return;
    }
    if value.is_infinite() {
        out.extend_from_slice(if value > 0.0 { b"+Inf" } else { b"-Inf" });
        return;
    }
    if value.is_sign_negative() && b"beEfgGxX".contains(&format) {
        out.push(b'-');
    }
    let value = value.abs();
    match format {
        b'b' => binary(out, value, bits),
        b'x' | b'X' => hexadecimal(out, value, format, precision),
        b'f' => fixed(out, value, precision, bits),
        b'e' | b'E' => {
            let digits = match precision {
                Some(precision) => Digits::rounded(value, precision + 1),
                None => Digits::shortest(value, bits),
            };
            let places = precision.unwrap_or(digits.digits.len().saturating_sub(1));
            scientific(out, &digits, places, format);
        }
        b'g' | b'G' => general(out, value, format, precision, bits),
        _ => out.extend([b'%', format]),
    }
}

/// Decimal digits, without zeros at either end. Zero has none.
struct Digits {
    digits: Vec<u8>,
    /// How many of the digits are before the point; negative if zeros follow it.
    point: isize,
}

impl Digits {
    /// The fewest digits that parse as the same value. Of two candidates that are equally near, Go takes the even one, and
    /// so does zmij; Rust's standard library does not.
    fn shortest(value: f64, bits: BitSize) -> Self {
        let mut buffer = zmij::Buffer::new();
        Self::read(match bits {
            #[expect(clippy::cast_possible_truncation, reason = "it was a float32")]
            BitSize::Bits32 => buffer.format_finite(value as f32),
            BitSize::Bits64 => buffer.format_finite(value),
        })
    }

    /// A number of digits, rounded.
    fn rounded(value: f64, count: usize) -> Self {
        Self::read(&format!("{value:.*e}", count.saturating_sub(1).min(MAX_FRACTION_DIGITS)))
    }

    /// Takes a number such as `0.00125` or `1.25e-7` apart.
    fn read(text: &str) -> Self {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let exponent = exponent.parse::<isize>();
        debug_assert!(exponent.is_ok(), "the exponents of floats are small: {text}");
        let mut point = whole.len().cast_signed() + exponent.unwrap_or(0);
        let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        let leading_zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        digits.drain(..leading_zeros);
        point -= leading_zeros.cast_signed();
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        Self { point: if digits.is_empty() { 0 } else { point }, digits }
    }

    /// How many of the digits are after the point.
    fn places(&self) -> usize {
        not_negative(self.digits.len().cast_signed() - self.point)
    }
}

fn not_negative(count: isize) -> usize {
    usize::try_from(count).unwrap_or(0)
}

/// Format `g`: as `f`, or as `e` where the exponent is small or large.
fn general(out: &mut Vec<u8>, value: f64, format: u8, precision: Option<usize>, bits: BitSize) {
    let digits = match precision {
        Some(precision) => Digits::rounded(value, precision.max(1)),
        None => Digits::shortest(value, bits),
    };
    let count = digits.digits.len();
    let threshold = match precision {
        None => 6,
        // Digits that are not there do not keep a number from the short form.
        Some(precision) if precision.max(1) > count && count.cast_signed() >= digits.point => count,
        Some(precision) => precision.max(1),
    };
    let exponent = digits.point - 1;
    if exponent < -4 || exponent >= threshold.cast_signed() {
        scientific(out, &digits, count.saturating_sub(1), format + b'e' - b'g');
    } else {
        plain(out, &digits, digits.places());
    }
}

/// `1.25e-07` with `places` digits after the point.
fn scientific(out: &mut Vec<u8>, digits: &Digits, places: usize, e: u8) {
    let mut all = digits.digits.iter().copied().chain(std::iter::repeat(b'0'));
    out.extend(all.by_ref().take(1));
    if places > 0 {
        out.push(b'.');
        out.extend(all.take(places));
    }
    out.push(e);
    append_exponent(out, if digits.digits.is_empty() { 0 } else { digits.point - 1 });
}

/// A sign and at least two digits.
fn append_exponent(out: &mut Vec<u8>, exponent: isize) {
    out.push(if exponent < 0 { b'-' } else { b'+' });
    out.extend_from_slice(format!("{:02}", exponent.unsigned_abs()).as_bytes());
}

/// `0.00125` with `places` digits after the point.
fn plain(out: &mut Vec<u8>, digits: &Digits, places: usize) {
    let mut all = digits.digits.iter().copied().chain(std::iter::repeat(b'0'));
    if digits.point > 0 {
        out.extend(all.by_ref().take(not_negative(digits.point)));
    } else {
        out.push(b'0');
    }
    if places > 0 {
        out.push(b'.');
        let zeros = not_negative(-digits.point);
        out.extend(std::iter::repeat_n(b'0', zeros).chain(all).take(places));
    }
}

/// Format `f`.
fn fixed(out: &mut Vec<u8>, value: f64, precision: Option<usize>, bits: BitSize) {
    match precision {
        None => {
            let digits = Digits::shortest(value, bits);
            plain(out, &digits, digits.places());
        }
        Some(precision) => {
            let exact = precision.min(MAX_FRACTION_DIGITS);
            out.extend_from_slice(format!("{value:.exact$}").as_bytes());
            out.extend(std::iter::repeat_n(b'0', precision - exact));
        }
    }
}

/// The fraction and the exponent of a `float64` that is not negative, as their bits.
fn parts(value: f64) -> (u64, isize) {
    let bits = value.to_bits();
    #[expect(clippy::cast_possible_wrap, reason = "there are eleven bits")]
    let exponent = (bits >> 52) as isize;
    (bits & ((1 << 52) - 1), exponent)
}

/// Format `b`: the mantissa as an integer, and the power of two: `4503599627370496p-52`.
fn binary(out: &mut Vec<u8>, value: f64, bits: BitSize) {
    // The bits of the fraction, the offset of the exponent, and both parts.
    let (width, offset, (fraction, exponent)) = match bits {
        BitSize::Bits64 => (52, 1075, parts(value)),
        BitSize::Bits32 => {
            #[expect(clippy::cast_possible_truncation, reason = "it was a float32")]
            let single = (value as f32).to_bits();
            #[expect(clippy::cast_possible_wrap, reason = "there are eight bits")]
            let exponent = (single >> 23) as isize;
            (23, 150, (u64::from(single & 0x7f_ffff), exponent))
        }
    };
    let (mantissa, exponent) =
        if exponent == 0 { (fraction, 1 - offset) } else { (fraction | 1 << width, exponent - offset) };
    let sign = if exponent >= 0 { "+" } else { "" };
    out.extend_from_slice(format!("{mantissa}p{sign}{exponent}").as_bytes());
}

/// Formats `x` and `X`: `0x1.8p+01`.
fn hexadecimal(out: &mut Vec<u8>, value: f64, format: u8, precision: Option<usize>) {
    let (mut mantissa, mut exponent) = parts(value);
    if exponent == 0 {
        exponent = 1;
    } else {
        mantissa |= 1 << 52;
    }
    exponent = if mantissa == 0 { 0 } else { exponent - 1023 };
    // Shift the leading one to bit 60, so that each digit after the point has four bits.
    mantissa <<= 8;
    while mantissa != 0 && mantissa & 1 << 60 == 0 {
        mantissa <<= 1;
        exponent -= 1;
    }
    // Round.
    if let Some(precision) = precision.filter(|p| *p < 15) {
        let shift = precision * 4;
        let extra = (mantissa << shift) & ((1 << 60) - 1);
        mantissa >>= 60 - shift;
        if extra | (mantissa & 1) > 1 << 59 {
            mantissa += 1;
        }
        mantissa <<= 60 - shift;
        if mantissa & 1 << 61 != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    // Write the digit before the point, those after it, and the exponent.
    let one = if mantissa & 1 << 60 == 0 { b'0' } else { b'1' };
    out.extend([b'0', format, one]);
    let fraction = mantissa & ((1 << 60) - 1);
    let digits = if format == b'X' { format!("{fraction:015X}") } else { format!("{fraction:015x}") };
    let shown = precision.unwrap_or(digits.trim_end_matches('0').len());
    if shown > 0 {
        out.push(b'.');
        out.extend(digits.bytes().chain(std::iter::repeat(b'0')).take(shown));
    }
    out.push(if format == b'X' { b'P' } else { b'p' });
    append_exponent(out, exponent);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats() {
        for (value, format, precision, text) in [
            (0.0, b'g', None, "0"),
            (-0.0, b'g', None, "-0"),
            (1e6, b'g', None, "1e+06"),
            (123_456.7, b'g', None, "123456.7"),
            (1e-5, b'g', None, "1e-05"),
            (1e-4, b'g', None, "0.0001"),
            (1e20, b'G', None, "1E+20"),
            (100_000.0, b'g', Some(3), "1e+05"),
            (100.0, b'g', Some(0), "1e+02"),
            (1.0, b'g', Some(8), "1"),
            (0.0, b'e', None, "0e+00"),
            (0.0, b'e', Some(2), "0.00e+00"),
            (1234.5, b'e', Some(2), "1.23e+03"),
            (1e100, b'E', None, "1E+100"),
            (2.5, b'f', Some(0), "2"),
            (0.0, b'f', Some(2), "0.00"),
            (1e21, b'f', None, "1000000000000000000000"),
            (1.25e-7, b'f', None, "0.000000125"),
            // Two candidates are equally near.
            (170_643_096_039_136.63, b'g', None, "1.7064309603913662e+14"),
            (1.0, b'b', None, "4503599627370496p-52"),
            (5e-324, b'b', None, "1p-1074"),
            (1e30, b'b', None, "7105427357601002p+47"),
            (0.0, b'x', None, "0x0p+00"),
            (1.0, b'x', None, "0x1p+00"),
            (1.5, b'x', None, "0x1.8p+00"),
            (-1.0, b'x', Some(3), "-0x1.000p+00"),
            (1.0, b'x', Some(17), "0x1.00000000000000000p+00"),
            (1.999, b'x', Some(0), "0x1p+01"),
            (255.75, b'X', None, "0X1.FF8P+07"),
            (5e-324, b'x', None, "0x1p-1074"),
            (f64::INFINITY, b'g', None, "+Inf"),
            (f64::NEG_INFINITY, b'f', Some(2), "-Inf"),
            (f64::NAN, b'e', None, "NaN"),
            (-1.0, b'q', None, "%q"),
        ] {
            assert_eq!(format_float(value, format, precision, BitSize::Bits64), text);
        }
    }

    #[test]
    fn floats_of_32_bits() {
        let text = |format| format_float(f64::from(0.1_f32), format, None, BitSize::Bits32);
        assert_eq!([b'g', b'e', b'f', b'b'].map(text), ["0.1", "1e-01", "0.1", "13421773p-27"]);
    }

    #[test]
    fn precisions_beyond_all_digits_are_filled_with_zeros() {
        let text = format_float(5e-324, b'f', Some(2000), BitSize::Bits64);
        assert_eq!(text.len(), 2002);
        assert_eq!(text.trim_end_matches('0').len(), 2 + 1074);
    }
}
