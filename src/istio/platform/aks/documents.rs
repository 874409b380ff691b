//! Facts about an AKS cluster in documents of `az`: `az aks show`, `az aks list`, `az aks nodepool list`, `az feature
//! show`, `az aks mesh get-revisions` and `get-upgrades`, and Azure's REST API.

use serde_json::Value;

use super::AksRevision;
use super::azure::{self, Azure};
use crate::istio::object::ObjectError;
use crate::istio::{Node, NodeKind};
use lossless_yaml::{Place, split};

/// The preview flag of 2024.
const FLAG: &str = "IstioNativeSidecarModePreview";

/// Documents of `az`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AksDocuments {
    /// Clusters, each once.
    pub clusters: Vec<Cluster>,
    /// Node pools that are listed without their cluster.
    pub pools: Vec<NodePool>,
    /// The state of the preview flag, such as `Registered`.
    pub preview_flag: Option<String>,
    /// Revisions that a region offers.
    pub offered: Vec<OfferedRevision>,
    /// Fields without which an answer may stay open.
    pub warnings: Vec<String>,
    /// Documents that are neither these nor Kubernetes objects, such as the result of a `--query`.
    pub unrecognized: Vec<Unrecognized>,
}

/// A cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// The name; empty if the document lacks it.
    pub name: String,
    /// The resource group; empty if the document lacks it.
    pub resource_group: String,
    /// The control plane's version: the current one, or else the requested one.
    pub kubernetes: Option<String>,
    /// `supportPlan`, such as `AKSLongTermSupport`.
    pub support_plan: Option<String>,
    /// `provisioningState`, such as `Succeeded`.
    pub provisioning_state: Option<String>,
    /// `powerState.code`, such as `Running`.
    pub power_state: Option<String>,
    /// The node pools; none if the document lacks them.
    pub pools: Option<Vec<NodePool>>,
    /// Whether nodes may come from outside of the pools (`nodeProvisioningProfile.mode` is `Auto`).
    pub provisions_nodes: bool,
    /// Whether the add-on for virtual nodes is enabled.
    pub has_virtual_nodes: bool,
    /// The revisions of the add-on, oldest first; none if the add-on is off.
    pub revisions: Vec<String>,
    /// `serviceMeshProfile.istio.components.proxyRedirectionMechanism`, such as `CNIChaining`.
    pub proxy_redirection: Option<String>,
}

/// A node pool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodePool {
    /// The name.
    pub name: String,
    /// The kubelets' version: the current one, or else the requested one.
    pub kubelet_version: Option<String>,
    /// `osType`, such as `Windows`.
    pub os: Option<String>,
    /// `provisioningState`, such as `Upgrading`.
    pub provisioning_state: Option<String>,
    /// `powerState.code`, such as `Stopped`.
    pub power_state: Option<String>,
}

/// A revision that a region offers, with the versions of AKS that it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedRevision {
    /// The name.
    pub name: String,
    /// Support plans, such as `KubernetesOfficial`, with minor versions.
    pub compatible_with: Vec<(String, Vec<String>)>,
}

/// A document that is not recognized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrecognized {
    /// The file.
    pub file: String,
    /// The place where the document begins.
    pub place: Place,
}

impl AksDocuments {
    /// Reads the documents of a file that are not Kubernetes objects.
    pub(in crate::istio) fn read(&mut self, file: &str, text: &str) -> Result<(), ObjectError> {
        for chunk in split(text.as_bytes()) {
            let document = text.get(chunk.range).unwrap_or_default();
            let Some(data) = azure::data(document.trim_start_matches('\u{feff}'), chunk.start) else { continue };
            self.take(&data, file, chunk.start)?;
        }
        Ok(())
    }

    /// Reads a document that is not a Kubernetes object, which begins at `place`.
    pub(crate) fn take(&mut self, value: &Value, file: &str, place: Place) -> Result<(), ObjectError> {
        let unrecognized = || Unrecognized { file: file.to_owned(), place };
        if let Value::Array(items) = value {
            return items.iter().try_for_each(|item| self.take(item, file, place));
        }
        let Some(azure) = Azure::new(value, file, place) else {
            self.unrecognized.extend((!value.is_null()).then(unrecognized));
            return Ok(());
        };
        let has = |name: &str| azure.get(name).is_some();
        let of_type = azure.text("type").ok().flatten().unwrap_or_default().to_ascii_lowercase();
        if has("agentPoolProfiles") || has("serviceMeshProfile") || of_type.ends_with("/managedclusters") {
            let cluster = Cluster::read(azure)?;
            if !self.clusters.contains(&cluster) {
                let pools = cluster.pools.as_deref();
                let lacks = [
                    (cluster.kubernetes.is_none(), "kubernetesVersion"),
                    (pools.is_none(), "agentPoolProfiles"),
                    (pools.is_some_and(lacks_version), "agentPoolProfiles[].orchestratorVersion"),
                ];
                self.warnings.extend(lacks.iter().filter(|(lacks, _)| *lacks).map(|(_, field)| lacking(azure, field)));
                self.clusters.push(cluster);
            }
        } else if has("orchestratorVersion") || has("currentOrchestratorVersion") || of_type.ends_with("/agentpools") {
            let pool = NodePool::read(azure)?;
            let lacks = lacks_version(std::slice::from_ref(&pool));
            self.warnings.extend(lacks.then(|| lacking(azure, "orchestratorVersion")));
            self.pools.push(pool);
        } else if azure.text("name")?.is_some_and(|name| name.ends_with(FLAG)) {
            let state = azure.text("state")?;
            self.preview_flag = Some(state.ok_or_else(|| missing(azure, "properties.state", "az feature show"))?);
        } else if has("meshRevisions") {
            for revision in azure.parts("meshRevisions")? {
                self.offered.push(OfferedRevision::read(revision)?);
            }
        } else if has("compatibleWith") {
            self.offered.push(OfferedRevision::read(azure)?);
        } else if let Some(listed) = azure.get("value").filter(|value| value.is_array()) {
            self.take(listed, file, place)?;
        } else {
            self.unrecognized.push(unrecognized());
        }
        Ok(())
    }

    /// All node pools.
    pub fn all_pools(&self) -> impl Iterator<Item = &NodePool> {
        self.clusters.iter().filter_map(|cluster| cluster.pools.as_ref()).flatten().chain(&self.pools)
    }

    /// Whether the preview flag affects clusters, also after it was unregistered.
    pub fn has_preview_flag(&self) -> bool {
        let never = ["NotRegistered", "NotSpecified", "Pending"];
        self.preview_flag.as_deref().is_some_and(|state| !never.iter().any(|never| never.eq_ignore_ascii_case(state)))
    }
}

impl Cluster {
    /// Whether its versions have long-term support.
    pub fn has_long_term_support(&self) -> bool {
        self.support_plan.as_deref().is_some_and(|plan| plan.eq_ignore_ascii_case("AKSLongTermSupport"))
    }

    fn read(azure: Azure<'_>) -> Result<Self, ObjectError> {
        let code = |name: &str| azure.part(name)?.map_or(Ok(None), |state| state.text("code"));
        let profile = azure.part("serviceMeshProfile")?;
        let is_on = match profile {
            Some(profile) => profile.text("mode")?.is_none_or(|mode| mode.eq_ignore_ascii_case("Istio")),
            None => false,
        };
        let istio = profile.filter(|_| is_on).map_or(Ok(None), |profile| profile.part("istio"))?;
        let mut revisions = Vec::new();
        for revision in istio.map_or(Ok(&[][..]), |istio| istio.items("revisions"))? {
            revisions.extend(revision.as_str().map(str::to_owned));
        }
        if is_on && revisions.is_empty() {
            return Err(missing(azure, "serviceMeshProfile.istio.revisions", "az aks show"));
        }
        revisions.sort_by_key(|name| AksRevision::of_name(name));
        let components = istio.map_or(Ok(None), |istio| istio.part("components"))?;
        let pools = match azure.get("agentPoolProfiles") {
            Some(_) => {
                Some(azure.parts("agentPoolProfiles")?.into_iter().map(NodePool::read).collect::<Result<_, _>>()?)
            }
            None => None,
        };
        let addons = azure.part("addonProfiles")?;
        let virtual_nodes = addons.map_or(Ok(None), |addons| addons.part("aciConnectorLinux"))?;
        let provisioning = azure.part("nodeProvisioningProfile")?;
        let provisioning = provisioning.map_or(Ok(None), |profile| profile.text("mode"))?;
        Ok(Self {
            name: azure.text("name")?.unwrap_or_default(),
            resource_group: azure.text("resourceGroup")?.unwrap_or_default(),
            kubernetes: version(azure, "currentKubernetesVersion", "kubernetesVersion")?,
            support_plan: azure.text("supportPlan")?,
            provisioning_state: azure.text("provisioningState")?,
            power_state: code("powerState")?,
            pools,
            provisions_nodes: provisioning.is_some_and(|mode| mode.eq_ignore_ascii_case("Auto")),
            has_virtual_nodes: virtual_nodes.is_some_and(|addon| addon.get("enabled") == Some(&Value::Bool(true))),
            revisions,
            proxy_redirection: components.map_or(Ok(None), |parts| parts.text("proxyRedirectionMechanism"))?,
        })
    }
}

impl NodePool {
    fn read(azure: Azure<'_>) -> Result<Self, ObjectError> {
        Ok(Self {
            name: azure.text("name")?.unwrap_or_default(),
            kubelet_version: version(azure, "currentOrchestratorVersion", "orchestratorVersion")?,
            os: azure.text("osType")?,
            provisioning_state: azure.text("provisioningState")?,
            power_state: azure.part("powerState")?.map_or(Ok(None), |state| state.text("code"))?,
        })
    }

    /// The kubelets as one node.
    pub fn node(&self) -> Node {
        let is_windows = self.os.as_deref().is_some_and(|os| os.eq_ignore_ascii_case("Windows"));
        let kind = if is_windows { NodeKind::WindowsPool } else { NodeKind::Pool };
        let kubelet_version = self.kubelet_version.clone().unwrap_or_default();
        Node { name: self.name.clone(), kubelet_version, kind }
    }
}

impl OfferedRevision {
    fn read(azure: Azure<'_>) -> Result<Self, ObjectError> {
        let name = azure.text("revision")?.ok_or_else(|| missing(azure, "revision", "az aks mesh get-revisions"))?;
        let mut compatible_with = Vec::new();
        for plan in azure.parts("compatibleWith")? {
            let versions = plan.items("versions")?.iter().filter_map(Value::as_str).map(str::to_owned);
            compatible_with.push((plan.text("name")?.unwrap_or_default(), versions.collect()));
        }
        Ok(Self { name, compatible_with })
    }
}

/// The current version, or else the requested one, which an upgrade installs.
fn version(azure: Azure<'_>, current: &str, requested: &str) -> Result<Option<String>, ObjectError> {
    Ok(azure.text(current)?.or(azure.text(requested)?))
}

fn lacks_version(pools: &[NodePool]) -> bool {
    pools.iter().any(|pool| pool.kubelet_version.is_none())
}

/// The warning about a document without a field.
fn lacking(azure: Azure<'_>, field: &str) -> String {
    azure.error(format!("{field} is missing, so the versions of the cluster are not all known")).to_string()
}

/// The error about a document without a field.
fn missing(azure: Azure<'_>, field: &str, command: &str) -> ObjectError {
    let error = azure.error(format!("{field} is missing"));
    error.with_hint(format!("export the whole document: {command} … -o json, without --query"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<AksDocuments, String> {
        let mut documents = AksDocuments::default();
        documents.read("aks.json", text).map(|()| documents).map_err(|error| error.to_string())
    }

    #[test]
    fn fields_are_found_in_any_case_and_below_properties() {
        let cli = r#"{"name": "a", "kubernetesVersion": "1.34", "currentKubernetesVersion": null, "serviceMeshProfile":
            {"mode": "Istio", "istio": {"revisions": ["asm-1-30", "asm-1-9"]}}, "agentPoolProfiles":
            [{"name": "p", "orchestratorVersion": "1.34", "currentOrchestratorVersion": "1.33.2", "osType": "Windows"}]}"#;
        let rest = r#"{"name": "a", "properties": {"KubernetesVersion": "1.34", "serviceMeshProfile":
            {"mode": "Istio", "istio": {"revisions": ["asm-1-9", "asm-1-30"]}}, "agentPoolProfiles":
            [{"name": "p", "properties": {"CurrentOrchestratorVersion": "1.33.2", "osType": "Windows"}}]}}"#;
        let (cli, rest) = (read(cli).unwrap(), read(rest).unwrap());
        assert_eq!(cli.clusters, rest.clusters);
        assert_eq!(cli.clusters[0].revisions, ["asm-1-9", "asm-1-30"]);
        let node = cli.all_pools().next().unwrap().node();
        assert_eq!((node.kubelet_version.as_str(), node.kind), ("1.33.2", NodeKind::WindowsPool));
    }

    #[test]
    fn all_documents_of_az_are_read_in_one_file() {
        let text = "[{\"name\": \"p\", \"orchestratorVersion\": \"1.31\"}]\n---\nname: \
                    Microsoft.ContainerService/IstioNativeSidecarModePreview\nproperties: {state: Registered}\n---\n\
                    value:\n- name: istio\n  properties:\n    meshRevisions:\n    - revision: asm-1-30\n      \
                    compatibleWith: [{name: KubernetesOfficial, versions: ['1.33']}]\n---\n# nothing\n";
        let documents = read(text).unwrap();
        assert_eq!((documents.pools.len(), documents.has_preview_flag()), (1, true));
        let plan = ("KubernetesOfficial".to_owned(), vec!["1.33".to_owned()]);
        let offered = OfferedRevision { name: "asm-1-30".to_owned(), compatible_with: vec![plan] };
        assert_eq!((documents.offered, documents.unrecognized.len()), (vec![offered], 0));
        for (state, expected) in [("NotRegistered", false), ("Pending", false), ("Unregistered", true)] {
            let documents = AksDocuments { preview_flag: Some(state.to_owned()), ..AksDocuments::default() };
            assert_eq!(documents.has_preview_flag(), expected, "{state}");
        }
    }

    #[test]
    fn missing_fields_are_named() {
        let warnings = |text: &str| read(text).unwrap().warnings.join("; ");
        assert!(
            warnings("{\"serviceMeshProfile\": {\"mode\": \"Disabled\"}}").contains("agentPoolProfiles is missing")
        );
        let lacking = warnings("{\"agentPoolProfiles\": [{\"name\": \"p\"}]}");
        assert!(lacking.contains("aks.json:1:1: kubernetesVersion is missing"), "{lacking}");
        assert!(lacking.contains("agentPoolProfiles[].orchestratorVersion is missing"), "{lacking}");
        for (text, expected) in [
            ("{\"serviceMeshProfile\": {\"mode\": \"Istio\"}}", "serviceMeshProfile.istio.revisions is missing"),
            ("{\"name\": \"x/IstioNativeSidecarModePreview\"}", "properties.state is missing"),
            ("{\"agentPoolProfiles\": \"SECRET\"}", "agentPoolProfiles must be a list, found a string"),
            ("{\"agentPoolProfiles\": [1]}", "items of agentPoolProfiles must be a mapping, found a number"),
            ("{\"orchestratorVersion\": []}", "orchestratorVersion must be a string, found a list"),
            ("\n\n{\"agentPoolProfiles\": {}}", "aks.json:"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(expected) && !error.contains("SECRET"), "{error}");
        }
    }

    #[test]
    fn results_of_queries_are_not_recognized() {
        for text in ["\"1.34\"", "{\"v\": \"1.34\"}", "[\"asm-1-30\"]", "{\"revisions\": [\"asm-1-30\"]}"] {
            assert_eq!(read(text).unwrap().unrecognized.len(), 1, "{text}");
        }
        assert!(read("kind: Service\napiVersion: v1\n").unwrap().unrecognized.is_empty());
        assert!(read("").unwrap().unrecognized.is_empty());
    }
}
