//! Validates a `ProxyConfig`, as istiod does after reading it (pkg/config/validation, 1.30).

use std::net::IpAddr;

use gostd::time::{Duration, SECOND, parse_duration};
use serde_json::{Map, Value};

use super::read::ProxyConfigError;
use crate::istio::value::at;

/// Validates a whole configuration: the defaults with a user's fields applied, zeros included.
pub(super) fn check(fields: &Map<String, Value>) -> Vec<ProxyConfigError> {
    let config = Checked { fields, errors: Vec::new() };
    config.run()
}

struct Checked<'a> {
    fields: &'a Map<String, Value>,
    errors: Vec<ProxyConfigError>,
}

impl Checked<'_> {
    fn run(mut self) -> Vec<ProxyConfigError> {
        for name in ["configPath", "binaryPath"] {
            if self.text(&[name]).is_none_or(str::is_empty) {
                self.push(name, "must not be empty");
            }
        }
        if self.text(&["serviceCluster"]).is_some_and(str::is_empty) {
            self.push("serviceCluster", "must not be empty");
        }
        self.drain_duration();
        for name in ["discoveryAddress", "statsdUdpAddress", "envoyMetricsServiceAddress"] {
            self.address(&[name], name == "discoveryAddress");
        }
        for service in ["envoyMetricsService", "envoyAccessLogService"] {
            self.address(&[service, "address"], false);
        }
        for name in ["proxyAdminPort", "statusPort"] {
            let port = self.fields.get(name).and_then(Value::as_i64).unwrap_or_default();
            if !(1..=65535).contains(&port) {
                self.push(name, format!("must be a port from 1 to 65535, found {port}"));
            }
        }
        if self.fields.get("controlPlaneAuthPolicy").is_some_and(Value::is_number) {
            self.push("controlPlaneAuthPolicy", "must be NONE or MUTUAL_TLS");
        }
        self.tracing();
        for provider in ["cryptomb", "qat"] {
            let path = ["privateKeyProvider", provider];
            let delay = self.text(&[&path[..], &["pollDelay"]].concat()).and_then(|text| parse_duration(text).ok());
            if self.value(&path).is_some() && delay.unwrap_or_default() == Duration(0) {
                self.push(&format!("{}.pollDelay", path.join(".")), "must not be zero");
            }
        }
        self.errors
    }

    fn drain_duration(&mut self) {
        match self.text(&["drainDuration"]).map(parse_duration) {
            Some(Ok(drain)) if drain.0 >= SECOND && drain.0 % SECOND == 0 => {}
            _ => self.push("drainDuration", "must be whole seconds, at least one"),
        }
    }

    fn tracing(&mut self) {
        for tracer in ["zipkin", "lightstep", "datadog"] {
            if self.value(&["tracing", tracer]).is_none() {
                continue;
            }
            self.address(&["tracing", tracer, "address"], true);
            if tracer == "lightstep" && self.text(&["tracing", tracer, "accessToken"]).is_none_or(str::is_empty) {
                self.push("tracing.lightstep.accessToken", "must not be empty");
            }
        }
        let needs_files = self.text(&["tracing", "tlsSettings", "mode"]) == Some("MUTUAL");
        for file in ["clientCertificate", "privateKey"] {
            let path = ["tracing", "tlsSettings", file];
            if needs_files && self.text(&path).is_none_or(str::is_empty) {
                self.push(&path.join("."), "must not be empty with mode MUTUAL");
            }
        }
        let tags = self.value(&["tracing", "customTags"]).and_then(Value::as_object);
        // A tag is a literal, an environment variable or a header, each with one required text.
        let is_whole = |tag: &Value| {
            [("literal", "value"), ("environment", "name"), ("header", "name")].iter().any(|(kind, field)| {
                at(tag, &[kind, field]).and_then(Value::as_str).is_some_and(|text| !text.is_empty())
            })
        };
        let wrong = tags.into_iter().flatten().filter(|(_, tag)| !is_whole(tag));
        let wrong: Vec<String> = wrong.map(|(name, _)| format!("tracing.customTags.{name}")).collect();
        for path in wrong {
            self.push(&path, "must set literal.value, environment.name or header.name");
        }
    }

    fn value(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        at(self.fields.get(*first)?, rest)
    }

    fn text(&self, path: &[&str]) -> Option<&str> {
        self.value(path).and_then(Value::as_str)
    }

    fn push(&mut self, path: &str, problem: impl Into<String>) {
        self.errors.push(ProxyConfigError::new(path, problem));
    }

    /// An address must be `host:port`; a field that is not required may also be empty.
    fn address(&mut self, path: &[&str], required: bool) {
        // The proxy replaces this variable in addresses of agents on the node.
        let address = self.text(path).unwrap_or_default().replace("$(HOST_IP)", "127.0.0.1");
        if (!address.is_empty() || required) && !is_address(&address) {
            self.push(&path.join("."), "must be host:port");
        }
    }
}

/// Whether it is `host:port`, with a domain name or IP address as the host, and a port from 1 to 65535.
fn is_address(address: &str) -> bool {
    let Some((host, port)) = address.rsplit_once(':') else { return false };
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    if bracketed.is_none() && host.contains(':') {
        return false;
    }
    let host = bracketed.unwrap_or(host);
    let port_is_right = port.parse::<u16>().is_ok_and(|port| port > 0);
    port_is_right && (is_domain_name(host) || host.parse::<IpAddr>().is_ok())
}

fn is_domain_name(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let is_label = |label: &str| {
        let alphanumeric_end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        label.len() <= 63
            && alphanumeric_end(label.chars().next())
            && alphanumeric_end(label.chars().last())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let all_digits = |label: &str| label.bytes().all(|b| b.is_ascii_digit());
    host.len() <= 255 && host.split('.').all(is_label) && !host.rsplit('.').next().is_some_and(all_digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_a_host_and_a_port() {
        for good in ["istiod.istio-system.svc:15012", "10.0.0.1:80", "[::1]:80", "localhost:1"] {
            assert!(is_address(good), "{good}");
        }
        for bad in ["", "istiod", "istiod:", "istiod:0", "istiod:70000", "a_b:80", "::1:80", "1.2.3:80", "-a:80"] {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
