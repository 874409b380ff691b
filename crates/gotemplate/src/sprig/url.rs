//! URLs as Go's net/url parses and writes them.
//!
//! The crate `url` implements the WHATWG standard, which has other results: it refuses relative references
//! (`gt.sprig.url.006`), keeps the escapes of paths (`gt.sprig.url.017`), cannot join parts that are not a URL
//! (`gt.sprig.url.012`), and has its own errors (`gt.sprig.url.008`).

use gostd::strconv::quote;

use std::net::Ipv6Addr;

use super::super::error::{FunctionError, FunctionResult};
use super::super::functions::Functions;
use super::super::value::{Kind, Map, Str, Value};

pub(super) fn add(functions: &mut Functions) {
    functions.add("urlParse", |text: Str| -> FunctionResult<Map> {
        let url = Url::parse(&text).map_err(|why| FunctionError::new(format!("unable to parse url: {why}")))?;
        Ok(url.map())
    });
    functions.add("urlJoin", |map: Map| -> FunctionResult<Str> { Ok(Url::of(&map)?.text().into()) });
}

/// A part of a URL, which determines what is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    Host,
    Zone,
    UserOrPassword,
    Fragment,
}

#[derive(Debug, Default)]
struct Url {
    scheme: Vec<u8>,
    opaque: Vec<u8>,
    /// User and password, escaped
    user: Option<Vec<u8>>,
    host: Vec<u8>,
    path: Vec<u8>,
    query: Vec<u8>,
    fragment: Vec<u8>,
}

impl Url {
    fn parse(text: &[u8]) -> Result<Self, String> {
        let (before, fragment) = cut(text, b'#');
        let wrong = |text: &[u8], why: String| format!("parse {}: {why}", quote(text));
        let mut url = Self::parse_without_fragment(before).map_err(|why| wrong(before, why))?;
        url.fragment = unescaped(fragment.unwrap_or(&[]), Part::Fragment).map_err(|why| wrong(text, why))?;
        Ok(url)
    }

    fn parse_without_fragment(text: &[u8]) -> Result<Self, String> {
        if text.iter().any(u8::is_ascii_control) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        let mut url = Self::default();
        if text == b"*" {
            url.path = text.to_vec();
            return Ok(url);
        }
        let (scheme, rest) = scheme(text)?;
        url.scheme = scheme.to_ascii_lowercase();
        let (mut rest, query) = cut(rest, b'?');
        url.query = query.unwrap_or(&[]).to_vec();
        if !rest.starts_with(b"/") {
            if !url.scheme.is_empty() {
                url.opaque = rest.to_vec();
                return Ok(url);
            }
            if cut(rest, b'/').0.contains(&b':') {
                return Err("first path segment in URL cannot contain colon".to_owned());
            }
        }
        if let Some(authority) = rest.strip_prefix(b"//")
            && (!url.scheme.is_empty() || !rest.starts_with(b"///"))
        {
            let end = authority.iter().position(|byte| *byte == b'/').unwrap_or(authority.len());
            let (authority, path) = authority.split_at(end);
            url.authority(authority)?;
            rest = path;
        }
        url.path = unescaped(rest, Part::Path)?;
        Ok(url)
    }

    fn authority(&mut self, text: &[u8]) -> Result<(), String> {
        let at = text.iter().rposition(|byte| *byte == b'@');
        let host = at.map_or(text, |at| text.get(at + 1..).unwrap_or(&[]));
        self.host = parse_host(&self.scheme, host)?;
        let Some(user) = at.and_then(|at| text.get(..at)) else { return Ok(()) };
        if !user.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte)) {
            return Err("net/url: invalid userinfo".to_owned());
        }
        let (name, password) = cut(user, b':');
        let mut written = escaped(&unescaped(name, Part::UserOrPassword)?, Part::UserOrPassword);
        if let Some(password) = password {
            written.push(b':');
            written.extend(escaped(&unescaped(password, Part::UserOrPassword)?, Part::UserOrPassword));
        }
        self.user = Some(written);
        Ok(())
    }

    fn host_name(&self) -> &[u8] {
        let mut name = self.host.as_slice();
        if let Some(colon) = name.iter().rposition(|byte| *byte == b':') {
            let (before, port) = name.split_at(colon);
            if is_port(port) {
                name = before;
            }
        }
        name.strip_prefix(b"[").and_then(|name| name.strip_suffix(b"]")).unwrap_or(name)
    }

    /// The dict of `urlParse`.
    fn map(&self) -> Map {
        let entries: [(&str, &[u8]); 8] = [
            ("scheme", &self.scheme),
            ("host", &self.host),
            ("hostname", self.host_name()),
            ("path", &self.path),
            ("query", &self.query),
            ("opaque", &self.opaque),
            ("fragment", &self.fragment),
            ("userinfo", self.user.as_deref().unwrap_or(&[])),
        ];
        Map::of_any(entries.map(|(key, value)| (Str::from(key), Value::string(value))))
    }

    /// The URL of a dict, for `urlJoin`.
    fn of(map: &Map) -> FunctionResult<Self> {
        let text = |key: &str| -> FunctionResult<Vec<u8>> {
            let Some(value) = map.get(key.as_bytes()) else { return Ok(Vec::new()) };
            match (value.as_string(), value.kind()) {
                (Some(text), _) => Ok(text.to_vec()),
                (None, Kind::Invalid) => Err("runtime error: invalid memory address or nil pointer dereference".into()),
                (None, kind) => {
                    Err(format!("unable to parse {key} key, must be of type string, but {kind} found").into())
                }
            }
        };
        let mut url = Self {
            scheme: text("scheme")?,
            host: text("host")?,
            path: text("path")?,
            query: text("query")?,
            opaque: text("opaque")?,
            fragment: text("fragment")?,
            user: None,
        };
        let user = text("userinfo")?;
        if !user.is_empty() {
            let whole = [b"proto://".as_slice(), &user, b"@host"].concat();
            let parsed = Self::parse(&whole);
            url.user =
                parsed.map_err(|why| FunctionError::new(format!("unable to parse userinfo in dict: {why}")))?.user;
        }
        Ok(url)
    }

    fn text(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.scheme.is_empty() {
            out.extend_from_slice(&self.scheme);
            out.push(b':');
        }
        if self.opaque.is_empty() {
            let has_host = !self.host.is_empty() || self.user.is_some();
            if has_host || !self.scheme.is_empty() && !self.path.is_empty() {
                out.extend_from_slice(b"//");
            }
            if let Some(user) = &self.user {
                out.extend_from_slice(user);
                out.push(b'@');
            }
            out.extend(escaped(&self.host, Part::Host));
            let path = if self.path == b"*" { self.path.clone() } else { escaped(&self.path, Part::Path) };
            if !path.is_empty() && !path.starts_with(b"/") && !self.host.is_empty() {
                out.push(b'/');
            }
            if out.is_empty() && cut(&path, b'/').0.contains(&b':') {
                out.extend_from_slice(b"./");
            }
            out.extend(path);
        } else {
            out.extend_from_slice(&self.opaque);
        }
        if !self.query.is_empty() {
            out.push(b'?');
            out.extend_from_slice(&self.query);
        }
        if !self.fragment.is_empty() {
            out.push(b'#');
            out.extend(escaped(&self.fragment, Part::Fragment));
        }
        out
    }
}

/// Splits at the first such byte.
fn cut(text: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|byte| *byte == at) {
        Some(found) => (text.get(..found).unwrap_or(text), text.get(found + 1..)),
        None => (text, None),
    }
}

fn scheme(text: &[u8]) -> Result<(&[u8], &[u8]), String> {
    let is_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let len = text.iter().take_while(|byte| is_scheme(byte)).count();
    if text.get(len) != Some(&b':') || len > 0 && !text.first().is_some_and(u8::is_ascii_alphabetic) {
        return Ok((&[], text));
    }
    if len == 0 {
        return Err("missing protocol scheme".to_owned());
    }
    let (scheme, rest) = text.split_at(len);
    Ok((scheme, rest.get(1..).unwrap_or(&[])))
}

/// Whether a text is empty or a colon and digits.
fn is_port(text: &[u8]) -> bool {
    match text {
        [] => true,
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

fn parse_host(scheme: &[u8], host: &[u8]) -> Result<Vec<u8>, String> {
    let bad_port = |port: &[u8]| format!("invalid port {} after host", quote(port));
    match host.iter().rposition(|byte| *byte == b'[') {
        Some(0) => return parse_literal(host, bad_port),
        Some(_) => return Err("invalid IP-literal".to_owned()),
        None => {}
    }
    let first = host.iter().position(|byte| *byte == b':');
    let last = host.iter().rposition(|byte| *byte == b':');
    let at = if matches!(scheme, b"http" | b"https") { first } else { last };
    if let Some(port) = at.and_then(|at| host.get(at..)).filter(|port| !is_port(port)) {
        return Err(bad_port(port));
    }
    unescaped(host, Part::Host)
}

/// An IPv6 address in brackets.
fn parse_literal(host: &[u8], bad_port: impl Fn(&[u8]) -> String) -> Result<Vec<u8>, String> {
    let end = host.iter().rposition(|byte| *byte == b']').ok_or("missing ']' in host")?;
    let (name, port) = (host.get(1..end).unwrap_or(&[]), host.get(end + 1..).unwrap_or(&[]));
    if !is_port(port) {
        return Err(bad_port(port));
    }
    let zone = name.windows(3).position(|three| three == b"%25").unwrap_or(name.len());
    let (address, zone) = name.split_at(zone);
    let mut plain = unescaped(address, Part::Host)?;
    let is_v6 = std::str::from_utf8(&plain).is_ok_and(|address| address.parse::<Ipv6Addr>().is_ok());
    plain.extend(unescaped(zone, Part::Zone)?);
    if !is_v6 || zone == b"%25" {
        let text = quote(&plain);
        return Err(format!("invalid host: ParseAddr({text}): unable to parse IP"));
    }
    Ok([b"[".as_slice(), &plain, b"]", port].concat())
}

/// Whether a byte is escaped in this part.
fn is_escaped(byte: u8, part: Part) -> bool {
    let host = matches!(part, Part::Host | Part::Zone);
    match byte {
        b'-' | b'_' | b'.' | b'~' => false,
        byte if byte.is_ascii_alphanumeric() => false,
        b'!' | b'\'' | b'(' | b')' | b'*' if part == Part::Fragment && byte != b'\'' => false,
        b'!' | b'\'' | b'(' | b')' | b'*' | b'[' | b']' | b'<' | b'>' | b'"' => !host,
        b'$' | b'&' | b'+' | b',' | b';' | b'=' => false,
        b':' => part == Part::UserOrPassword,
        b'/' | b'@' => host || part == Part::UserOrPassword,
        b'?' => part != Part::Fragment,
        _ => true,
    }
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

fn escaped(text: &[u8], part: Part) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        if is_escaped(*byte, part) {
            let digit = |value: u8| HEX.get(usize::from(value)).copied().unwrap_or(b'0');
            out.extend([b'%', digit(byte >> 4), digit(byte & 15)]);
        } else {
            out.push(*byte);
        }
    }
    out
}

fn unescaped(text: &[u8], part: Part) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let host = matches!(part, Part::Host | Part::Zone);
    let mut at = 0;
    // Go reports the first error.
    while let Some(byte) = text.get(at) {
        if *byte != b'%' {
            if host && byte.is_ascii() && is_escaped(*byte, part) {
                return Err(format!("invalid character {} in host name", quote([*byte])));
            }
            out.push(*byte);
            at += 1;
            continue;
        }
        let rest = text.get(at..).unwrap_or(&[]);
        let three = rest.get(..3).unwrap_or(rest);
        let wrong = || format!("invalid URL escape {}", quote(three));
        let digit = |at: usize| three.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(1), digit(2)) else { return Err(wrong()) };
        let value = u8::try_from(high << 4 | low).unwrap_or(0);
        let refused = match part {
            Part::Host => high < 8 && three != b"%25",
            Part::Zone => three != b"%25" && value != b' ' && is_escaped(value, Part::Host),
            _ => false,
        };
        if refused {
            return Err(wrong());
        }
        out.push(value);
        at += 3;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(text: &str) -> Result<String, String> {
        let url = Url::parse(text.as_bytes())?;
        Ok(String::from_utf8(Url::of(&url.map()).unwrap().text()).unwrap())
    }

    #[test]
    fn apart_and_together() {
        for url in
            ["https://u:p%40@h:8443/p/a?q=1&r=2#frag", "mailto:a@b", "/relative?x", "http://[::1%25en0]:80/", "//h/p"]
        {
            assert_eq!(again(url), Ok(url.to_owned()), "{url}");
        }
    }

    #[test]
    fn faults() {
        for (url, why) in [
            ("http://a b", "parse \"http://a b\": invalid character \" \" in host name"),
            (":x", "parse \":x\": missing protocol scheme"),
            ("http://h:x", "parse \"http://h:x\": invalid port \":x\" after host"),
            ("/%zz", "parse \"/%zz\": invalid URL escape \"%zz\""),
        ] {
            assert_eq!(again(url).unwrap_err(), why);
        }
    }
}
