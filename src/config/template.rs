//! The project file that `init` writes.

use crate::istio::Release;

/// A short project file with comments. Each setting that is a comment can be used as it is.
pub fn project_template() -> String {
    let newest = Release::newest_built_in().minor();
    format!(
        "# yaml-language-server: $schema={repository}/raw/main/docs/reference/schemas/project-file.schema.json
# OWNER is a placeholder for the place where you got this program.
# Settings of kubectl-nativesidecar for this repository. Flags override them.

# The mesh: its Istio version and the kubelet versions of its nodes, or better, files that describe it (snapshot saves one).
# istio: \"1.{newest}\"
# nodeVersions: [v1.33.2]
# meshFiles: [mesh/]

# The vendor of the mesh, whose rules apply where istiod's environment is not known: aks, kyma or openshift.
# platform: aks,revision=asm-1-30,kubernetes=1.34

# What workloads become: native, regular or mesh (as the mesh decides).
# mode: mesh

# The modes of some files, as patterns of .gitignore. They win over mode.
# paths: {{\"k8s/legacy/**\": regular}}

# Files that are left out of folders.
# exclude: [\"legacy/**\"]

# Several meshes, chosen by --target. What a target leaves open is taken from above.
# targets:
#   prod: {{meshFiles: [mesh/prod.yaml]}}
#   test: {{istio: \"1.{newest}\"}}
",
        repository = env!("CARGO_PKG_REPOSITORY")
    )
}
