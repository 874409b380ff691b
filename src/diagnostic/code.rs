//! Codes of diagnostics: stable, for programs that read the report. Texts may change.

use std::fmt;

/// Defines the codes once: the variant, the text in reports, and the meaning in the documentation.
macro_rules! codes {
    ($($variant:ident $text:literal $meaning:literal,)*) => {
        /// What kind of failure a diagnostic is about. The texts are published: they are added, never changed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $meaning] $variant,)*
        }

        impl Code {
            /// All codes, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The code as reports have it, in kebab case.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// What it means, in a few words.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }
    };
}

codes! {
    Usage "usage" "the command line is wrong",
    NoInput "no-input" "no input is given or piped in",
    Url "url" "a URL is given as input",
    InvalidExclude "invalid-exclude" "an `--exclude` pattern cannot be used",
    InvalidGitignore "invalid-gitignore" "a `.gitignore` cannot be used",
    EmptyFolder "empty-folder" "a folder has no manifests",
    ChartTemplate "chart-template" "a template of a Helm chart is given as input",
    Unreadable "unreadable" "a file or stream cannot be read",
    NotUtf8 "not-utf8" "a file or stream is not UTF-8",
    NotText "not-text" "a file or stream is not text",
    TooLong "too-long" "a document is longer than the limit",
    YamlSyntax "yaml-syntax" "a text is not valid YAML",
    YamlUnsupported "yaml-unsupported" "YAML that is not supported",
    YamlLimit "yaml-limit" "YAML beyond a limit, such as its depth",
    NothingToRead "nothing-to-read" "a file has nothing that the command reads",
    DuplicateKey "duplicate-key" "a key appears twice in its mapping",
    WrongType "wrong-type" "a value has the wrong type",
    MissingField "missing-field" "a field or item is missing",
    InvalidValue "invalid-value" "a value cannot be used",
    EditRefused "edit-refused" "a document cannot be edited",
    ProjectFile "project-file" "the project file cannot be used",
    UnknownTarget "unknown-target" "the project file has no such target, or none is chosen",
    FunctionConfig "function-config" "the configuration of the KRM function cannot be used",
    MalformedPod "malformed-pod" "a pod template is not one that Kubernetes accepts",
    InvalidAnnotation "invalid-annotation" "istiod would refuse the value of an annotation",
    InvalidOverrides "invalid-overrides" "`proxy.istio.io/overrides` cannot be read",
    UnknownTemplate "unknown-template" "the mesh has no template of the requested name",
    TooManyTemplates "too-many-templates" "a pod requests too many templates",
    TemplateNotBuiltIn "template-not-built-in" "the requested template is not built in",
    TemplateInjection "template-injection" "a label or annotation breaks what a template renders",
    NotConvertible "not-convertible" "a container cannot be converted, or not to the requested place",
    SidecarNotRendered "sidecar-not-rendered" "the sidecar cannot be rendered",
    MergeFailed "merge-failed" "the sidecar cannot be merged into the pod",
    NodesUnknown "nodes-unknown" "the nodes decide between native and regular, and are not known",
    IstiodUnknown "istiod-unknown" "istiod's environment decides between native and regular, and is not known",
    RevisionUnknown "revision-unknown" "the configuration of the revision is not known",
    RevisionUndecided "revision-undecided" "several revisions could inject the workload",
    ReleaseNotBuiltIn "release-not-built-in" "the sidecar of the release is not built in",
    MeshFile "mesh-file" "a mesh file cannot be used",
    InvalidValues "invalid-values" "Istio's values cannot be used",
    InvalidMesh "invalid-mesh" "the configuration is not that of a valid mesh",
    TemplateFailed "template-failed" "a template of the mesh cannot be parsed, fails, or renders no pod",
    Cluster "cluster" "a cluster cannot be asked",
    OutputFailed "output-failed" "a result cannot be printed or written",
    Internal "internal" "a bug in this program",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
