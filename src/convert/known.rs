//! Well-known sidecars: how to recognize them, and what to know before they become native. The one table of them.

use serde::Serialize;

use super::container::Container;

/// A sidecar of a vendor.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct KnownSidecar {
    /// The name.
    pub name: &'static str,
    /// The last parts of the images' names, without registry and tag; empty if it is not converted.
    pub images: &'static [&'static str],
    /// A word that the command must have, where the image has other uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub argument: Option<&'static str>,
    /// The vendor's own setting that makes it native.
    pub switch: Option<&'static str>,
    /// What to know before it is converted.
    pub traps: &'static [Trap],
}

/// What to know about a sidecar.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Trap {
    /// The text.
    pub text: &'static str,
    /// Where this is documented.
    pub source: &'static str,
    /// When it concerns a container.
    #[serde(skip)]
    pub when: When,
}

/// When a trap concerns a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Always.
    Always,
    /// It has no startup probe.
    NoStartupProbe,
    /// It has a startup probe.
    StartupProbe,
    /// Its command does not contain this text.
    Without(&'static str),
    /// Its command contains this text.
    With(&'static str),
}

const fn known(name: &'static str, images: &'static [&'static str]) -> KnownSidecar {
    KnownSidecar { name, images, argument: None, switch: None, traps: &[] }
}

const fn trap(when: When, text: &'static str, source: &'static str) -> Trap {
    Trap { text, source, when }
}

/// All known sidecars, by name.
pub static KNOWN_SIDECARS: &[KnownSidecar] = &[
    KnownSidecar {
        traps: &[trap(
            When::NoStartupProbe,
            "--health-check with --http-address=0.0.0.0 serves /startup on port 9090, for a startupProbe",
            "https://github.com/GoogleCloudPlatform/alloydb-auth-proxy",
        )],
        ..known("AlloyDB Auth Proxy", &["alloydb-auth-proxy"])
    },
    known("AWS SigV4 proxy", &["aws-sigv4-proxy"]),
    known("AWS X-Ray daemon", &["aws-xray-daemon"]),
    KnownSidecar {
        traps: &[
            trap(
                When::NoStartupProbe,
                "-use_http_health_check serves /startup on port 8090, for a startupProbe",
                "https://github.com/GoogleCloudPlatform/cloud-sql-proxy/tree/v1.33.0/examples/k8s-health-check",
            ),
            trap(
                When::Without("-term_timeout"),
                "-term_timeout is the time in which open connections may end after SIGTERM; the default is 0",
                "https://github.com/GoogleCloudPlatform/cloud-sql-proxy/tree/v1.33.0",
            ),
        ],
        ..known("Cloud SQL Auth Proxy 1", &["gce-proxy"])
    },
    KnownSidecar {
        traps: &[
            trap(
                When::NoStartupProbe,
                "--health-check with --http-address=0.0.0.0 serves /startup on port 9090, for a startupProbe",
                "https://github.com/GoogleCloudPlatform/cloud-sql-proxy/tree/main/examples/k8s-health-check",
            ),
            trap(
                When::Without("--exit-zero-on-sigterm"),
                "--exit-zero-on-sigterm makes it exit with 0 instead of 143 when the pod ends",
                "https://github.com/GoogleCloudPlatform/cloud-sql-proxy/blob/main/examples/k8s-sidecar/job_with_sidecar.yaml",
            ),
            trap(
                When::With("--quitquitquit"),
                "--quitquitquit, and calls of /quitquitquit, are no longer necessary",
                "https://github.com/GoogleCloudPlatform/cloud-sql-proxy/blob/main/examples/k8s-sidecar/job_with_sidecar.yaml",
            ),
        ],
        ..known("Cloud SQL Auth Proxy 2", &["cloud-sql-proxy"])
    },
    known("Consul dataplane", &["consul-dataplane"]),
    KnownSidecar {
        switch: Some("annotation dapr.io/enable-native-sidecar: \"true\", in newer versions of its injector"),
        traps: &[trap(
            When::Always,
            "its injector adds it to annotated pods, and can make it native itself: convert only one that was added by hand",
            "https://docs.dapr.io/reference/arguments-annotations-overview/",
        )],
        ..known("Dapr", &["daprd"])
    },
    KnownSidecar {
        traps: &[trap(
            When::NoStartupProbe,
            "it serves its health on the port in DD_HEALTH_PORT, for a startupProbe",
            "https://docs.datadoghq.com/containers/docker/",
        )],
        ..known("Datadog Agent", &["datadog/agent", "datadoghq/agent"])
    },
    KnownSidecar {
        traps: &[trap(
            When::NoStartupProbe,
            "its admin port serves /ready, for a startupProbe",
            "https://www.envoyproxy.io/docs/envoy/latest/operations/admin",
        )],
        ..known("Envoy", &["envoy"])
    },
    KnownSidecar {
        traps: &[trap(
            When::Always,
            "on SIGTERM, it does not wait for unsent events unless filebeat.shutdown_timeout is set",
            "https://www.elastic.co/docs/reference/beats/filebeat/configuration-general-options",
        )],
        ..known("Filebeat", &["filebeat"])
    },
    KnownSidecar {
        traps: &[trap(
            When::Always,
            "on SIGTERM, it sends what it has for 5 seconds (service.grace): the pod's grace period must leave that much \
             after the app containers",
            "https://docs.fluentbit.io/manual/administration/configuring-fluent-bit/yaml/service-section",
        )],
        ..known("Fluent Bit", &["fluent-bit"])
    },
    known("Fluentd", &["fluentd"]),
    KnownSidecar {
        traps: &[
            trap(
                When::NoStartupProbe,
                "with --http-bind, its path / fails until the first sync is complete, for a startupProbe",
                "https://github.com/kubernetes/git-sync#manual",
            ),
            trap(
                When::With("--one-time"),
                "with --one-time it ends after the first sync, and is restarted again and again: leave it an init \
                 container without restartPolicy",
                "https://github.com/kubernetes/git-sync#manual",
            ),
        ],
        ..known("git-sync", &["git-sync"])
    },
    KnownSidecar { switch: Some("kubectl nativesidecar annotate or inject"), ..known("Istio", &[]) },
    known("Jaeger agent", &["jaeger-agent"]),
    known("kube-rbac-proxy", &["kube-rbac-proxy"]),
    KnownSidecar {
        switch: Some(
            "annotation config.beta.linkerd.io/proxy-enable-native-sidecar: \"true\" (Linkerd 2.19; config.alpha before)",
        ),
        traps: &[trap(
            When::Always,
            "its injector can make it native itself, by annotation: convert only one that was written by hand",
            "https://linkerd.io/2/features/native-sidecars",
        )],
        ..known("Linkerd", &["linkerd/proxy", "linkerd2-proxy"])
    },
    KnownSidecar {
        traps: &[trap(
            When::StartupProbe,
            "it queries NGINX, which starts after it: a startupProbe that depends on NGINX never succeeds",
            "https://github.com/nginx/nginx-prometheus-exporter#command-line-arguments",
        )],
        ..known("NGINX exporter", &["nginx-prometheus-exporter"])
    },
    KnownSidecar {
        traps: &[trap(
            When::NoStartupProbe,
            "it serves /ready and /ping on its HTTP port, for a startupProbe",
            "https://oauth2-proxy.github.io/oauth2-proxy/features/endpoints",
        )],
        ..known("OAuth2 Proxy", &["oauth2-proxy"])
    },
    KnownSidecar {
        switch: Some("--feature-gates=operator.sidecarcontainers.native of its operator"),
        traps: &[trap(
            When::NoStartupProbe,
            "the extension health_check serves its health on port 13133, for a startupProbe",
            "https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/extension/healthcheckextension",
        )],
        ..known(
            "OpenTelemetry Collector",
            &["opentelemetry-collector", "opentelemetry-collector-contrib", "opentelemetry-collector-k8s", "otelcol"],
        )
    },
    known("Promtail", &["promtail"]),
    known("StatsD exporter", &["statsd-exporter"]),
    known("Telegraf", &["telegraf"]),
    KnownSidecar {
        argument: Some("agent"),
        traps: &[
            trap(
                When::Always,
                "its injector has no native sidecars: convert only one that was written by hand",
                "https://github.com/hashicorp/vault-k8s/issues/620",
            ),
            trap(
                When::Always,
                "with exit_after_auth = true it ends after the first login, and is restarted again and again",
                "https://developer.hashicorp.com/vault/docs/agent-and-proxy/agent",
            ),
        ],
        ..known("Vault Agent", &["vault", "vault-enterprise"])
    },
    KnownSidecar {
        traps: &[trap(
            When::Always,
            "on SIGTERM, it sends what it has for up to 60 seconds (--graceful-shutdown-limit-secs): longer than the usual \
             grace period of 30",
            "https://vector.dev/docs/reference/cli/",
        )],
        ..known("Vector", &["timberio/vector", "vectordotdev/vector"])
    },
];

impl KnownSidecar {
    /// The sidecar that an image and the words of its command are those of.
    pub fn of(image: &str, words: &[&str]) -> Option<&'static Self> {
        let name = image_name(image);
        KNOWN_SIDECARS.iter().find(|known| {
            let is_image = known.images.iter().any(|image| ends_with_parts(name, image));
            is_image && known.argument.is_none_or(|argument| words.contains(&argument))
        })
    }

    /// The traps that concern a container.
    pub(super) fn traps_of<'c>(&self, container: &Container<'c>) -> impl Iterator<Item = &'static Trap> + use<'c> {
        let texts = container.texts();
        let has_probe = container.get("startupProbe").is_some();
        self.traps.iter().filter(move |trap| match trap.when {
            When::Always => true,
            When::NoStartupProbe => !has_probe,
            When::StartupProbe => has_probe,
            When::Without(word) => !texts.iter().any(|text| text.contains(word)),
            When::With(word) => texts.iter().any(|text| text.contains(word)),
        })
    }
}

/// The name of an image without its tag and digest.
fn image_name(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    match image.rsplit_once(':') {
        // A port of the registry has a path behind it.
        Some((name, tag)) if !tag.contains('/') => name,
        _ => image,
    }
}

fn ends_with_parts(name: &str, parts: &str) -> bool {
    name.strip_suffix(parts).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(image: &str, words: &[&str]) -> Option<&'static str> {
        KnownSidecar::of(image, words).map(|known| known.name)
    }

    #[test]
    fn sidecars_are_recognized_by_their_image() {
        let of = |image| name(image, &[]);
        assert_eq!(of("gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.14.1"), Some("Cloud SQL Auth Proxy 2"));
        assert_eq!(of("localhost:5000/gce-proxy"), Some("Cloud SQL Auth Proxy 1"));
        assert_eq!(of("fluent-bit@sha256:0"), Some("Fluent Bit"));
        assert_eq!(of("gcr.io/datadoghq/agent:7"), Some("Datadog Agent"));
        for other in ["agent", "example.com/agent:1", "my-envoy", "envoy/ratelimit", "nvidia/vector", "", ":", "@"] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn an_image_with_other_uses_is_recognized_by_its_command() {
        assert_eq!(name("hashicorp/vault:1.19", &["vault", "agent", "-config=/a.hcl"]), Some("Vault Agent"));
        assert_eq!(name("hashicorp/vault:1.19", &["server"]), None);
    }

    #[test]
    fn the_table_is_sorted_and_images_are_listed_once() {
        let names: Vec<String> = KNOWN_SIDECARS.iter().map(|known| known.name.to_lowercase()).collect();
        assert!(names.is_sorted(), "{names:?}");
        let mut images: Vec<&str> = KNOWN_SIDECARS.iter().flat_map(|known| known.images).copied().collect();
        images.sort_unstable();
        assert!(images.windows(2).all(|pair| pair[0] != pair[1]), "{images:?}");
    }
}
