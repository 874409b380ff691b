//! The parts of Go's standard library that decide how text is read and written, with Go's results.
//!
//! Kubernetes and Istio are written in Go, and print and accept many texts exactly as Go's library does.
//! Each module is named after a Go package, and each function after the Go function it equals, in snake case:
//!
//! | module | Go package | what it has |
//! |---|---|---|
//! | [`strconv`] | `strconv` | integers, floats, booleans, quoted strings |
//! | [`time`] | `time` | durations |
//! | [`json`] | `encoding/json` | JSON text of strings, floats and [`serde_json::Value`]s |
//! | [`utf8`] | `unicode/utf8` | runes in bytes that may not be UTF-8 |
//! | [`unicode`] | `unicode` | classes and cases of runes |
//!
//! The results are those of Go 1.26. Integers and floats have 64 bits; only floats can also be written with the
//! precision of 32. Go's strings may hold any bytes, so functions that read text take anything that is a slice of bytes.
//!
//! ```
//! use gostd::{json, strconv, time};
//!
//! assert_eq!(strconv::parse_int("0x_1F", 0), Ok(31));
//! assert_eq!(strconv::format_float(1e6, b'g', None, strconv::BitSize::Bits64), "1e+06");
//! assert_eq!(time::parse_duration("1.5h")?.to_string(), "1h30m0s");
//! assert_eq!(json::marshal(&serde_json::json!({"a": "<b>"})), r#"{"a":"\u003cb\u003e"}"#);
//!
//! let text = "300ly";
//! let error = strconv::parse_int(text, 10).unwrap_err();
//! assert_eq!(error.message("ParseInt", text), r#"strconv.ParseInt: parsing "300ly": invalid syntax"#);
//! # Ok::<(), time::DurationError>(())
//! ```

pub mod json;
pub mod strconv;
pub mod time;
pub mod unicode;
pub mod utf8;
