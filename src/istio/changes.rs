//! What changed in an injection from one Istio release to the next, in one place. Whoever renders asks
//! [`Release::has`](super::Release::has); no other file compares versions for it.
//!
//! Not here: who decides for native ([`super::native`]), and which fields a proxy configuration has
//! (`message.rs`), which are tables of their own.

use super::release::Release;

macro_rules! changes {
    ($( $(#[doc = $text:literal])+ $name:ident: $since:expr; )*) => {
        /// A change of the sidecar's injection.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Change {
            $( $(#[doc = $text])+ $name, )*
        }

        impl Change {
            /// All changes, oldest first.
            pub const ALL: &[Self] = &[ $( Self::$name, )* ];

            /// The first patches that have it, minor and patch: one of the minor it came with, and of older minors that
            /// got it later.
            pub fn since(self) -> &'static [(u16, u16)] {
                match self {
                    $( Self::$name => &$since, )*
                }
            }
        }
    };
}

changes! {
    /// The init container's user is 1337 with TPROXY, whatever the proxy's user is.
    TproxyUser: [(25, 0)];
    /// Lifecycle handlers over HTTP and TCP go through the agent, as probes do.
    LifecycleHandlers: [(25, 0)];
    /// With CNI the pod always says which inbound ports are captured.
    CniIncludeInboundPorts: [(25, 0)];
    /// The annotation `istio.io/reroute-virtual-interfaces`.
    RerouteInterfaces: [(25, 0)];
    /// The label `service.istio.io/workload-name` names the workload for telemetry.
    WorkloadNameLabel: [(25, 0)];
    /// The annotation above replaces the older one, where both are set.
    RerouteReplacesKubevirt: [(26, 0)];
    /// Without interception, a regular sidecar leaves the user's own init containers alone.
    KeepsInitContainers: [(26, 0)];
    /// Istiod's root certificate can come from a `ClusterTrustBundle`.
    ClusterTrustBundle: [(26, 0)];
    /// Only `true` and `false` answer whether a pod is to be injected.
    ExactAnswers: [(27, 0)];
    /// Revoked certificates: the volume `istio-ca-crl`.
    RevokedCertificates: [(27, 0)];
    /// The `ConfigMap` of the root certificate can have another name.
    TrustBundleName: [(27, 0)];
    /// The init container can use nftables.
    NativeNftables: [(27, 0)];
    /// Templates are told whether the mesh is native.
    NativeInTemplates: [(27, 0)];
    /// On `OpenShift` the user of init containers counts, too.
    OpenShiftInitContainers: [(27, 0)];
    /// The proxy's and the init container's seccomp profile.
    SeccompProfile: [(28, 0)];
    /// Nulls in the values' resources are left out.
    OmitNil: [(28, 6)];
    /// The resources that annotations ask for are checked before anything is rendered.
    ChecksQuantities: [(27, 6), (28, 4), (29, 0)];
    /// References to resources say their divisor.
    Divisor: [(29, 0)];
    /// The `ConfigMap` of revoked certificates can have another name.
    CrlConfigMapName: [(29, 0)];
    /// The interfaces that annotations name are checked.
    ChecksInterfaces: [(30, 0)];
    /// OpenTelemetry's resource attributes, where a provider asks for them.
    OtelResourceAttributes: [(30, 0)];
    /// The init container has an image of its own.
    InitImage: [(31, 0)];
    /// Canonical names lose dashes, underscores and dots at both ends; before, one dash at the end.
    TrimsCanonicalNames: [(31, 0)];
    /// `GODEBUG` for the compliance policy `fips-140-3`.
    FipsGodebug: [(31, 0)];
    /// Several places to scrape; ports are checked; the port for secure scraping is said on the pod.
    ScrapeTargets: [(31, 0)];
    /// The proxy's environment has no `GOMAXPROCS`.
    NoGomaxprocs: [(32, 0)];
    /// The template quotes annotations that name an image, a bootstrap or log levels, so that any text is a value.
    QuotesAnnotations: [(32, 0)];
}

impl Release {
    /// Does this release have a change?
    pub fn has(&self, change: Change) -> bool {
        let of_minor = change.since().iter().find(|(minor, _)| *minor == self.minor());
        of_minor.or(change.since().last()).is_some_and(|&(minor, patch)| self.at_least(minor, patch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(release: &str, change: Change) -> bool {
        release.parse::<Release>().unwrap().has(change)
    }

    #[test]
    fn changes_come_with_a_minor_and_stay() {
        assert!(!has("1.26.8", Change::NativeNftables) && has("1.27.0", Change::NativeNftables));
        assert!(has("1.31.0-rc.0", Change::NativeNftables));
        assert!(!has("1.28.5", Change::OmitNil) && has("1.28.6", Change::OmitNil) && has("1.29.0", Change::OmitNil));
    }

    #[test]
    fn some_came_to_late_patches_of_older_minors() {
        let table = [("1.27.5", false), ("1.27.6", true), ("1.28.3", false), ("1.28.4", true), ("1.29.0", true)];
        for (release, expected) in table {
            assert_eq!(has(release, Change::ChecksQuantities), expected, "{release}");
        }
        assert!(!has("1.26.8", Change::ChecksQuantities));
    }

    #[test]
    fn they_are_listed_oldest_first() {
        let last = |change: &Change| change.since().last().copied();
        assert!(Change::ALL.is_sorted_by_key(last));
    }
}
