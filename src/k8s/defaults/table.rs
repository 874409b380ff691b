//! The API server's defaults for a pod, type by type (Kubernetes API reference; the functions named here are those of
//! `pkg/apis/core/v1/defaults.go`, Kubernetes 1.36). Fields that the built-in sidecar does not depend on are here, too: a
//! mesh's own template can print any part of the pod.
//!
//! Not here: requests from limits, `LimitRange`s and pull secrets, which need more than the object itself
//! ([`super::resources`], [`super::fill`]).

/// A type of the API with defaults, in its own fields or deeper.
pub(super) struct Type {
    pub defaults: &'static [Default],
    pub children: &'static [Child],
}

/// The default of one field.
pub(super) struct Default {
    pub field: &'static str,
    pub value: DefaultValue,
    /// Whether the zero value counts as absent: true if the field is not a pointer in Go.
    pub replaces_zero: bool,
}

/// The default of a field.
pub(super) enum DefaultValue {
    Text(&'static str),
    Number(i64),
    Bool(bool),
    /// An object without fields.
    Empty,
    /// An object without fields, if the volume has no other source.
    EmptyWithoutSource,
    /// The pull policy for the image in this field.
    PullPolicy {
        image: &'static str,
    },
    /// The service account in the other of its two fields, else `default`.
    ServiceAccount {
        other: &'static str,
    },
}

/// A field whose value has defaults of its own.
pub(super) struct Child {
    pub field: &'static str,
    pub shape: Shape,
    pub of: &'static Type,
}

/// The kind of a child.
pub(super) enum Shape {
    Object,
    /// A list of objects, matched by `key`. If `needs` is given, items without that field have no defaults.
    List {
        key: &'static str,
        needs: Option<&'static str>,
    },
}

const fn text(field: &'static str, value: &'static str) -> Default {
    Default { field, value: DefaultValue::Text(value), replaces_zero: true }
}

const fn number(field: &'static str, value: i64) -> Default {
    Default { field, value: DefaultValue::Number(value), replaces_zero: true }
}

/// The default of a field that is a pointer in Go: it applies only if the field is absent.
const fn absent(field: &'static str, value: DefaultValue) -> Default {
    Default { field, value, replaces_zero: false }
}

const fn object(field: &'static str, of: &'static Type) -> Child {
    Child { field, shape: Shape::Object, of }
}

const fn list(field: &'static str, key: &'static str, of: &'static Type) -> Child {
    Child { field, shape: Shape::List { key, needs: None }, of }
}

/// `SetDefaults_PodSpec`, `SetDefaults_Pod`; the admission plugin `ServiceAccount` sets the service account.
/// Containers are not among the children: [`super`] goes through both of their lists.
pub(super) static POD_SPEC: Type = Type {
    defaults: &[
        text("dnsPolicy", "ClusterFirst"),
        text("restartPolicy", "Always"),
        text("schedulerName", "default-scheduler"),
        absent("terminationGracePeriodSeconds", DefaultValue::Number(30)),
        absent("securityContext", DefaultValue::Empty),
        absent("enableServiceLinks", DefaultValue::Bool(true)),
        Default {
            field: "serviceAccountName",
            value: DefaultValue::ServiceAccount { other: "serviceAccount" },
            replaces_zero: true,
        },
        Default {
            field: "serviceAccount",
            value: DefaultValue::ServiceAccount { other: "serviceAccountName" },
            replaces_zero: true,
        },
    ],
    children: &[list("volumes", "name", &VOLUME)],
};

/// `SetDefaults_Container`.
pub(super) static CONTAINER: Type = Type {
    defaults: &[
        Default { field: "imagePullPolicy", value: DefaultValue::PullPolicy { image: "image" }, replaces_zero: true },
        text("terminationMessagePath", "/dev/termination-log"),
        text("terminationMessagePolicy", "File"),
        // Not a default, but written even if it is empty.
        absent("resources", DefaultValue::Empty),
    ],
    children: &[
        list("ports", "containerPort", &PORT),
        Child { field: "env", shape: Shape::List { key: "name", needs: Some("valueFrom") }, of: &VARIABLE },
        object("livenessProbe", &PROBE),
        object("readinessProbe", &PROBE),
        object("startupProbe", &PROBE),
        object("lifecycle", &LIFECYCLE),
    ],
};

static PORT: Type = Type { defaults: &[text("protocol", "TCP")], children: &[] };

/// `SetDefaults_Probe`.
static PROBE: Type = Type {
    defaults: &[
        number("timeoutSeconds", 1),
        number("periodSeconds", 10),
        number("successThreshold", 1),
        number("failureThreshold", 3),
    ],
    children: &[object("httpGet", &HTTP_GET), object("grpc", &GRPC)],
};

static LIFECYCLE: Type =
    Type { defaults: &[], children: &[object("postStart", &HANDLER), object("preStop", &HANDLER)] };

static HANDLER: Type = Type { defaults: &[], children: &[object("httpGet", &HTTP_GET)] };

/// `SetDefaults_HTTPGetAction`.
static HTTP_GET: Type = Type { defaults: &[text("path", "/"), text("scheme", "HTTP")], children: &[] };

static GRPC: Type = Type { defaults: &[absent("service", DefaultValue::Text(""))], children: &[] };

static VARIABLE: Type = Type { defaults: &[], children: &[object("valueFrom", &VARIABLE_SOURCE)] };

static VARIABLE_SOURCE: Type = Type {
    defaults: &[],
    children: &[
        object("fieldRef", &FIELD_REF),
        object("resourceFieldRef", &RESOURCE_FIELD_REF),
        object("fileKeyRef", &FILE_KEY_REF),
    ],
};

/// `SetDefaults_ObjectFieldSelector`.
static FIELD_REF: Type = Type { defaults: &[text("apiVersion", "v1")], children: &[] };

/// A quantity is written even if it is zero.
static RESOURCE_FIELD_REF: Type = Type { defaults: &[absent("divisor", DefaultValue::Text("0"))], children: &[] };

static FILE_KEY_REF: Type = Type { defaults: &[absent("optional", DefaultValue::Bool(false))], children: &[] };

/// `SetDefaults_Volume`, and those of the sources.
static VOLUME: Type = Type {
    defaults: &[absent("emptyDir", DefaultValue::EmptyWithoutSource)],
    children: &[
        object("secret", &WITH_MODE),
        object("configMap", &WITH_MODE),
        object("downwardAPI", &DOWNWARD_API),
        object("projected", &PROJECTED),
        object("hostPath", &HOST_PATH),
        object("iscsi", &ISCSI),
        object("rbd", &RBD),
        object("azureDisk", &AZURE_DISK),
        object("scaleIO", &SCALE_IO),
        object("image", &IMAGE_VOLUME),
        object("ephemeral", &EPHEMERAL),
    ],
};

/// The sources that a volume can have, exactly one of them (Kubernetes API reference, `Volume`).
pub(super) const VOLUME_SOURCES: [&str; 30] = [
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "gitRepo",
    "glusterfs",
    "hostPath",
    "image",
    "iscsi",
    "nfs",
    "persistentVolumeClaim",
    "photonPersistentDisk",
    "portworxVolume",
    "projected",
    "quobyte",
    "rbd",
    "scaleIO",
    "secret",
    "storageos",
    "vsphereVolume",
];

/// The default mode of files: 0644.
const MODE: Default = absent("defaultMode", DefaultValue::Number(0o644));

static WITH_MODE: Type = Type { defaults: &[MODE], children: &[] };

static DOWNWARD_API: Type = Type { defaults: &[MODE], children: &[list("items", "path", &DOWNWARD_API_FILE)] };

/// A downward API source of a projected volume has no mode of its own.
static PROJECTED_DOWNWARD_API: Type = Type { defaults: &[], children: &[list("items", "path", &DOWNWARD_API_FILE)] };

static DOWNWARD_API_FILE: Type = Type {
    defaults: &[],
    children: &[object("fieldRef", &FIELD_REF), object("resourceFieldRef", &RESOURCE_FIELD_REF)],
};

static PROJECTED: Type = Type { defaults: &[MODE], children: &[list("sources", "", &PROJECTION)] };

static PROJECTION: Type = Type {
    defaults: &[],
    children: &[object("serviceAccountToken", &SERVICE_ACCOUNT_TOKEN), object("downwardAPI", &PROJECTED_DOWNWARD_API)],
};

/// `SetDefaults_ServiceAccountTokenProjection`: an hour.
static SERVICE_ACCOUNT_TOKEN: Type =
    Type { defaults: &[absent("expirationSeconds", DefaultValue::Number(3600))], children: &[] };

static HOST_PATH: Type = Type { defaults: &[absent("type", DefaultValue::Text(""))], children: &[] };

static ISCSI: Type = Type { defaults: &[text("iscsiInterface", "default")], children: &[] };

static RBD: Type = Type {
    defaults: &[text("pool", "rbd"), text("user", "admin"), text("keyring", "/etc/ceph/keyring")],
    children: &[],
};

static AZURE_DISK: Type = Type {
    defaults: &[
        absent("cachingMode", DefaultValue::Text("ReadWrite")),
        absent("fsType", DefaultValue::Text("ext4")),
        absent("readOnly", DefaultValue::Bool(false)),
        absent("kind", DefaultValue::Text("Shared")),
    ],
    children: &[],
};

static SCALE_IO: Type =
    Type { defaults: &[text("storageMode", "ThinProvisioned"), text("fsType", "xfs")], children: &[] };

static IMAGE_VOLUME: Type = Type {
    defaults: &[Default {
        field: "pullPolicy",
        value: DefaultValue::PullPolicy { image: "reference" },
        replaces_zero: true,
    }],
    children: &[],
};

static EPHEMERAL: Type = Type { defaults: &[], children: &[object("volumeClaimTemplate", &CLAIM_TEMPLATE)] };

static CLAIM_TEMPLATE: Type = Type { defaults: &[], children: &[object("spec", &CLAIM)] };

static CLAIM: Type = Type { defaults: &[absent("volumeMode", DefaultValue::Text("Filesystem"))], children: &[] };
