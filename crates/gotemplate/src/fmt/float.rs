//! Floating-point numbers as Go's strconv writes them.

/// More digits than any float has behind its point; what is asked for beyond is zeros.
const MOST_DIGITS: usize = 1_100;

/// The steps of writing so many places, and what is before them: long numbers take a time for each of their digits.
pub(super) fn steps(value: f64, places: usize) -> u64 {
    let before = if value.abs() < 1e20 { 0 } else { f64::MAX_10_EXP.unsigned_abs() as usize };
    ((places.min(MOST_DIGITS) + before) / 4) as u64
}

/// Appends a float: `verb` is one of `b e E f g G x X`; without a precision, as few digits as tell it apart.
pub(in super::super) fn append(out: &mut Vec<u8>, value: f64, verb: u8, precision: Option<usize>, single: bool) {
    if value.is_nan() {
        out.extend_from_slice(b"NaN");
        return;
    }
    if value.is_infinite() {
        out.extend_from_slice(if value > 0.0 { b"+Inf" } else { b"-Inf" });
        return;
    }
    if value.is_sign_negative() {
        out.push(b'-');
    }
    let value = value.abs();
    match verb {
        b'b' => binary(out, value, single),
        b'x' | b'X' => hexadecimal(out, value, verb, precision),
        b'f' => fixed(out, value, precision, single),
        b'e' | b'E' => {
            let digits = match precision {
                Some(precision) => Digits::rounded(value, precision + 1),
                None => Digits::shortest(value, single),
            };
            let shown = precision.unwrap_or(digits.digits.len().saturating_sub(1));
            scientific(out, &digits, shown, verb);
        }
        _ => general(out, value, verb, precision, single),
    }
}

/// Decimal digits without trailing zeros, the first before the point of `exponent`.
struct Digits {
    digits: Vec<u8>,
    /// The power of ten of the first digit.
    exponent: i32,
}

impl Digits {
    /// As few digits as tell it apart. Of two that are equally near, Go takes the even one; the standard library does not.
    fn shortest(value: f64, single: bool) -> Self {
        let mut buffer = zmij::Buffer::new();
        #[expect(clippy::cast_possible_truncation, reason = "it was a float32")]
        let text = if single { buffer.format_finite(value as f32) } else { buffer.format_finite(value) };
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let point = mantissa.find('.').unwrap_or(mantissa.len());
        let digits = || mantissa.bytes().filter(u8::is_ascii_digit);
        let zeros = digits().take_while(|digit| *digit == b'0').count();
        let first = i32::try_from(point).unwrap_or(0) - i32::try_from(zeros).unwrap_or(0) - 1;
        let mut digits: Vec<u8> = digits().skip(zeros).collect();
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        Self { digits, exponent: exponent.parse::<i32>().unwrap_or(0) + first }
    }

    fn rounded(value: f64, count: usize) -> Self {
        Self::read(&format!("{value:.*e}", count.saturating_sub(1).min(MOST_DIGITS)))
    }

    /// Takes `1.25e-7` apart.
    fn read(text: &str) -> Self {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let mut digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        Self { digits, exponent: exponent.parse().unwrap_or(0) }
    }

    /// How many digits stand before the point.
    fn point(&self) -> i32 {
        if self.digits.is_empty() { 0 } else { self.exponent + 1 }
    }
}

fn general(out: &mut Vec<u8>, value: f64, verb: u8, precision: Option<usize>, single: bool) {
    let digits = match precision {
        Some(precision) => Digits::rounded(value, precision.max(1)),
        None => Digits::shortest(value, single),
    };
    let count = digits.digits.len();
    let (mut wanted, threshold) = match precision {
        None => (count, 6),
        Some(precision) => {
            let precision = precision.max(1);
            // Digits that are not there do not keep a number from the short form.
            let enough = precision > count && i32::try_from(count).is_ok_and(|count| count >= digits.point());
            (precision, if enough { count } else { precision })
        }
    };
    let exponent = digits.point() - 1;
    if exponent < -4 || usize::try_from(exponent).is_ok_and(|exponent| exponent >= threshold) {
        wanted = wanted.min(count);
        scientific(out, &digits, wanted.saturating_sub(1), verb + b'e' - b'g');
        return;
    }
    let places = i32::try_from(count).unwrap_or(i32::MAX) - digits.point();
    plain(out, &digits, usize::try_from(places).unwrap_or(0));
}

/// `1.25e-07` with `places` digits behind the point.
fn scientific(out: &mut Vec<u8>, digits: &Digits, places: usize, e: u8) {
    out.push(digits.digits.first().copied().unwrap_or(b'0'));
    if places > 0 {
        out.push(b'.');
        let there = digits.digits.get(1..).unwrap_or(&[]);
        out.extend(there.iter().copied().chain(std::iter::repeat(b'0')).take(places));
    }
    out.push(e);
    let exponent = if digits.digits.is_empty() { 0 } else { digits.exponent };
    push_exponent(out, exponent);
}

/// A sign and at least two digits.
fn push_exponent(out: &mut Vec<u8>, exponent: i32) {
    out.push(if exponent < 0 { b'-' } else { b'+' });
    out.extend_from_slice(format!("{:02}", exponent.unsigned_abs()).as_bytes());
}

/// `0.00125` with `places` digits behind the point.
fn plain(out: &mut Vec<u8>, digits: &Digits, places: usize) {
    let point = digits.point();
    let mut left = digits.digits.iter().copied().chain(std::iter::repeat(b'0'));
    if point > 0 {
        out.extend(left.by_ref().take(usize::try_from(point).unwrap_or(0)));
    } else {
        out.push(b'0');
    }
    if places > 0 {
        out.push(b'.');
        let zeros = usize::try_from(-point).unwrap_or(0);
        out.extend(std::iter::repeat_n(b'0', zeros).chain(left).take(places));
    }
}

fn fixed(out: &mut Vec<u8>, value: f64, precision: Option<usize>, single: bool) {
    match precision {
        None => {
            let digits = Digits::shortest(value, single);
            let places = i32::try_from(digits.digits.len()).unwrap_or(i32::MAX) - digits.point();
            plain(out, &digits, usize::try_from(places).unwrap_or(0));
        }
        Some(precision) => {
            let exact = precision.min(MOST_DIGITS);
            out.extend_from_slice(format!("{value:.exact$}").as_bytes());
            out.extend(std::iter::repeat_n(b'0', precision - exact));
        }
    }
}

/// The mantissa as an integer, and the power of two: `4503599627370496p-52`.
fn binary(out: &mut Vec<u8>, value: f64, single: bool) {
    let (mantissa, exponent) = if single {
        #[expect(clippy::cast_possible_truncation, reason = "it was a float32")]
        let bits = (value as f32).to_bits();
        let exponent = i64::from(bits >> 23);
        let fraction = u64::from(bits & 0x7f_ffff);
        if exponent == 0 { (fraction, 1 - 150) } else { (fraction | 1 << 23, exponent - 150) }
    } else {
        let bits = value.to_bits();
        let exponent = i64::try_from(bits >> 52).unwrap_or(0);
        let fraction = bits & ((1 << 52) - 1);
        if exponent == 0 { (fraction, 1 - 1075) } else { (fraction | 1 << 52, exponent - 1075) }
    };
    let sign = if exponent >= 0 { "+" } else { "" };
    out.extend_from_slice(format!("{mantissa}p{sign}{exponent}").as_bytes());
}

/// `0x1.8p+01`
fn hexadecimal(out: &mut Vec<u8>, value: f64, verb: u8, precision: Option<usize>) {
    let bits = value.to_bits();
    let mut exponent = i32::try_from(bits >> 52).unwrap_or(0);
    let mut mantissa = bits & ((1 << 52) - 1);
    if exponent == 0 {
        exponent = 1;
    } else {
        mantissa |= 1 << 52;
    }
    exponent -= 1023;
    if mantissa == 0 {
        exponent = 0;
    }
    // The leading one goes to bit 60, so that the digits behind the point are whole.
    mantissa <<= 8;
    while mantissa != 0 && mantissa & 1 << 60 == 0 {
        mantissa <<= 1;
        exponent -= 1;
    }
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
    let digits: &[u8; 16] = if verb == b'X' { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
    out.extend_from_slice(&[b'0', verb, b'0' + u8::try_from(mantissa >> 60 & 1).unwrap_or(0)]);
    mantissa <<= 4;
    let mut digit = || {
        let digit = digits.get(usize::try_from(mantissa >> 60).unwrap_or(0)).copied().unwrap_or(b'0');
        mantissa <<= 4;
        (digit, mantissa != 0)
    };
    match precision {
        None => {
            let mut more = true;
            let mut all = Vec::new();
            while more {
                let (next, left) = digit();
                all.push(next);
                more = left;
            }
            if all != [b'0'] {
                out.push(b'.');
                out.extend(all);
            }
        }
        Some(0) => {}
        Some(precision) => {
            out.push(b'.');
            for _ in 0..precision {
                out.push(digit().0);
            }
        }
    }
    out.push(if verb == b'X' { b'P' } else { b'p' });
    push_exponent(out, exponent);
}

#[cfg(test)]
mod tests {
    fn text(value: f64, verb: u8, precision: Option<usize>) -> String {
        let mut out = Vec::new();
        super::append(&mut out, value, verb, precision, false);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn as_go_writes_them() {
        assert_eq!(text(0.0, b'g', None), "0");
        assert_eq!(text(-0.0, b'g', None), "-0");
        assert_eq!(text(1e6, b'g', None), "1e+06");
        assert_eq!(text(123_456.7, b'g', None), "123456.7");
        assert_eq!(text(1e-5, b'g', None), "1e-05");
        assert_eq!(text(100_000.0, b'g', Some(3)), "1e+05");
        assert_eq!(text(2.5, b'f', Some(0)), "2");
        assert_eq!(text(1234.5, b'e', Some(2)), "1.23e+03");
        assert_eq!(text(1.5, b'x', None), "0x1.8p+00");
        assert_eq!(text(1.0, b'b', None), "4503599627370496p-52");
        assert_eq!(text(1.0, b'x', Some(3)), "0x1.000p+00");
    }
}
