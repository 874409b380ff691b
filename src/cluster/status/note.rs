//! What else is worth knowing about a workload or the cluster.

use std::fmt;

use crate::cluster::pod::{ContainerStatus, Pod, RunningProxy, State, Terminated};
use crate::istio::names::annotation::NATIVE_SIDECAR;
use crate::istio::names::container::PROXY;
use crate::k8s::Time;

/// A note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// Native proxies ended with exit code 0 while the apps of their pods ran.
    ProxyQuitByApp {
        /// The pods, and when their proxies ended.
        pods: Vec<(String, Time)>,
    },
    /// The API server refuses the workload's pods, because their native proxies lost `restartPolicy: Always`.
    RestartPolicyStripped {
        /// How often this happened.
        count: i64,
        /// When it happened last.
        last: Option<Time>,
    },
    /// The workload's pods cannot be created for another reason.
    FailedCreate {
        /// How often this happened.
        count: i64,
        /// When it happened last.
        last: Option<Time>,
        /// The API server's message.
        message: String,
    },
    /// Pods of a Job do not end, because their regular proxies keep running.
    JobHangs {
        /// The pods.
        pods: Vec<String>,
    },
    /// The annotation of pods is not in their pod template, and policies set it.
    AnnotationByPolicy {
        /// The policies.
        policies: Vec<String>,
        /// The pods.
        pods: Vec<String>,
    },
    /// Policies set the annotation of new pods.
    SettingPolicies {
        /// The policies.
        policies: Vec<String>,
    },
    /// Kyma manages the mesh, and restarts some pods itself.
    KymaRestarter,
}

impl Note {
    /// The stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ProxyQuitByApp { .. } => "proxy-quit-by-app",
            Self::RestartPolicyStripped { .. } => "restart-policy-stripped",
            Self::FailedCreate { .. } => "failed-create",
            Self::JobHangs { .. } => "job-hangs",
            Self::AnnotationByPolicy { .. } => "annotation-by-policy",
            Self::SettingPolicies { .. } => "setting-policies",
            Self::KymaRestarter => "kyma-restarter",
        }
    }

    /// The pods that it is about; empty if it is about the workload or the cluster.
    pub fn pods(&self) -> impl Iterator<Item = &str> {
        let (quit, hanging): (&[(String, Time)], &[String]) = match self {
            Self::ProxyQuitByApp { pods } => (pods, &[]),
            Self::JobHangs { pods } | Self::AnnotationByPolicy { pods, .. } => (&[], pods),
            _ => (&[], &[]),
        };
        quit.iter().map(|(name, _)| name.as_str()).chain(hanging.iter().map(String::as_str))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = |count: &i64, last: &Option<Time>| {
            let times = if *count == 1 { "once".to_owned() } else { format!("{count} times") };
            last.map_or(times.clone(), |last| format!("{times}, last at {last}"))
        };
        match self {
            Self::ProxyQuitByApp { pods } => {
                let each: Vec<String> = pods.iter().map(|(name, at)| format!("{name} at {at}")).collect();
                write!(
                    f,
                    "the native proxy ended with exit code 0 while the app ran ({}): something in the pod still calls \
                     /quitquitquit or kills the proxy; it is started again, but connections break",
                    each.join(", ")
                )
            }
            Self::RestartPolicyStripped { count, last } => write!(
                f,
                "the API server refused its pods ({}), because another webhook removed restartPolicy: Always from the \
                 native proxy",
                times(count, last)
            ),
            Self::FailedCreate { count, last, message } => {
                write!(f, "its pods cannot be created ({}): {message}", times(count, last))
            }
            Self::JobHangs { pods } => write!(
                f,
                "the app has ended, but the regular proxy keeps the pod running ({}); a native one would end with it",
                pods.join(", ")
            ),
            Self::AnnotationByPolicy { policies, pods } => write!(
                f,
                "the annotation {NATIVE_SIDECAR} is not in the pod template ({}): it may come from the \
                 MutatingAdmissionPolicy {}",
                pods.join(", "),
                policies.join(", ")
            ),
            Self::SettingPolicies { policies } => write!(
                f,
                "the annotation {NATIVE_SIDECAR} of new pods may come from the MutatingAdmissionPolicy {}: NEXT includes it \
                 only for pods that have it",
                policies.join(", ")
            ),
            Self::KymaRestarter => f.write_str(
                "Kyma restarts pods itself when the proxy's image or resources change, except those of Jobs, bare pods and \
                 pods that are not ready; modules 1.22 to 1.26 also when the kind of proxy changes",
            ),
        }
    }
}

/// When the native proxy of a pod last ended with exit code 0 while an app ran, if it did.
pub(super) fn proxy_quit(pod: &Pod) -> Option<Time> {
    if pod.proxy() != RunningProxy::Native || pod.deleted.is_some() {
        return None;
    }
    let proxy = pod.init_statuses.iter().find(|status| status.name == PROXY)?;
    let ended = match &proxy.state {
        // It ended, and is not running again yet.
        State::Terminated(now) if !pod.is_finished() => Some(now),
        _ => proxy.last.as_ref(),
    };
    let Terminated { exit_code: 0, finished: Some(at), .. } = ended? else { return None };
    pod.statuses.iter().any(|app| ran_at(app, *at)).then_some(*at)
}

/// Whether a container ran at this time.
fn ran_at(status: &ContainerStatus, at: Time) -> bool {
    match &status.state {
        State::Running { started: Some(started) } => *started < at,
        State::Terminated(Terminated { started: Some(started), finished: Some(finished), .. }) => {
            *started < at && at < *finished
        }
        _ => false,
    }
}
