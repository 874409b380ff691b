//! The nodes that a user gives with `--node-version` or in a project file.

use crate::diagnostic::Diagnostic;
use crate::istio::{Node, Nodes};

/// The nodes that the user gave. Versions that are given twice are one.
pub(super) fn given(given: &[Node]) -> Result<Nodes, Diagnostic> {
    let mut nodes: Vec<Node> = Vec::with_capacity(given.len());
    for node in given {
        match nodes.iter().find(|known| known.name == node.name && (!node.name.is_empty() || *known == node)) {
            Some(known) if known == node => {}
            Some(known) => {
                let [was, is] = [known, node].map(|node| node.kubelet_version.as_str());
                let message = format!("node {} cannot run both kubelet {was} and {is}", node.name);
                return Err(Diagnostic::usage(message, Some("give one version for each name".to_owned())));
            }
            None => nodes.push(node.clone()),
        }
    }
    Ok(Nodes::known(nodes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::node_version;

    #[test]
    fn what_is_given_twice_is_one_node() {
        let read = |texts: &[&str]| given(&texts.iter().map(|text| node_version(text).unwrap()).collect::<Vec<_>>());
        let nodes = read(&["v1.33.1", "a=v1.33.1", "v1.33.1", "a=v1.33.1", "v1.32.4"]).unwrap();
        assert_eq!(nodes, read(&["v1.33.1", "a=v1.33.1", "v1.32.4"]).unwrap());
        let error = read(&["a=v1.32.4", "b=v1.33.1", "a=v1.33.1"]).unwrap_err();
        assert_eq!(error.message, "node a cannot run both kubelet v1.32.4 and v1.33.1");
    }
}
