//! Lines of a proxy's log about its readiness and its end.

use std::borrow::Cow;

use serde_json::Value;

use super::moment::{Moment, What};
use crate::istio::names::container::PROXY;
use crate::k8s::Time;

/// Messages of pilot-agent, and their meaning (istio, pkg/istio-agent and pkg/envoy).
const MEANINGS: [(&str, &str); 5] = [
    (READY, "log: Envoy is ready"),
    ("handling /drain", "log: drain requested (its preStop handler)"),
    ("Agent draining Proxy", "log: draining begins"),
    ("Graceful termination period complete", "log: draining ends"),
    ("exited normally", "log: Envoy ended"),
];

const READY: &str = "Envoy proxy is ready";

/// What an escape sequence begins with.
const ESCAPE: char = '\u{1b}';

/// A line of a log, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogMoment {
    /// The pod, if the line has its name (`kubectl logs --prefix`).
    pub pod: Option<String>,
    /// What happened.
    pub moment: Moment,
    /// Whether the proxy is ready.
    pub is_ready: bool,
}

/// Whether a text is a log: its first line begins with a time, or is an object of a JSON log.
pub fn is_log(text: &str) -> bool {
    text.lines().find(|line| !line.trim().is_empty()).is_some_and(|line| read(&without_colors(line)).is_some())
}

/// The moments in a log.
pub fn moments(text: &str) -> Vec<LogMoment> {
    text.lines()
        .filter_map(|line| {
            let line = &without_colors(line);
            let (_, meaning) = MEANINGS.iter().find(|(words, _)| line.contains(words))?;
            let Line { pod, container, at } = read(line)?;
            let moment = Moment::of(container, at, What::Log { meaning });
            Some(LogMoment { pod: pod.map(str::to_owned), moment, is_ready: line.contains(READY) })
        })
        .collect()
}

/// A line without the escape sequences that tools for logs color it with.
fn without_colors(line: &str) -> Cow<'_, str> {
    if !line.contains(ESCAPE) {
        return Cow::Borrowed(line);
    }
    let mut parts = line.split(ESCAPE);
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // Parameters, and the letter that ends the sequence.
        let end = part.strip_prefix('[').and_then(|rest| rest.split_once(|c: char| c.is_ascii_alphabetic()));
        plain.push_str(end.map_or(part, |(_, text)| text));
    }
    Cow::Owned(plain)
}

/// The beginning of a line.
struct Line<'t> {
    pod: Option<&'t str>,
    container: &'t str,
    at: Time,
}

/// Reads kubectl's prefix and the time of a line.
fn read(line: &str) -> Option<Line<'_>> {
    let prefixed = line.strip_prefix("[pod/").and_then(|rest| rest.split_once("] "));
    let (prefix, line) = prefixed.map_or((None, line), |(prefix, line)| (prefix.split_once('/'), line));
    let at = if line.starts_with('{') {
        let value: Value = serde_json::from_str(line).ok()?;
        value.get("level")?;
        Time::parse(value.get("time")?.as_str()?)?
    } else {
        Time::parse(line.split([' ', '\t']).next()?)?
    };
    let (pod, container) = prefix.map_or((None, PROXY), |(pod, container)| (Some(pod), container));
    Some(Line { pod, container, at })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_are_distinguished_from_objects() {
        for log in [
            "2026-11-20T08:00:06.5Z\tinfo\tFLAG: --concurrency=\"0\"\n",
            "\n[pod/web-1/istio-proxy] 2026-11-20T08:00:06Z info x\n",
            "\u{1b}[38;5;2m[pod/web-1/istio-proxy]\u{1b}[0m \u{1b}[32m2026-11-20T08:00:06Z\u{1b}[m info x\n",
            "{\"level\":\"info\",\"time\":\"2026-11-20T08:00:06Z\",\"msg\":\"x\"}\n",
        ] {
            assert!(is_log(log), "{log}");
        }
        for other in ["kind: Pod\n", "{\"kind\": \"Pod\"}\n", "", "2026-11-20\n", "{\n"] {
            assert!(!is_log(other), "{other}");
        }
    }

    #[test]
    fn lines_have_a_meaning() {
        let found = moments(
            "2026-11-20T08:00:06Z\tinfo\tStarting proxy agent\n[pod/web-1/istio-proxy] 2026-11-20T08:00:09.25Z\tinfo\tEnvoy \
             proxy is ready\n",
        );
        let [ready] = &found[..] else { panic!("{found:?}") };
        assert_eq!(
            (ready.pod.as_deref(), ready.moment.at.clock().as_str(), ready.is_ready),
            (Some("web-1"), "08:00:09", true)
        );
    }
}
