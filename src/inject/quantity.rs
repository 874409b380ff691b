//! Kubernetes quantities, as far as an annotation's text must be one.

/// Decimal and binary units.
const UNITS: [&str; 16] = ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/// Is the text a quantity: a decimal number with a unit or an exponent (`resource.ParseQuantity`)?
pub(super) fn is_quantity(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let Some((number, suffix)) = unsigned.split_at_checked(end) else { return false };
    let mut parts = number.splitn(2, '.');
    let (whole, fraction) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return false;
    }
    let is_exponent = || {
        suffix.strip_prefix(['e', 'E']).is_some_and(|exponent| {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) && exponent.parse::<i32>().is_ok()
        })
    };
    UNITS.contains(&suffix) || is_exponent()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_units_and_exponents_are_quantities() {
        for text in ["0", "100m", "1.5Gi", ".5", "5.", "-1", "1e3", "1E", "2E-3", "1000000Ki"] {
            assert!(is_quantity(text), "{text}");
        }
        for text in ["", ".", "m", "1.2.3", "1 Gi", "1gi", "1e", "1KiB", "0x1", "1\n"] {
            assert!(!is_quantity(text), "{text}");
        }
    }
}
