//! AKS: the preview flag of 2024.

use super::command::GET_ISTIOD;
use super::{Answer, Check, Date, Facts, Group};

pub(super) const CHECK: Check = Check { code: "preview-flag", group: Group::Istio, decides: false, answers };

const SHOW: &str =
    "az feature show --namespace Microsoft.ContainerService --name IstioNativeSidecarModePreview --output json";

/// The states of a flag that was never used.
const NEVER: [&str; 3] = ["NotRegistered", "NotSpecified", "Pending"];
/// The states of one that was used.
const USED: [&str; 4] = ["Registered", "Registering", "Unregistering", "Unregistered"];

fn answers(facts: &Facts, _: Date) -> Vec<Answer> {
    if !facts.is_aks() {
        return Vec::new();
    }
    let state = facts.azure.preview_flag.as_deref();
    let seen = state.unwrap_or_default();
    let among =
        |states: &[&str]| state.is_some_and(|state| states.iter().any(|other| other.eq_ignore_ascii_case(state)));
    vec![if facts.istiods().any(super::facts::Istiod::is_of_addon) {
        Answer::ok(seen, "istiod's Deployment decides")
    } else if among(&NEVER) {
        Answer::ok(seen, "it has no effect")
    } else if among(&USED) {
        let text =
            "clusters of the subscription keep the state that the flag gave them: only istiod's Deployment shows it";
        Answer::warn(seen, text).fix(GET_ISTIOD)
    } else {
        Answer::unknown(seen, "if the subscription used the flag, clusters keep the state that it gave them").fix(SHOW)
    }]
}
