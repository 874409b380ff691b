//! The inbound ports that bypass the proxy.

use std::borrow::Cow;

/// The excluded inbound ports with the agent's added, unless it is listed or disabled (`excludeInboundPort`).
pub(super) fn excluded_inbound_ports<'d>(port: &str, list: &'d str) -> Cow<'d, str> {
    let port = port.trim();
    if port.is_empty() || port == "0" || list.split(',').any(|element| element == port) {
        return Cow::Borrowed(list);
    }
    let elements = list.split(',').map(str::trim).filter(|element| !element.is_empty());
    Cow::Owned(elements.chain([port]).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_agents_port_is_excluded_once() {
        let table = [
            ("15020", "", "15020"),
            ("15020", "9090,9100", "9090,9100,15020"),
            (" 15020 ", "80, ,90", "80,90,15020"),
            ("15020", "15020,80", "15020,80"),
            ("0", "80, 90", "80, 90"),
        ];
        for (port, list, expected) in table {
            assert_eq!(excluded_inbound_ports(port, list), expected);
        }
    }
}
