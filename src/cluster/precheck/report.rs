//! What `precheck` answers: rows, and the verdict on the cluster.

use serde::{Serialize, Serializer};

use super::CHECKS;

/// How a row of a check is graded, gravest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Nothing to do.
    Ok,
    /// The documents do not have the answer.
    Unknown,
    /// Native sidecars work, but not everywhere or not by default.
    Warn,
    /// Native sidecars do not work.
    Fail,
}

impl Status {
    /// The word for tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unknown => "unknown",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// What a check found about one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The grade.
    pub status: Status,
    /// The subject, such as `node pool batch`; none if it is the cluster.
    pub subject: Option<String>,
    /// The value that was found, such as `1.32.9`; empty if there is none.
    pub seen: String,
    /// What the value means for native sidecars.
    pub text: String,
    /// The command to run next.
    pub fix: Option<String>,
}

impl Answer {
    fn new(status: Status, seen: impl Into<String>, text: impl Into<String>) -> Self {
        Self { status, subject: None, seen: seen.into(), text: text.into(), fix: None }
    }

    pub(super) fn ok(seen: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(Status::Ok, seen, text)
    }

    pub(super) fn warn(seen: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(Status::Warn, seen, text)
    }

    pub(super) fn fail(seen: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(Status::Fail, seen, text)
    }

    pub(super) fn unknown(seen: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(Status::Unknown, seen, text)
    }

    pub(super) fn about(self, subject: impl Into<String>) -> Self {
        Self { subject: Some(subject.into()), ..self }
    }

    pub(super) fn fix(self, command: impl Into<String>) -> Self {
        Self { fix: Some(command.into()), ..self }
    }
}

/// A row: an answer and the code of its check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The code of the check.
    pub code: &'static str,
    /// The answer.
    #[serde(flatten)]
    pub answer: Answer,
}

/// Whether the cluster is ready for native sidecars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Verdict {
    /// No check failed, and those that decide have an answer.
    #[serde(rename = "ready")]
    Ready,
    /// A check failed.
    #[serde(rename = "not ready")]
    NotReady,
    /// No check failed, but one that decides has no answer.
    #[serde(rename = "cannot tell")]
    CannotTell,
}

impl Verdict {
    /// The words for tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::NotReady => "not ready",
            Self::CannotTell => "cannot tell",
        }
    }
}

/// The answers of all checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The rows, in the order of the checks.
    pub rows: Vec<Row>,
}

impl Report {
    /// The verdict.
    pub fn verdict(&self) -> Verdict {
        if self.has(Status::Fail) {
            Verdict::NotReady
        } else if self.is_undecided() {
            Verdict::CannotTell
        } else {
            Verdict::Ready
        }
    }

    /// Whether a row has this status.
    pub fn has(&self, status: Status) -> bool {
        self.rows.iter().any(|row| row.answer.status == status)
    }

    /// Whether a check that decides has no answer.
    pub fn is_undecided(&self) -> bool {
        let decides = |code: &str| CHECKS.iter().any(|check| check.code == code && check.decides);
        self.rows.iter().any(|row| row.answer.status == Status::Unknown && decides(row.code))
    }

    /// Whether the exit code is 1. `strict`: also for warnings and undecided answers.
    pub fn is_failure(&self, strict: bool) -> bool {
        self.has(Status::Fail) || strict && (self.has(Status::Warn) || self.is_undecided())
    }
}

/// The published JSON (docs/reference/schemas/precheck.schema.json).
impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Document<'r> {
            version: u8,
            verdict: Verdict,
            checks: &'r [Row],
        }
        Document { version: 1, verdict: self.verdict(), checks: &self.rows }.serialize(serializer)
    }
}
