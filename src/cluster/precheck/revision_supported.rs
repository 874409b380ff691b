//! Whether every revision is supported.

use super::command::{aks_cluster, aks_show};
use super::facts::Revision;
use super::{Answer, Check, Date, Facts, Group, per_revision};
use crate::istio::platform::{AksCluster, AksRevision, AksRevisionRow, OfferedRevision};
use crate::k8s::KubernetesVersion;

pub(super) const CHECK: Check = Check { code: "revision-supported", group: Group::Istio, decides: false, answers };

/// The support plan with more versions.
const LONG_TERM: &str = "AKSLongTermSupport";

/// The answer for a revision that is not one of the add-on.
const NOT_AKS: &str = "not of the AKS add-on, whose support periods this checks";

/// What the end of a revision's support depends on.
struct Support<'f> {
    facts: &'f Facts,
    today: Date,
}

fn answers(facts: &Facts, today: Date) -> Vec<Answer> {
    let revisions = facts.revisions();
    let support = Support { facts, today };
    let are_several = revisions.len() > 1;
    let mut answers = per_revision(facts, "no mesh is known", |revision| {
        let answer = if revision.is_addon { support.of_addon(revision) } else { Answer::ok(&revision.name, NOT_AKS) };
        // With a subject, the name would be there twice.
        if are_several { Answer { seen: String::new(), ..answer } } else { answer }
    });
    if are_several {
        let names = revisions.iter().map(|revision| revision.name.as_str()).collect::<Vec<_>>().join(", ");
        let is_addon = revisions.iter().all(|revision| revision.is_addon);
        answers.push(if is_addon {
            let text = "an upgrade is under way: complete it when all pods use the new revision, or roll it back";
            Answer::warn(names, text).fix(aks_cluster(facts.cluster.as_ref(), "mesh upgrade complete"))
        } else {
            Answer::warn(names, "several revisions: labels of namespaces and pods choose").fix("istioctl tag list")
        });
    }
    answers
}

impl Support<'_> {
    fn of_addon(&self, revision: &Revision<'_>) -> Answer {
        let name = &revision.name;
        let upgrade = || {
            let upgrades = aks_cluster(self.facts.cluster.as_ref(), "mesh get-upgrades");
            format!("{upgrades} --output table")
        };
        let row = AksRevision::of_name(name).and_then(AksRevision::row);
        if let Some(row) = row
            && let Some(end) = end_of_life(row)
            && end < self.today
        {
            let text = format!("its support ended in {}: upgrade the mesh", row.end_of_life);
            return Answer::warn(name, text).fix(upgrade());
        }
        let offered = &self.facts.azure.offered;
        let known = offered.iter().find(|offered| &offered.name == name);
        if !offered.is_empty() && known.is_none() {
            return Answer::warn(name, "AKS no longer offers it in this region").fix(upgrade());
        }
        let Some(version) = self.facts.api_server().and_then(KubernetesVersion::read) else {
            return Answer::unknown(name, "the cluster's version is not known").fix(aks_show(self.facts));
        };
        let cluster = self.facts.cluster.as_ref();
        let is_long_term = cluster.is_some_and(AksCluster::has_long_term_support);
        let is_compatible = match (known, row) {
            (Some(offered), _) => is_in(offered, version, is_long_term),
            (None, Some(row)) => {
                let (oldest, newest) = if is_long_term { row.long_term } else { row.kubernetes };
                (oldest..=newest).contains(&version.minor)
            }
            (None, None) => {
                let regions = "az aks mesh get-revisions --location LOCATION --output json";
                return Answer::unknown(name, "newer than this program knows").fix(regions);
            }
        };
        if is_compatible {
            Answer::ok(name, "")
        } else {
            let text = format!("not compatible with Kubernetes 1.{} on AKS", version.minor);
            Answer::warn(name, text).fix(upgrade())
        }
    }
}

/// The last day of a revision's support.
fn end_of_life(row: &AksRevisionRow) -> Option<Date> {
    let (year, month) = row.end_of_life.split_once('-')?;
    Date::end_of_month(year.parse().ok()?, month.parse().ok()?)
}

/// Whether a region offers the revision for a version of AKS.
fn is_in(offered: &OfferedRevision, version: KubernetesVersion, is_long_term: bool) -> bool {
    let is_version = |text: &String| {
        KubernetesVersion::read(text).is_some_and(|other| (other.major, other.minor) == (version.major, version.minor))
    };
    let plans = offered.compatible_with.iter();
    plans
        .filter(|(plan, _)| is_long_term || !plan.eq_ignore_ascii_case(LONG_TERM))
        .any(|(_, versions)| versions.iter().any(is_version))
}
