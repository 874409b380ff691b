//! URLs of the pod's own proxy in a text.

use std::collections::BTreeMap;
use std::ops::Range;

/// Variables whose values are known.
pub(crate) type Variables = BTreeMap<String, String>;

/// A URL, or a path alone, that may be one of the pod's own proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) range: Range<usize>,
    pub(super) port: Port,
    /// Whether there is a path only.
    pub(super) is_bare: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Port {
    /// There is none, or it is a variable that is not known.
    Unknown,
    Number(u16),
}

impl Port {
    fn parse(number: &str) -> Option<Self> {
        number.parse().ok().map(Self::Number)
    }
}

/// Finds `path` on the local host, on a host or port in a variable, or without a host.
pub(super) fn find(text: &str, path: &str, variables: &Variables) -> Vec<Endpoint> {
    let found = text.match_indices(path).filter_map(|(at, _)| {
        let end = at + path.len();
        let continues = text.as_bytes().get(end).is_some_and(|byte| is_path_byte(*byte));
        let start = authority_start(text, at);
        let authority = text.get(start..at)?;
        let before = text.get(..start)?;
        let is_longer_path = before.ends_with('/') && (authority.is_empty() || !before.ends_with("//"));
        if continues || is_longer_path {
            return None;
        }
        let port = own_port(authority, variables, 0)?;
        Some(Endpoint { range: start..end, port, is_bare: authority.is_empty() })
    });
    found.collect()
}

fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/')
}

/// Where the host and port in front of a path begin.
fn authority_start(text: &str, end: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = end;
    while let Some(before) = at.checked_sub(1) {
        match bytes.get(before) {
            Some(close @ (b')' | b'}' | b']')) => {
                let Some(open) = opening(bytes, before, *close) else { break };
                let is_variable = open > 0 && bytes.get(open - 1) == Some(&b'$');
                if *close == b')' && !is_variable {
                    break;
                }
                at = open;
            }
            Some(byte) if byte.is_ascii_alphanumeric() || b"._-:$%@".contains(byte) => at = before,
            _ => break,
        }
    }
    at
}

/// The bracket that belongs to the one at `close`, on the same line and not far away.
fn opening(bytes: &[u8], close: usize, bracket: u8) -> Option<usize> {
    const MAX_LENGTH: usize = 200;
    let open = match bracket {
        b')' => b'(',
        b'}' => b'{',
        _ => b'[',
    };
    let mut depth = 0_usize;
    for at in (close.saturating_sub(MAX_LENGTH)..=close).rev() {
        match bytes.get(at) {
            Some(b'\n') | None => return None,
            Some(byte) if *byte == bracket => depth += 1,
            Some(byte) if *byte == open => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// The port of a host that may be the pod's own; `None` for other hosts.
fn own_port(authority: &str, variables: &Variables, depth: usize) -> Option<Port> {
    const MAX_DEPTH: usize = 4;
    if depth > MAX_DEPTH {
        return Some(Port::Unknown);
    }
    if let Some(variable) = Variable::leading(authority) {
        let value = variables.get(variable.name).map(String::as_str).or(variable.default);
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            let base = value.split_once("://").map_or(value, |(_, rest)| rest).trim_end_matches('/');
            return own_port(&[base, variable.rest].concat(), variables, depth + 1);
        }
    }
    let (host, port) = split_port(authority);
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let is_variable = |text: &str| text.contains(['$', '{', '%']);
    if !(host.is_empty()
        || host.eq_ignore_ascii_case("localhost")
        || matches!(host, "127.0.0.1" | "[::1]")
        || is_variable(host))
    {
        // `url:localhost` in other languages.
        let (_, host) = host.rsplit_once(':')?;
        let port = port.map_or_else(String::new, |port| format!(":{port}"));
        return own_port(&[host, &port].concat(), variables, depth + 1);
    }
    if let Some(value) = port.and_then(Variable::leading).and_then(|variable| variables.get(variable.name)) {
        return Some(Port::parse(value).unwrap_or(Port::Unknown));
    }
    match port {
        Some(port) if !is_variable(port) => Port::parse(port),
        _ => Some(Port::Unknown),
    }
}

/// Splits at the last colon outside of brackets.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    let mut depth = 0_usize;
    for (at, byte) in authority.bytes().enumerate().rev() {
        match byte {
            b')' | b'}' | b']' => depth += 1,
            b'(' | b'{' | b'[' => depth = depth.saturating_sub(1),
            b':' if depth == 0 => return (authority.get(..at).unwrap_or_default(), authority.get(at + 1..)),
            _ => {}
        }
    }
    (authority, None)
}

/// `$NAME`, `${NAME}`, `${NAME:-default}` or `$(NAME)` at the beginning of a text.
struct Variable<'t> {
    name: &'t str,
    default: Option<&'t str>,
    rest: &'t str,
}

impl<'t> Variable<'t> {
    fn leading(text: &'t str) -> Option<Self> {
        let after = text.strip_prefix('$')?;
        let name_end = |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        let close = match after.as_bytes().first()? {
            b'{' => '}',
            b'(' => ')',
            _ => {
                let (name, rest) = after.split_at_checked(name_end(after))?;
                return Some(Self { name, default: None, rest });
            }
        };
        let (inside, rest) = after.get(1..)?.split_once(close)?;
        let (name, modifier) = inside.split_at_checked(name_end(inside))?;
        let default = [":-", "-", ":=", "="].iter().find_map(|operator| modifier.strip_prefix(operator));
        Some(Self { name, default, rest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ports of the endpoints in a text; 0 for those that are not known.
    fn ports(text: &str) -> Vec<u16> {
        let variables = [("BASE", "http://localhost:9091/"), ("HOST", "localhost"), ("PORT", "15000")];
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let found = find(text, "/quitquitquit", &variables).into_iter();
        found.map(|endpoint| if let Port::Number(number) = endpoint.port { number } else { 0 }).collect()
    }

    #[test]
    fn hosts_of_the_own_pod_are_found() {
        assert_eq!(ports("http://127.0.0.1:15020/quitquitquit"), [15020]);
        assert_eq!(ports("curl \"localhost:15000/quitquitquit\""), [15000]);
        assert_eq!(ports("http://[::1]:15020/quitquitquit?x"), [15020]);
        assert_eq!(ports("http://LocalHost/quitquitquit"), [0]);
        assert_eq!(ports("POST /quitquitquit HTTP/1.1"), [0]);
        assert_eq!(ports("http POST :15020/quitquitquit"), [15020]);
        assert_eq!(ports("--url=localhost:15020/quitquitquit"), [15020]);
        assert_eq!(ports("{url:localhost:15020/quitquitquit}"), [15020]);
    }

    #[test]
    fn variables_are_hosts_and_ports() {
        assert_eq!(ports("http://$POD_IP:15020/quitquitquit"), [15020]);
        assert_eq!(ports("${ISTIO_QUIT_API}/quitquitquit $(API)/quitquitquit"), [0, 0]);
        assert_eq!(ports("http://localhost:${QUIT_PORT}/quitquitquit"), [0]);
        assert_eq!(ports("http://$HOST:$PORT/quitquitquit"), [15000]);
        assert_eq!(ports("$BASE/quitquitquit ${BASE}/quitquitquit"), [9091, 9091]);
        assert_eq!(ports("${API:-http://localhost:9091}/quitquitquit"), [9091]);
        assert_eq!(ports("f'http://{host}:15020/quitquitquit'"), [15020]);
    }

    #[test]
    fn other_hosts_and_paths_are_not() {
        assert!(ports("http://proxy.example.com:15020/quitquitquit").is_empty());
        assert!(ports("http://localhost:15020/admin/quitquitquit").is_empty());
        assert!(ports("/usr/bin/quitquitquit ./quitquitquit --quitquitquit").is_empty());
        assert!(ports("localhost:15020/quitquitquit2 localhost:15020/quitquitquit/x").is_empty());
        assert!(ports("${API:-http://proxy:15020}/quitquitquit").is_empty());
    }
}
