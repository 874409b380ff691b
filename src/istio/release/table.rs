//! The table of Istio's minor releases: a row for each, and the changes in each.
//!
//! Code that depends on the release calls [`Release::has`](super::Release::has). Nothing else compares versions.

/// The kind of release that was measured for a minor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Final,
    /// A pre-release, with its suffix.
    Candidate(&'static str),
    /// Not released when it was measured, with what was measured instead.
    Preview(&'static str),
}

/// A minor release whose sidecar is built in.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) minor: u16,
    /// The patch that was measured.
    pub(super) patch: u16,
    /// The first patch with the template of the measured one; 0 if the template never changed within the minor.
    pub(super) template_since: u16,
    pub(super) stage: Stage,
}

const fn row(minor: u16, patch: u16, template_since: u16, stage: Stage) -> Row {
    Row { minor, patch, template_since, stage }
}

/// The releases that are built in, oldest first: minor, patch, first patch with its template, stage.
pub(super) const ROWS: &[Row] = &[
    row(24, 6, 0, Stage::Final),
    row(25, 5, 4, Stage::Final),
    row(26, 8, 5, Stage::Final),
    row(27, 9, 6, Stage::Final),
    row(28, 10, 6, Stage::Final),
    row(29, 6, 1, Stage::Final),
    row(30, 3, 0, Stage::Final),
    row(31, 0, 0, Stage::Candidate("rc.0")),
    row(32, 0, 0, Stage::Preview("the development branch of 2026-08-22")),
];

/// Older releases, of which only decisions are known: minor and the newest patch. Istio knows native sidecars since 1.19.
pub(super) const DECISIONS_ONLY: &[(u16, u16)] = &[(19, 10), (20, 8), (21, 6), (22, 8), (23, 6)];

macro_rules! changes {
    ($( $(#[doc = $text:literal])+ $name:ident: $since:expr; )*) => {
        /// What a release changed for sidecars.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ReleaseChange {
            $( $(#[doc = $text])+ $name, )*
        }

        impl ReleaseChange {
            /// All changes, oldest first.
            pub const ALL: &[Self] = &[ $( Self::$name, )* ];

            /// The change, in words.
            pub fn text(self) -> &'static str {
                match self {
                    $( Self::$name => concat!($($text),+).trim_ascii_start(), )*
                }
            }

            /// The first releases with the change, as minor and patch: backports to older minors, then the minor that
            /// introduced it.
            pub fn since(self) -> &'static [(u16, u16)] {
                match self {
                    $( Self::$name => &$since, )*
                }
            }
        }
    };
}

changes! {
    /// The annotation `sidecar.istio.io/nativeSidecar`.
    NativeAnnotation: [(24, 0)];
    /// With TPROXY, the init container's user is 1337 regardless of the proxy's user.
    TproxyUser: [(25, 0)];
    /// Lifecycle handlers over HTTP and TCP go through the agent, as probes do.
    LifecycleHandlers: [(25, 0)];
    /// With CNI, the pod's annotations always list the inbound ports that are captured.
    CniIncludeInboundPorts: [(25, 0)];
    /// The annotation `istio.io/reroute-virtual-interfaces`.
    RerouteInterfaces: [(25, 0)];
    /// The label `service.istio.io/workload-name` names the workload for telemetry.
    WorkloadNameLabel: [(25, 0)];
    /// The field `tracing.enableIstioTags` of the proxy's configuration.
    IstioTagsSetting: [(25, 0)];
    /// The field `proxyHeaders.preserveHttp1HeaderCase` of the proxy's configuration.
    HeaderCaseSetting: [(25, 0)];
    /// `istio.io/reroute-virtual-interfaces` replaces the older annotation where both are set.
    RerouteReplacesKubevirt: [(26, 0)];
    /// Without interception, a regular sidecar leaves the user's own init containers alone.
    KeepsInitContainers: [(26, 0)];
    /// Istiod's root certificate can come from a `ClusterTrustBundle`.
    ClusterTrustBundle: [(26, 0)];
    /// Only `true` and `false` answer whether a pod is injected; before, `y`, `yes` and `on` too.
    ExactAnswers: [(27, 0)];
    /// Revoked certificates: the volume `istio-ca-crl`.
    RevokedCertificates: [(27, 0)];
    /// The `ConfigMap` of the root certificate can have another name.
    TrustBundleName: [(27, 0)];
    /// The init container can use nftables.
    NativeNftables: [(27, 0)];
    /// Templates can read whether the mesh is native.
    NativeInTemplates: [(27, 0)];
    /// On `OpenShift` the users of init containers count too.
    OpenShiftInitContainers: [(27, 0)];
    /// Where `ENABLE_NATIVE_SIDECARS` is unset, the kubelets decide between native and regular.
    NodesDecideMode: [(27, 0)];
    /// Any value of `sidecar.istio.io/nativeSidecar` except `false` and the empty one selects native; before, only
    /// `true`.
    LenientNativeAnnotation: [(27, 0)];
    /// The proxy's and the init container's seccomp profile.
    SeccompProfile: [(28, 0)];
    /// The chart is compatible with all versions back to 1.25; before, with the three before it.
    LongCompatibility: [(28, 0)];
    /// The fields `proxyHeaders.xForwardedHost` and `xForwardedPort` of the proxy's configuration.
    ForwardedHeaderSettings: [(28, 0)];
    /// Nulls in the resources of values are dropped.
    OmitNil: [(28, 6)];
    /// Quantities in annotations are checked before anything is rendered.
    ChecksQuantities: [(27, 6), (28, 4), (29, 0)];
    /// References to resources name their divisor.
    Divisor: [(29, 0)];
    /// The `ConfigMap` of revoked certificates can have another name.
    CrlConfigMapName: [(29, 0)];
    /// The fields `fileFlushInterval` and `fileFlushMinSizeKb` of the proxy's configuration.
    FileFlushSettings: [(29, 0)];
    /// The field `statsCompression` of the proxy's configuration.
    StatsCompressionSetting: [(29, 0)];
    /// Interface names in annotations are checked.
    ChecksInterfaces: [(30, 0)];
    /// OpenTelemetry's resource attributes where a provider asks for them.
    OtelResourceAttributes: [(30, 0)];
    /// The chart's default registry is `registry.istio.io` (release notes).
    OwnRegistry: [(30, 0)];
    /// The init container has an image of its own.
    InitImage: [(31, 0)];
    /// Canonical names lose dashes, underscores and dots at both ends; before, one dash at the end.
    TrimsCanonicalNames: [(31, 0)];
    /// `GODEBUG` for the compliance policy `fips-140-3`.
    FipsGodebug: [(31, 0)];
    /// Several scrape targets, checked ports, and an annotation for the port of secure scraping.
    ScrapeTargets: [(31, 0)];
    /// The field `connectionSettings` of the proxy's configuration.
    ConnectionSettings: [(31, 0)];
    /// The proxy's environment has no `GOMAXPROCS`.
    NoGomaxprocs: [(32, 0)];
    /// The template quotes annotations that name an image, a bootstrap or log levels, which can then hold any text.
    QuotesAnnotations: [(32, 0)];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_consecutive() {
        assert!(ROWS.is_sorted_by(|a, b| a.minor + 1 == b.minor), "no minor is missing, oldest first");
        assert!(ROWS.iter().all(|row| row.template_since <= row.patch));
        let older = DECISIONS_ONLY.iter().map(|(minor, _)| *minor);
        assert!(older.chain([ROWS[0].minor]).is_sorted_by(|a, b| a + 1 == *b), "and the older ones come before them");
    }

    #[test]
    fn changes_are_listed_oldest_first_by_releases_with_a_row() {
        let last = |change: &ReleaseChange| change.since().last().copied();
        assert!(ReleaseChange::ALL.is_sorted_by_key(last));
        for change in ReleaseChange::ALL {
            let since = change.since();
            assert!(!since.is_empty() && since.is_sorted(), "{change:?}");
            for (minor, _) in since {
                assert!(ROWS.iter().any(|row| row.minor == *minor), "{change:?}: 1.{minor} has no row");
            }
        }
    }
}
