//! Which proxy to use on the way to a server, by the rules of Go's `net/http`, which are kubectl's.

use std::env;
use std::net::IpAddr;

use http::Uri;

use super::ClientError;

/// The variables that name proxies.
#[derive(Debug, Default)]
pub(super) struct Environment {
    /// `HTTP_PROXY`.
    http: String,
    /// `HTTPS_PROXY`.
    https: String,
    /// `NO_PROXY`.
    none: String,
}

impl Environment {
    /// Those of this process. Upper case precedes lower case.
    pub(super) fn of_process() -> Self {
        let either = |upper: &str, lower: &str| {
            let value = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
            value(upper).or_else(|| value(lower)).unwrap_or_default()
        };
        Self {
            http: either("HTTP_PROXY", "http_proxy"),
            https: either("HTTPS_PROXY", "https_proxy"),
            none: either("NO_PROXY", "no_proxy"),
        }
    }
}

/// The proxy for a server: the one that the kubeconfig names, or the environment's if `NO_PROXY` does not exclude the server.
pub(super) fn proxy_for(
    server: &Uri,
    of_kubeconfig: Option<&str>,
    environment: &Environment,
) -> Result<Option<Uri>, ClientError> {
    let host = server.host().unwrap_or_default();
    let is_https = server.scheme_str() == Some("https");
    let of_environment = if is_https { &environment.https } else { &environment.http };
    let (proxy, origin) = match of_kubeconfig.filter(|proxy| !proxy.is_empty()) {
        Some(proxy) => (proxy, "proxy-url of the kubeconfig"),
        None if of_environment.is_empty() => return Ok(None),
        None => {
            let port = server.port_u16().unwrap_or(if is_https { 443 } else { 80 });
            if is_excluded(host, port, &environment.none) {
                return Ok(None);
            }
            (of_environment.as_str(), if is_https { "HTTPS_PROXY" } else { "HTTP_PROXY" })
        }
    };
    let proxy = if proxy.contains("://") { proxy.to_owned() } else { format!("http://{proxy}") };
    // socks5h lets the proxy resolve names, as socks5 does with host names.
    let proxy = proxy.replacen("socks5h://", "socks5://", 1);
    // The URL may have a password: it is not quoted.
    let unusable = |why: &str| ClientError::Configuration { message: format!("{origin}: {why}") };
    let uri: Uri = proxy.parse().map_err(|_| unusable("not a valid URL"))?;
    match uri.scheme_str() {
        Some("http" | "https" | "socks5") if uri.host().is_some() => Ok(Some(uri)),
        _ => Err(unusable("expected an http, https or socks5 URL")),
    }
}

/// Whether `NO_PROXY` excludes a host. Without it, only this machine is.
fn is_excluded(host: &str, port: u16, list: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let host = host.trim_end_matches('.');
    let address: Option<IpAddr> = host.parse().ok();
    if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return true;
    }
    list.split(',').map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        let entry = entry.to_ascii_lowercase();
        if entry == "*" {
            return true;
        }
        if let Some((network, bits)) = entry.split_once('/') {
            let network = network.parse().ok().zip(bits.parse().ok());
            return address.zip(network).is_some_and(|(address, (network, bits))| is_in(address, network, bits));
        }
        let (name, only) = match entry.rsplit_once(':') {
            Some((name, only)) if !name.contains(':') || name.ends_with(']') => (name.to_owned(), only.parse().ok()),
            _ => (entry, None::<u16>),
        };
        if only.is_some_and(|only| only != port) {
            return false;
        }
        let name = name.trim_start_matches('[').trim_end_matches(']');
        if let Ok(excluded) = name.parse::<IpAddr>() {
            return address == Some(excluded);
        }
        // "example.org" means subdomains too, ".example.org" and "*.example.org" only these.
        let name = name.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(name);
        let below = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
        match name.strip_prefix('.') {
            Some(domain) => below(domain),
            None => host == name || below(name),
        }
    })
}

/// Whether an address is in a network.
fn is_in(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    let same = |a: u128, b: u128, width: u32| bits <= width && (a ^ b).checked_shr(width - bits).unwrap_or(0) == 0;
    match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => same(u128::from(a.to_bits()), u128::from(b.to_bits()), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => same(a.to_bits(), b.to_bits(), 128),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_excluded_as_go_excludes_them() {
        for (list, host, expected) in [
            ("", "10.0.0.1", false),
            ("", "localhost", true),
            ("", "127.0.0.1", true),
            ("", "[::1]", true),
            ("*", "aks.example.org", true),
            ("example.org", "aks.example.org", true),
            ("example.org", "example.org", true),
            ("example.org", "badexample.org", false),
            (".example.org", "example.org", false),
            (".example.org", "aks.example.org", true),
            ("*.example.org", "AKS.Example.org.", true),
            ("10.0.0.0/8", "10.1.2.3", true),
            ("10.0.0.0/8", "11.1.2.3", false),
            ("10.0.0.0/8", "aks.example.org", false),
            ("0.0.0.0/0", "11.1.2.3", true),
            ("fd00::/8", "[fd12::1]", true),
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1:6443", "10.0.0.1", true),
            ("10.0.0.1:443", "10.0.0.1", false),
            ("[fd12::1]:6443", "[fd12::1]", true),
            ("a, b ,example.org", "example.org", true),
            ("a b", "b", false),
            ("10.0.0.0/99", "10.0.0.1", false),
        ] {
            assert_eq!(is_excluded(host, 6443, list), expected, "{list:?} {host}");
        }
    }

    #[test]
    fn proxies_come_from_the_kubeconfig_or_the_environment() {
        let environment = Environment {
            http: "http.proxy:1".to_owned(),
            https: "proxy:3128".to_owned(),
            none: "internal.example.org, proxy".to_owned(),
        };
        let proxy = |server: &str, own: Option<&str>| {
            let uri = proxy_for(&server.parse().unwrap(), own, &environment);
            uri.map(|uri| uri.map(|uri| uri.to_string())).map_err(|error| error.to_string())
        };
        let found = |url: &str| Ok(Some(url.to_owned()));
        assert_eq!(proxy("https://example.org", None), found("http://proxy:3128/"));
        assert_eq!(proxy("http://example.org", None), found("http://http.proxy:1/"));
        assert_eq!(proxy("https://a.internal.example.org:6443", None), Ok(None));
        // NO_PROXY is for variables only.
        let own = Some("socks5://u:secret@jump:1080");
        assert_eq!(proxy("https://internal.example.org", own), found("socks5://u:secret@jump:1080/"));
        let error = proxy("https://example.org", Some("ftp://u:secret@jump")).unwrap_err();
        assert!(error.contains("proxy-url") && !error.contains("secret"), "{error}");
        assert_eq!(proxy_for(&"https://a".parse().unwrap(), None, &Environment::default()), Ok(None));
    }
}
