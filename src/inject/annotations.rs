//! Stage: validates the annotations that istiod validates before it renders anything (`AnnotationValidation`,
//! pkg/kube/inject). Reports all failures.

use std::net::{Ipv4Addr, Ipv6Addr};

use gostd::strconv::parse_bool;
use lossless_yaml::{Tree, YamlError};
use serde_json::Value;

use super::pod::annotation;
use crate::istio::names::annotation as names;
use crate::istio::{ProxyConfig, Release, ReleaseChange};
use crate::k8s::quantity;

/// An annotation that istiod rejects.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid value {value:?} for annotation {annotation}: {problem}")]
pub struct AnnotationError {
    /// The annotation's name.
    pub annotation: &'static str,
    /// The value.
    pub value: String,
    /// What is wrong with it.
    pub problem: AnnotationProblem,
}

/// What is wrong with an annotation's value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnnotationProblem {
    /// Not one of a few valid texts.
    #[error("must be one of {0}")]
    NotOneOf(&'static str),
    /// Not a port.
    #[error("must be a port, a number from 0 to 65535")]
    NotAPort,
    /// Not an unsigned 32-bit integer.
    #[error("must be a number from 0 to 4294967295")]
    NotANumber,
    /// An item of the list is not a port.
    #[error("must be a comma-separated list of ports from 0 to 65535, found {0:?}")]
    NotPorts(String),
    /// An item of the list is not an IP range.
    #[error("must be a comma-separated list of ranges such as 10.0.0.0/8, found {0:?}")]
    NotRanges(String),
    /// An item of the list is not the name of a network interface.
    #[error("must be a comma-separated list of network interfaces, found {0:?}")]
    NotInterfaces(String),
    /// Not a boolean in Go's spelling.
    #[error("must be true or false")]
    NotABoolean,
    /// Not a quantity.
    #[error("must be a quantity such as 100m or 128Mi")]
    NotAQuantity,
    /// Not a valid proxy configuration.
    #[error("{0}")]
    ProxyConfig(String),
}

use AnnotationProblem as Problem;

type Check = fn(&str) -> Result<(), Problem>;

/// A validated annotation, and the release change that introduced the validation; `None` if every release validates it.
struct Rule(&'static str, Option<ReleaseChange>, Check);

const RULES: [Rule; 19] = [
    Rule(names::INTERCEPTION_MODE, None, interception_mode),
    Rule(names::STATUS_PORT, None, status_port),
    Rule(names::READINESS_INITIAL_DELAY, None, number),
    Rule(names::READINESS_PERIOD, None, number),
    Rule(names::READINESS_FAILURE_THRESHOLD, None, number),
    Rule(names::INCLUDE_OUTBOUND_IP_RANGES, None, ranges_or_all),
    Rule(names::EXCLUDE_OUTBOUND_IP_RANGES, None, ranges),
    Rule(names::INCLUDE_INBOUND_PORTS, None, ports_or_all),
    Rule(names::EXCLUDE_INBOUND_PORTS, None, ports),
    Rule(names::EXCLUDE_OUTBOUND_PORTS, None, ports),
    Rule(names::EXCLUDE_INTERFACES, Some(ReleaseChange::ChecksInterfaces), interfaces),
    Rule(names::KUBEVIRT_INTERFACES, Some(ReleaseChange::ChecksInterfaces), interfaces),
    Rule(names::REROUTE_VIRTUAL_INTERFACES, Some(ReleaseChange::ChecksInterfaces), interfaces),
    Rule(names::PROMETHEUS_MERGE, None, boolean),
    Rule(names::PROXY_CPU, Some(ReleaseChange::ChecksQuantities), quantity_text),
    Rule(names::PROXY_MEMORY, Some(ReleaseChange::ChecksQuantities), quantity_text),
    Rule(names::PROXY_CPU_LIMIT, Some(ReleaseChange::ChecksQuantities), quantity_text),
    Rule(names::PROXY_MEMORY_LIMIT, Some(ReleaseChange::ChecksQuantities), quantity_text),
    Rule(names::PROXY_CONFIG, None, |_| Ok(())),
];

/// Validates the annotations of a pod; returns the value of `proxy.istio.io/config`, if any.
pub(super) fn validate(pod: &Value, release: &Release) -> Result<Option<Value>, Vec<AnnotationError>> {
    let mut errors = Vec::new();
    let mut proxy_config = None;
    for Rule(name, since, check) in RULES {
        let Some(value) = annotation(pod, name) else { continue };
        let problem = if name == names::PROXY_CONFIG {
            read_proxy_config(value, release).map(|config| proxy_config = Some(config))
        } else if since.is_none_or(|change| release.has(change)) {
            check(value)
        } else {
            Ok(())
        };
        if let Err(problem) = problem {
            errors.push(AnnotationError { annotation: name, value: value.to_owned(), problem });
        }
    }
    if errors.is_empty() { Ok(proxy_config) } else { Err(errors) }
}

fn read_proxy_config(text: &str, release: &Release) -> Result<Value, Problem> {
    let config = parse_yaml(text).map_err(|error| Problem::ProxyConfig(format!("cannot be read as YAML: {error}")))?;
    match ProxyConfig::check_annotation(&config, release) {
        Ok(()) => Ok(config),
        Err(errors) => Err(Problem::ProxyConfig(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))),
    }
}

/// YAML as Kubernetes reads it; an empty text is `null`.
fn parse_yaml(text: &str) -> Result<Value, YamlError> {
    let tree = Tree::parse(text, 1)?;
    tree.root().map_or(Ok(Value::Null), |root| tree.value(root))
}

fn interception_mode(value: &str) -> Result<(), Problem> {
    let known = matches!(value, "REDIRECT" | "TPROXY" | "NONE");
    known.then_some(()).ok_or(Problem::NotOneOf("REDIRECT, TPROXY, NONE"))
}

/// A port, without a sign.
fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

fn status_port(value: &str) -> Result<(), Problem> {
    is_port(value.trim()).then_some(()).ok_or(Problem::NotAPort)
}

fn number(value: &str) -> Result<(), Problem> {
    let fits = value.bytes().all(|b| b.is_ascii_digit()) && value.parse::<u32>().is_ok();
    fits.then_some(()).ok_or(Problem::NotANumber)
}

fn boolean(value: &str) -> Result<(), Problem> {
    parse_bool(value).map(|_| ()).map_err(|_| Problem::NotABoolean)
}

fn quantity_text(value: &str) -> Result<(), Problem> {
    quantity::is_quantity(value).then_some(()).ok_or(Problem::NotAQuantity)
}

fn ranges_or_all(value: &str) -> Result<(), Problem> {
    if value == "*" { Ok(()) } else { ranges(value) }
}

fn ranges(value: &str) -> Result<(), Problem> {
    each(value, is_range, Problem::NotRanges)
}

fn ports_or_all(value: &str) -> Result<(), Problem> {
    if value == "*" { Ok(()) } else { ports(value) }
}

fn ports(value: &str) -> Result<(), Problem> {
    // White space alone is an empty list of ports, but not of ranges.
    each(value.trim(), |part| is_port(part.trim()), Problem::NotPorts)
}

fn interfaces(value: &str) -> Result<(), Problem> {
    each(value, |part| is_interface(part.trim()), Problem::NotInterfaces)
}

/// Checks each item of a comma-separated list; an empty text is an empty list.
fn each(value: &str, is_right: fn(&str) -> bool, problem: fn(String) -> Problem) -> Result<(), Problem> {
    let wrong = if value.is_empty() { None } else { value.split(',').find(|part| !is_right(part)) };
    wrong.map_or(Ok(()), |part| Err(problem(part.to_owned())))
}

/// An address with a prefix length, as Go's `netip.ParsePrefix` accepts it.
fn is_range(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let length = Some(bits)
        .filter(|bits| bits.bytes().all(|b| b.is_ascii_digit()) && (*bits == "0" || !bits.starts_with('0')))
        .and_then(|bits| bits.parse::<u8>().ok());
    let widest = match (address.parse::<Ipv4Addr>(), address.parse::<Ipv6Addr>()) {
        (Ok(_), _) => 32,
        (_, Ok(_)) => 128,
        _ => return false,
    };
    length.is_some_and(|length| length <= widest)
}

fn is_interface(text: &str) -> bool {
    let mut chars = text.chars();
    text.len() <= 15
        && chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn valid(name: &str, value: &str) -> bool {
        validate(&json!({"metadata": {"annotations": {name: value}}}), &"1.30.3".parse().unwrap()).is_ok()
    }

    #[test]
    fn valid_and_invalid_values_of_each_kind() {
        let table: [(&str, &[&str], &[&str]); 10] = [
            (names::INTERCEPTION_MODE, &["REDIRECT", "TPROXY", "NONE"], &["", "redirect"]),
            (names::STATUS_PORT, &["0", "15020", " 15020 "], &["", "70000", "-1", "+1", "1 5"]),
            (names::READINESS_PERIOD, &["0", "010", "4294967295"], &["", "-1", " 1", "4294967296"]),
            (names::INCLUDE_OUTBOUND_IP_RANGES, &["", "*", "10.0.0.0/8,fd00::/8"], &["10.0.0.1", " 10.0.0.0/8", "a"]),
            (names::EXCLUDE_OUTBOUND_IP_RANGES, &["", "10.0.0.0/8"], &[" ", "*", "10.0.0.0/33", "10.0.0.0/08"]),
            (names::INCLUDE_INBOUND_PORTS, &["", "*", " ", " 80, 443 "], &["80,", " * ", "http", "70000"]),
            (names::EXCLUDE_OUTBOUND_PORTS, &["", " \t", "80"], &["*", ",", " , "]),
            (names::EXCLUDE_INTERFACES, &["", "eth0, net1.5"], &["eth0;rm", "0eth", "abcdefghijklmnop", ","]),
            (names::PROMETHEUS_MERGE, &["1", "t", "False"], &["", "yes", "tRUE"]),
            (names::PROXY_CPU, &["100m", "0.5", "1e3"], &["", "100 m", "1x"]),
        ];
        for (name, good, bad) in table {
            for value in good {
                assert!(valid(name, value), "{name}: {value:?}");
            }
            for value in bad {
                assert!(!valid(name, value), "{name}: {value:?}");
            }
        }
    }

    #[test]
    fn each_release_validates_the_annotations_it_knows() {
        let pod = json!({"metadata": {"annotations": {names::EXCLUDE_INTERFACES: "eth0;rm", names::PROXY_CPU: ""}}});
        let errors = |release: &str| validate(&pod, &release.parse().unwrap()).err().map_or(0, |errors| errors.len());
        assert_eq!(["1.26.8", "1.27.6", "1.28.3", "1.29.0", "1.30.3"].map(errors), [0, 1, 0, 1, 2]);
    }

    #[test]
    fn a_proxy_configuration_is_yaml() {
        let config = |text| valid(names::PROXY_CONFIG, text);
        assert!(config("") && config("concurrency: 2") && config("{\"holdApplicationUntilProxyStarts\": true}"));
        assert!(!config("concurrency: [") && !config("just text") && !config("proxyMetadata: {A: yes}"));
    }
}
