//! What does not survive the move of a container.

use std::fmt;

use super::known::Trap;

/// A warning about a converted container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// No container waits until the converted one is ready.
    NoStartupProbe {
        /// The converted container.
        name: String,
    },
    /// No container waits for the readiness probe.
    ReadinessGatesNothing {
        /// The converted container.
        name: String,
    },
    /// The startup probe asks a container that starts later.
    StartupProbeOfApp {
        /// The converted container.
        name: String,
        /// The port of the probe.
        port: String,
        /// The container that has the port.
        app: String,
    },
    /// The `postStart` handler delays other containers.
    PostStart {
        /// The converted container.
        name: String,
    },
    /// The `preStop` handler runs long before the container is stopped.
    PreStop {
        /// The converted container.
        name: String,
    },
    /// An init container that now runs later may fill a volume that the container reads.
    VolumeFilledLater {
        /// The converted container.
        name: String,
        /// The volume.
        volume: String,
        /// The init container.
        init: String,
    },
    /// The container starts before the pod's native Istio proxy.
    StartsBeforeProxy {
        /// The converted container.
        name: String,
    },
    /// The pod's Istio proxy is regular and starts later.
    ProxyStartsLater {
        /// The converted container.
        name: String,
    },
    /// Another container ends this one by a call.
    QuitCall {
        /// The converted container.
        name: String,
        /// The other container.
        caller: String,
        /// The URL or command of the call.
        call: String,
    },
    /// The container had a restart policy, which was replaced.
    RestartPolicyReplaced {
        /// The converted container.
        name: String,
        /// The policy.
        was: String,
    },
    /// Services find the named port only in newer clusters.
    NamedPort {
        /// The converted container.
        name: String,
        /// The name of the port.
        port: String,
    },
    /// The scheduler considers the host port only in newer clusters.
    HostPort {
        /// The converted container.
        name: String,
        /// The port.
        port: String,
    },
    /// The pod requests more, because init containers run beside the sidecar.
    RequestsGrow {
        /// The resource.
        resource: String,
        /// The request of the pod before.
        before: String,
        /// The request of the pod now.
        after: String,
    },
    /// A trap of a known sidecar.
    Known {
        /// The name of the container.
        name: String,
        /// The sidecar.
        sidecar: &'static str,
        /// The trap.
        trap: &'static Trap,
    },
    /// Init containers ran beside the native sidecar, and can no longer use it.
    InitContainersLoseIt {
        /// The converted container.
        name: String,
        /// These init containers.
        init: Vec<String>,
    },
    /// The app containers no longer wait for the startup probe.
    GateLost {
        /// The converted container.
        name: String,
    },
    /// Nothing ends the container when the Job's other containers have ended.
    JobNeverFinishes {
        /// The converted container.
        name: String,
    },
}

impl Warning {
    /// The code in the JSON report.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoStartupProbe { .. } => "no-startup-probe",
            Self::ReadinessGatesNothing { .. } => "readiness-gates-nothing",
            Self::StartupProbeOfApp { .. } => "startup-probe-of-app",
            Self::PostStart { .. } => "post-start",
            Self::PreStop { .. } => "pre-stop",
            Self::VolumeFilledLater { .. } => "volume-filled-later",
            Self::StartsBeforeProxy { .. } => "starts-before-proxy",
            Self::ProxyStartsLater { .. } => "proxy-starts-later",
            Self::QuitCall { .. } => "quit-call",
            Self::RestartPolicyReplaced { .. } => "restart-policy-replaced",
            Self::NamedPort { .. } => "named-port",
            Self::HostPort { .. } => "host-port",
            Self::RequestsGrow { .. } => "requests-grow",
            Self::Known { .. } => "known-sidecar",
            Self::InitContainersLoseIt { .. } => "init-containers-lose-it",
            Self::GateLost { .. } => "gate-lost",
            Self::JobNeverFinishes { .. } => "job-never-finishes",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoStartupProbe { name } => {
                write!(f, "{name} has no startupProbe: the next container starts as soon as its process runs")
            }
            Self::ReadinessGatesNothing { name } => write!(
                f,
                "no container waits for the readinessProbe of {name}, which counts for the pod only: add it as startupProbe, \
                 too"
            ),
            Self::StartupProbeOfApp { name, port, app } => write!(
                f,
                "the startupProbe of {name} probes port {port} of {app}, which starts only when it has succeeded: the pod \
                 never starts"
            ),
            Self::PostStart { name } => {
                write!(f, "the next container starts only when the postStart handler of {name} has ended")
            }
            Self::PreStop { name } => write!(
                f,
                "the preStop handler of {name} still runs when the pod begins to stop, but {name} is stopped only after the \
                 app containers: a handler that waits for them can go"
            ),
            Self::VolumeFilledLater { name, volume, init } => write!(
                f,
                "init container {init} also uses volume {volume}, and now runs after {name} has started: if it writes what \
                 {name} reads, pass --after {init}"
            ),
            Self::StartsBeforeProxy { name } => write!(
                f,
                "{name} starts before the native istio-proxy, without the mesh: pass --after istio-proxy if it needs it"
            ),
            Self::ProxyStartsLater { name } => write!(
                f,
                "the istio-proxy of the pod is regular and starts after {name}, which has no mesh network until then"
            ),
            Self::QuitCall { name, caller, call } if call.contains(":15") => write!(
                f,
                "{caller} calls {call} of the Istio proxy, which {name} does not need: kubectl nativesidecar lint finds and \
                 removes such calls"
            ),
            Self::QuitCall { name, caller, call } => {
                write!(f, "{caller} calls {call}: if that ends {name}, it is no longer necessary")
            }
            Self::RestartPolicyReplaced { name, was } => {
                write!(f, "the restartPolicy of {name} was {was}: a native sidecar is always restarted")
            }
            Self::NamedPort { name, port } => write!(
                f,
                "a Service finds port {port} of {name} by its name only in Kubernetes 1.32 and later; before, use its number \
                 as targetPort"
            ),
            Self::HostPort { name, port } => write!(
                f,
                "the scheduler considers hostPort {port} of {name} only in Kubernetes 1.34 and later: before, two such pods can \
                 be scheduled to one node"
            ),
            Self::RequestsGrow { resource, before, after } => {
                write!(
                    f,
                    "the pod requests {resource} {after} instead of {before}: init containers run beside the sidecar"
                )
            }
            Self::Known { name, sidecar, trap } => write!(f, "{name} ({sidecar}): {} ({})", trap.text, trap.source),
            Self::InitContainersLoseIt { name, init } => {
                write!(f, "{name} no longer runs while init containers do: {}", init.join(", "))
            }
            Self::GateLost { name } => write!(f, "the app containers no longer wait for the startupProbe of {name}"),
            Self::JobNeverFinishes { name } => {
                write!(f, "the Job finishes only when {name} has ended too: it must be ended by the other containers")
            }
        }
    }
}
