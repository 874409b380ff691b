//! The moments of a pod's life.

use std::fmt;

use crate::cluster::pod::Terminated;
use crate::k8s::Time;

/// An event in the life of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The time.
    pub at: Time,
    /// The container that it is about; none if it is about the pod.
    pub container: Option<String>,
    /// The event.
    pub what: What,
}

/// The kinds of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The pod was created.
    Created,
    /// The pod was assigned to a node.
    Scheduled,
    /// The pod's sandbox and network were ready.
    SandboxReady,
    /// All init containers were done, and native sidecars had started.
    Initialized,
    /// All containers were ready.
    ContainersReady,
    /// The pod was ready.
    Ready,
    /// A condition of the pod became false.
    NoLonger {
        /// The condition.
        condition: &'static str,
    },
    /// A container started.
    Started {
        /// How often it had started before.
        restarts: Option<i64>,
    },
    /// A container ended.
    Ended {
        /// The exit code.
        exit_code: i64,
        /// The reason, or the signal or exit code.
        word: String,
        /// For how many seconds it ran.
        seconds: Option<i64>,
        /// Whether it was killed when the grace period was over.
        was_cut_short: bool,
    },
    /// The pod was deleted: containers get until the end of the grace period.
    Deleted {
        /// The grace period in seconds.
        grace: i64,
    },
    /// The grace period ends.
    GraceEnds,
    /// An event.
    Event {
        /// The reason.
        reason: String,
        /// The message.
        message: String,
        /// How often it happened.
        count: i64,
        /// When it happened last, if it happened more than once.
        last: Option<Time>,
        /// Whether it is a warning.
        is_warning: bool,
    },
    /// A line of the proxy's log.
    Log {
        /// The meaning of the line.
        meaning: &'static str,
    },
}

impl Moment {
    /// Of the pod.
    pub(super) fn of_pod(at: Time, what: What) -> Self {
        Self { at, container: None, what }
    }

    /// Of a container.
    pub(super) fn of(container: &str, at: Time, what: What) -> Self {
        Self { at, container: Some(container.to_owned()), what }
    }
}

impl What {
    /// The end of a container. The grace period ends at `limit`, if the pod is being deleted.
    pub(super) fn ended(end: &Terminated, limit: Option<Time>) -> Self {
        let seconds = end.finished.zip(end.started).map(|(finished, started)| finished.millis_since(started) / 1000);
        // A second for the clocks of kubelet and API server.
        let is_late = end.finished.zip(limit).is_some_and(|(finished, limit)| finished.plus_seconds(1) >= limit);
        Self::Ended {
            exit_code: end.exit_code,
            word: end.word(),
            seconds,
            was_cut_short: is_late && (end.exit_code == 137 || end.signal == 9),
        }
    }

    /// The stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Scheduled => "scheduled",
            Self::SandboxReady => "sandbox-ready",
            Self::Initialized => "initialized",
            Self::ContainersReady => "containers-ready",
            Self::Ready => "ready",
            Self::NoLonger { .. } => "no-longer",
            Self::Started { .. } => "started",
            Self::Ended { .. } => "ended",
            Self::Deleted { .. } => "deleted",
            Self::GraceEnds => "grace-ends",
            Self::Event { .. } => "event",
            Self::Log { .. } => "log",
        }
    }

    /// Whether it is about something that went wrong.
    pub fn is_bad(&self) -> bool {
        match self {
            Self::Ended { exit_code, was_cut_short, .. } => *exit_code != 0 || *was_cut_short,
            Self::Event { is_warning, .. } => *is_warning,
            _ => false,
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Created => f.write_str("created"),
            Self::Scheduled => f.write_str("scheduled"),
            Self::SandboxReady => f.write_str("sandbox and network ready"),
            Self::Initialized => f.write_str("initialized: init containers done, native sidecars started"),
            Self::ContainersReady => f.write_str("all containers ready"),
            Self::Ready => f.write_str("ready"),
            Self::NoLonger { condition } => write!(f, "no longer {condition}"),
            Self::Started { restarts: None | Some(0) } => f.write_str("started"),
            Self::Started { restarts: Some(restarts) } => write!(f, "started again (restart {restarts})"),
            Self::Ended { exit_code, word, seconds, was_cut_short } => {
                write!(f, "ended with exit code {exit_code}")?;
                if !word.starts_with("ExitCode:") {
                    write!(f, " ({word})")?;
                }
                if let Some(seconds) = seconds {
                    write!(f, " after {}", crate::cluster::printing::duration(seconds * 1000))?;
                }
                if *was_cut_short { f.write_str(", killed at the end of the grace period") } else { Ok(()) }
            }
            Self::Deleted { grace } => write!(f, "deleted, with a grace period of {grace}s"),
            Self::GraceEnds => f.write_str("the grace period ends"),
            Self::Event { reason, message, count, last, .. } => {
                write!(f, "{reason}: {message}")?;
                match (count, last) {
                    (1, _) => Ok(()),
                    (count, Some(last)) => write!(f, " ({count} times, last at {})", last.clock()),
                    (count, None) => write!(f, " ({count} times)"),
                }
            }
            Self::Log { meaning } => f.write_str(meaning),
        }
    }
}
