//! The flags that choose a cluster, as in kubectl.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::cluster::client::{Client, ClientError, Connection};
use crate::diagnostic::Diagnostic;
use crate::output::printable;

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Which cluster")]
pub(super) struct ConnectionArgs {
    /// The kubeconfig, instead of those in KUBECONFIG or ~/.kube/config
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig; the current one if not given
    #[arg(long, value_name = "NAME")]
    pub(super) context: Option<String>,
    /// The cluster of the kubeconfig, instead of the context's
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    /// The user of the kubeconfig, instead of the context's
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// User to impersonate
    #[arg(long = "as", value_name = "USER")]
    impersonate: Option<String>,
    /// Timeout of a request, such as 10s or 2m; 0 for no timeout [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    request_timeout: Option<Duration>,
}

impl ConnectionArgs {
    /// Connects to the cluster.
    pub(super) fn connect(&self) -> Result<Client, Diagnostic> {
        self.try_connect().map_err(|error| Diagnostic::from(&error))
    }

    /// The same, for commands with hints of their own.
    pub(super) fn try_connect(&self) -> Result<Client, ClientError> {
        let timeout = self.request_timeout.unwrap_or(Connection::TIMEOUT);
        let timeout = Some(timeout).filter(|limit| !limit.is_zero());
        // A login in the browser may take any time, as in kubectl.
        let may_log_in = std::io::stdin().is_terminal() || std::io::stderr().is_terminal();
        let plugin_timeout = if may_log_in && self.request_timeout.is_none() { None } else { timeout };
        let connection = Connection {
            kubeconfig: self.kubeconfig.clone(),
            context: self.context.clone(),
            cluster: self.cluster.clone(),
            user: self.user.clone(),
            impersonate: self.impersonate.clone(),
            timeout,
            plugin_timeout,
        };
        let on_wait = |plugin: &str| {
            let plugin = printable(plugin);
            let _ =
                writeln!(std::io::stderr(), "waiting for {plugin}, which provides the credentials of the kubeconfig");
        };
        Client::connect(&connection, &on_wait)
    }

    /// The first flag that is given and asks for a live cluster.
    pub(super) fn given(&self) -> Option<&'static str> {
        let flags = [
            ("--kubeconfig", self.kubeconfig.is_some()),
            ("--context", self.context.is_some()),
            ("--cluster", self.cluster.is_some()),
            ("--user", self.user.is_some()),
            ("--as", self.impersonate.is_some()),
        ];
        flags.into_iter().find(|(_, is_given)| *is_given).map(|(flag, _)| flag)
    }

    /// Refuses flags that ask for a live cluster beside files.
    pub(super) fn refuse_with_files(&self) -> Result<(), Diagnostic> {
        let hint = || Some("leave one of them out: -f answers from files alone".to_owned());
        self.given().map_or(Ok(()), |flag| Err(Diagnostic::usage(format!("{flag} and -f exclude each other"), hint())))
    }
}

/// The part of a namespace that kubectl would look at: the given one, the context's, or all.
pub(super) fn namespace(given: Option<String>, all: bool, client: &Client) -> Option<String> {
    if all { None } else { given.or_else(|| Some(client.default_namespace().to_owned())) }
}

/// A duration as kubectl reads it: `10s`, `1m30s`, `2h`, or seconds.
fn duration(text: &str) -> Result<Duration, &'static str> {
    const EXPECTED: &str = "expected a duration such as 10s or 2m";
    if let Ok(seconds) = text.parse::<u32>() {
        return Ok(Duration::from_secs(seconds.into()));
    }
    let (mut rest, mut sum) = (text, Duration::ZERO);
    while !rest.is_empty() {
        let unit = rest.find(|c: char| !c.is_ascii_digit()).ok_or(EXPECTED)?;
        let (number, after) = rest.split_at_checked(unit).ok_or(EXPECTED)?;
        let (milliseconds, after) = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
            .into_iter()
            .find_map(|(unit, milliseconds)| Some((milliseconds, after.strip_prefix(unit)?)))
            .ok_or(EXPECTED)?;
        let number: u32 = number.parse().map_err(|_| EXPECTED)?;
        sum = sum.saturating_add(Duration::from_millis(u64::from(number) * milliseconds));
        rest = after;
    }
    if text.is_empty() { Err(EXPECTED) } else { Ok(sum) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_kubectl_reads_them() {
        for (text, milliseconds) in [("0", 0), ("30", 30_000), ("10s", 10_000), ("1m30s", 90_000), ("500ms", 500)] {
            assert_eq!(duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "s", "1x", "-1s", "99999999999s", "1s ", "10 s"] {
            assert!(duration(text).is_err(), "{text:?}");
        }
    }
}
