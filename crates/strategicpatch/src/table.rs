//! The types of Kubernetes 1.37 that a pod or its workload is made of (`k8s.io/api`, `core/v1`, `apps/v1`, `batch/v1`).
//!
//! One entry a type, one word a field, followed by its Go type:
//!
//! | written | Go type |
//! |---|---|
//! | `name` | a string |
//! | `name: bool` | a scalar or map of another kind, see [`Scalar`] |
//! | `name => bool` | the same without `omitempty`: the zero value is written, too |
//! | `name(*)`, `name: bool(*)` | a pointer to one of these |
//! | `name(Type)`, `name(*Type)` | a type of this table, or a pointer to one |
//! | `name([])`, `name([] Type)` | a list of scalars or of a type, which a patch replaces |
//! | `name([] merge)` | a list of scalars, which a patch is merged into |
//! | `name([] Type by key)` | a list of objects, which a patch is merged into by `key` |
//! | `… retainKeys` | patches contain `$retainKeys` |

use super::schema::{Field, Scalar, Shape, Strategy, Struct};

macro_rules! types {
    ($( $name:ident { $( $field:ident $( : $scalar:ident )? $( => $required:ident )? $( ( $($type:tt)* ) )? )* } )*) => {
        $(
            #[allow(non_upper_case_globals, reason = "named as in the Kubernetes API")]
            pub(super) static $name: Struct = Struct {
                name: stringify!($name),
                fields: &[ $( Field {
                    scalar: scalar!($( $scalar )? $( $required )?),
                    required: required!($( $required )?),
                    ..field!($field $( $($type)* )?)
                } ),* ],
            };
        )*
    };
}

macro_rules! scalar {
    () => {
        Scalar::String
    };
    (string) => {
        Scalar::String
    };
    (bool) => {
        Scalar::Bool
    };
    (int32) => {
        Scalar::Int32
    };
    (int64) => {
        Scalar::Int64
    };
    (Time) => {
        Scalar::Time
    };
    (Quantity) => {
        Scalar::Quantity
    };
    (IntOrString) => {
        Scalar::IntOrString
    };
    (Strings) => {
        Scalar::Strings
    };
    (Quantities) => {
        Scalar::Quantities
    };
    (Any) => {
        Scalar::Any
    };
}

macro_rules! required {
    () => {
        false
    };
    ($scalar:ident) => {
        true
    };
}

macro_rules! field {
    ($field:ident) => { field!(@ $field Value None) };
    ($field:ident *) => { field!(@ $field Pointer None) };
    ($field:ident * $type:ident) => { field!(@ $field Pointer Some(&$type)) };
    ($field:ident $type:ident) => { field!(@ $field Value Some(&$type)) };
    ($field:ident $type:ident retainKeys) => { Field { retain_keys: true, ..field!($field $type) } };
    ($field:ident []) => { field!(@ $field List None) };
    ($field:ident [] merge) => { Field { strategy: Strategy::Merge { key: None }, ..field!($field []) } };
    ($field:ident [] $type:ident) => { field!(@ $field List Some(&$type)) };
    ($field:ident [] $type:ident by $key:ident) => {
        Field { strategy: Strategy::Merge { key: Some(stringify!($key)) }, ..field!($field [] $type) }
    };
    ($field:ident [] $type:ident by $key:ident retainKeys) => {
        Field { retain_keys: true, ..field!($field [] $type by $key) }
    };
    (@ $field:ident $shape:ident $fields:expr) => {
        Field {
            name: stringify!($field),
            shape: Shape::$shape,
            scalar: Scalar::String,
            required: false,
            fields: $fields,
            strategy: Strategy::Replace,
            retain_keys: false,
        }
    };
}

types! {
    // Pods
    Pod { kind apiVersion metadata(ObjectMeta) spec(PodSpec) status(PodStatus) }
    ObjectMeta {
        name generateName namespace selfLink uid resourceVersion generation: int64 creationTimestamp: Time
        deletionTimestamp: Time(*) deletionGracePeriodSeconds: int64(*) labels: Strings annotations: Strings
        ownerReferences([] OwnerReference by uid) finalizers([] merge) managedFields([] ManagedFieldsEntry)
    }
    OwnerReference {
        apiVersion => string kind => string name => string uid => string controller: bool(*) blockOwnerDeletion: bool(*)
    }
    ManagedFieldsEntry { manager operation apiVersion time: Time(*) fieldsType fieldsV1: Any(*) subresource }
    PodSpec {
        volumes([] Volume by name retainKeys) initContainers([] Container by name) containers([] Container by name)
        ephemeralContainers([] EphemeralContainer by name) restartPolicy terminationGracePeriodSeconds: int64(*)
        activeDeadlineSeconds: int64(*) dnsPolicy nodeSelector: Strings serviceAccountName serviceAccount
        automountServiceAccountToken: bool(*) nodeName hostNetwork: bool hostPID: bool hostIPC: bool
        shareProcessNamespace: bool(*) securityContext(*PodSecurityContext)
        imagePullSecrets([] LocalObjectReference by name) hostname subdomain affinity(*Affinity) schedulerName
        tolerations([] Toleration) hostAliases([] HostAlias by ip) priorityClassName priority: int32(*)
        dnsConfig(*PodDNSConfig) readinessGates([] PodReadinessGate) runtimeClassName(*) enableServiceLinks: bool(*)
        preemptionPolicy(*) overhead: Quantities topologySpreadConstraints([] TopologySpreadConstraint by topologyKey)
        setHostnameAsFQDN: bool(*) os(*PodOS) hostUsers: bool(*) schedulingGates([] PodSchedulingGate by name)
        resourceClaims([] PodResourceClaim by name retainKeys) resources(*ResourceRequirements) hostnameOverride(*)
        schedulingGroup(*PodSchedulingGroup) evictionResponders([] EvictionResponder by name)
    }

    // Volumes
    Volume {
        name => string hostPath(*HostPathVolumeSource) emptyDir(*EmptyDirVolumeSource)
        gcePersistentDisk(*GCEPersistentDiskVolumeSource) awsElasticBlockStore(*AWSElasticBlockStoreVolumeSource)
        gitRepo(*GitRepoVolumeSource) secret(*SecretVolumeSource) nfs(*NFSVolumeSource) iscsi(*ISCSIVolumeSource)
        glusterfs(*GlusterfsVolumeSource) persistentVolumeClaim(*PersistentVolumeClaimVolumeSource)
        rbd(*RBDVolumeSource) flexVolume(*FlexVolumeSource) cinder(*CinderVolumeSource) cephfs(*CephFSVolumeSource)
        flocker(*FlockerVolumeSource) downwardAPI(*DownwardAPIVolumeSource) fc(*FCVolumeSource)
        azureFile(*AzureFileVolumeSource) configMap(*ConfigMapVolumeSource)
        vsphereVolume(*VsphereVirtualDiskVolumeSource) quobyte(*QuobyteVolumeSource) azureDisk(*AzureDiskVolumeSource)
        photonPersistentDisk(*PhotonPersistentDiskVolumeSource) projected(*ProjectedVolumeSource)
        portworxVolume(*PortworxVolumeSource) scaleIO(*ScaleIOVolumeSource) storageos(*StorageOSVolumeSource)
        csi(*CSIVolumeSource) ephemeral(*EphemeralVolumeSource) image(*ImageVolumeSource)
    }
    HostPathVolumeSource { path => string type(*) }
    EmptyDirVolumeSource { medium sizeLimit: Quantity(*) mode: int32(*) }
    GCEPersistentDiskVolumeSource { pdName => string fsType partition: int32 readOnly: bool }
    AWSElasticBlockStoreVolumeSource { volumeID => string fsType partition: int32 readOnly: bool }
    GitRepoVolumeSource { repository => string revision directory }
    SecretVolumeSource { secretName items([] KeyToPath) defaultMode: int32(*) optional: bool(*) defaultUser: int64(*) }
    KeyToPath { key => string path => string mode: int32(*) user: int64(*) }
    NFSVolumeSource { server => string path => string readOnly: bool }
    ISCSIVolumeSource {
        targetPortal => string iqn => string lun => int32 iscsiInterface fsType readOnly: bool portals([])
        chapAuthDiscovery: bool chapAuthSession: bool secretRef(*LocalObjectReference) initiatorName(*)
    }
    LocalObjectReference { name }
    GlusterfsVolumeSource { endpoints => string path => string readOnly: bool }
    PersistentVolumeClaimVolumeSource { claimName => string readOnly: bool }
    RBDVolumeSource {
        monitors => string([]) image => string fsType pool user keyring secretRef(*LocalObjectReference) readOnly: bool
    }
    FlexVolumeSource { driver => string fsType secretRef(*LocalObjectReference) readOnly: bool options: Strings }
    CinderVolumeSource { volumeID => string fsType readOnly: bool secretRef(*LocalObjectReference) }
    CephFSVolumeSource { monitors => string([]) path user secretFile secretRef(*LocalObjectReference) readOnly: bool }
    FlockerVolumeSource { datasetName datasetUUID }
    DownwardAPIVolumeSource { items([] DownwardAPIVolumeFile) defaultMode: int32(*) defaultUser: int64(*) }
    DownwardAPIVolumeFile {
        path => string fieldRef(*ObjectFieldSelector) resourceFieldRef(*ResourceFieldSelector) mode: int32(*)
        user: int64(*)
    }
    ObjectFieldSelector { apiVersion fieldPath => string }
    ResourceFieldSelector { containerName resource => string divisor: Quantity }
    FCVolumeSource { targetWWNs([]) lun: int32(*) fsType readOnly: bool wwids([]) }
    AzureFileVolumeSource { secretName => string shareName => string readOnly: bool }
    ConfigMapVolumeSource { name items([] KeyToPath) defaultMode: int32(*) optional: bool(*) defaultUser: int64(*) }
    VsphereVirtualDiskVolumeSource { volumePath => string fsType storagePolicyName storagePolicyID }
    QuobyteVolumeSource { registry => string volume => string readOnly: bool user group tenant }
    AzureDiskVolumeSource { diskName => string diskURI => string cachingMode(*) fsType(*) readOnly: bool(*) kind(*) }
    PhotonPersistentDiskVolumeSource { pdID => string fsType }
    ProjectedVolumeSource { sources([] VolumeProjection) defaultMode: int32(*) defaultUser: int64(*) }
    VolumeProjection {
        secret(*SecretProjection) downwardAPI(*DownwardAPIProjection) configMap(*ConfigMapProjection)
        serviceAccountToken(*ServiceAccountTokenProjection) clusterTrustBundle(*ClusterTrustBundleProjection)
        podCertificate(*PodCertificateProjection)
    }
    SecretProjection { name items([] KeyToPath) optional: bool(*) }
    DownwardAPIProjection { items([] DownwardAPIVolumeFile) }
    ConfigMapProjection { name items([] KeyToPath) optional: bool(*) }
    ServiceAccountTokenProjection { audience expirationSeconds: int64(*) path => string user: int64(*) }
    ClusterTrustBundleProjection {
        name(*) signerName(*) labelSelector(*LabelSelector) optional: bool(*) path => string user: int64(*)
    }
    LabelSelector { matchLabels: Strings matchExpressions([] LabelSelectorRequirement) }
    LabelSelectorRequirement { key => string operator => string values([]) }
    PodCertificateProjection {
        signerName => string keyType => string maxExpirationSeconds: int32(*) credentialBundlePath keyPath
        certificateChainPath userAnnotations: Strings user: int64(*)
    }
    PortworxVolumeSource { volumeID => string fsType readOnly: bool }
    ScaleIOVolumeSource {
        gateway => string system => string secretRef(*LocalObjectReference) sslEnabled: bool protectionDomain
        storagePool storageMode volumeName fsType readOnly: bool
    }
    StorageOSVolumeSource { volumeName volumeNamespace fsType readOnly: bool secretRef(*LocalObjectReference) }
    CSIVolumeSource {
        driver => string readOnly: bool(*) fsType(*) volumeAttributes: Strings
        nodePublishSecretRef(*LocalObjectReference)
    }
    EphemeralVolumeSource { volumeClaimTemplate(*PersistentVolumeClaimTemplate) }
    PersistentVolumeClaimTemplate { metadata(ObjectMeta) spec(PersistentVolumeClaimSpec) }
    PersistentVolumeClaimSpec {
        accessModes([]) selector(*LabelSelector) resources(VolumeResourceRequirements) volumeName storageClassName(*)
        volumeMode(*) dataSource(*TypedLocalObjectReference) dataSourceRef(*TypedObjectReference)
        volumeAttributesClassName(*)
    }
    VolumeResourceRequirements { limits: Quantities requests: Quantities }
    TypedLocalObjectReference { apiGroup(*) kind => string name => string }
    TypedObjectReference { apiGroup(*) kind => string name => string namespace(*) }
    ImageVolumeSource { reference pullPolicy }

    // Containers
    Container {
        name => string image command([]) args([]) workingDir ports([] ContainerPort by containerPort)
        envFrom([] EnvFromSource) env([] EnvVar by name) resources(ResourceRequirements)
        resizePolicy([] ContainerResizePolicy) restartPolicy(*) restartPolicyRules([] ContainerRestartRule)
        volumeMounts([] VolumeMount by mountPath) volumeDevices([] VolumeDevice by devicePath) livenessProbe(*Probe)
        readinessProbe(*Probe) startupProbe(*Probe) lifecycle(*Lifecycle) terminationMessagePath
        terminationMessagePolicy imagePullPolicy securityContext(*SecurityContext) stdin: bool stdinOnce: bool tty: bool
    }
    ContainerPort { name hostPort: int32 containerPort => int32 protocol hostIP }
    EnvFromSource { prefix configMapRef(*ConfigMapEnvSource) secretRef(*SecretEnvSource) }
    ConfigMapEnvSource { name optional: bool(*) }
    SecretEnvSource { name optional: bool(*) }
    EnvVar { name => string value valueFrom(*EnvVarSource) }
    EnvVarSource {
        fieldRef(*ObjectFieldSelector) resourceFieldRef(*ResourceFieldSelector) configMapKeyRef(*ConfigMapKeySelector)
        secretKeyRef(*SecretKeySelector) fileKeyRef(*FileKeySelector)
    }
    ConfigMapKeySelector { name key => string optional: bool(*) }
    SecretKeySelector { name key => string optional: bool(*) }
    FileKeySelector { volumeName => string path => string key => string optional: bool(*) }
    ResourceRequirements { limits: Quantities requests: Quantities claims([] ResourceClaim) }
    ResourceClaim { name => string request }
    ContainerResizePolicy { resourceName => string restartPolicy => string }
    ContainerRestartRule { action => string exitCodes(*ContainerRestartRuleOnExitCodes) }
    ContainerRestartRuleOnExitCodes { operator => string values: int32([]) }
    VolumeMount {
        name => string readOnly: bool recursiveReadOnly(*) mountPath => string subPath mountPropagation(*) subPathExpr
        bindMountOptions([])
    }
    VolumeDevice { name => string devicePath => string }
    Probe {
        exec(*ExecAction) httpGet(*HTTPGetAction) tcpSocket(*TCPSocketAction) grpc(*GRPCAction)
        initialDelaySeconds: int32 timeoutSeconds: int32 periodSeconds: int32 successThreshold: int32
        failureThreshold: int32 terminationGracePeriodSeconds: int64(*)
    }
    ExecAction { command([]) }
    HTTPGetAction { path port => IntOrString host scheme httpHeaders([] HTTPHeader) protocol(*) }
    HTTPHeader { name => string value => string }
    TCPSocketAction { port => IntOrString host }
    GRPCAction { port => int32 service(*) mode(*) }
    Lifecycle { postStart(*LifecycleHandler) preStop(*LifecycleHandler) stopSignal(*) }
    LifecycleHandler { exec(*ExecAction) httpGet(*HTTPGetAction) tcpSocket(*TCPSocketAction) sleep(*SleepAction) }
    SleepAction { seconds => int64 }
    SecurityContext {
        capabilities(*Capabilities) privileged: bool(*) seLinuxOptions(*SELinuxOptions)
        windowsOptions(*WindowsSecurityContextOptions) runAsUser: int64(*) runAsGroup: int64(*) runAsNonRoot: bool(*)
        readOnlyRootFilesystem: bool(*) allowPrivilegeEscalation: bool(*) procMount(*) seccompProfile(*SeccompProfile)
        appArmorProfile(*AppArmorProfile)
    }
    Capabilities { add([]) drop([]) }
    SELinuxOptions { user role type level }
    WindowsSecurityContextOptions {
        gmsaCredentialSpecName(*) gmsaCredentialSpec(*) runAsUserName(*) hostProcess: bool(*)
    }
    SeccompProfile { type => string localhostProfile(*) }
    AppArmorProfile { type => string localhostProfile(*) }
    EphemeralContainer {
        name => string image command([]) args([]) workingDir ports([] ContainerPort by containerPort)
        envFrom([] EnvFromSource) env([] EnvVar by name) resources(ResourceRequirements)
        resizePolicy([] ContainerResizePolicy) restartPolicy(*) restartPolicyRules([] ContainerRestartRule)
        volumeMounts([] VolumeMount by mountPath) volumeDevices([] VolumeDevice by devicePath) livenessProbe(*Probe)
        readinessProbe(*Probe) startupProbe(*Probe) lifecycle(*Lifecycle) terminationMessagePath
        terminationMessagePolicy imagePullPolicy securityContext(*SecurityContext) stdin: bool stdinOnce: bool tty: bool
        targetContainerName
    }

    // The rest of a pod's spec
    PodSecurityContext {
        seLinuxOptions(*SELinuxOptions) windowsOptions(*WindowsSecurityContextOptions) runAsUser: int64(*)
        runAsGroup: int64(*) runAsNonRoot: bool(*) supplementalGroups: int64([]) supplementalGroupsPolicy(*)
        fsGroup: int64(*) sysctls([] Sysctl) fsGroupChangePolicy(*) seccompProfile(*SeccompProfile)
        appArmorProfile(*AppArmorProfile) seLinuxChangePolicy(*)
    }
    Sysctl { name => string value => string }
    Affinity { nodeAffinity(*NodeAffinity) podAffinity(*PodAffinity) podAntiAffinity(*PodAntiAffinity) }
    NodeAffinity {
        requiredDuringSchedulingIgnoredDuringExecution(*NodeSelector)
        preferredDuringSchedulingIgnoredDuringExecution([] PreferredSchedulingTerm)
    }
    NodeSelector { nodeSelectorTerms([] NodeSelectorTerm) }
    NodeSelectorTerm { matchExpressions([] NodeSelectorRequirement) matchFields([] NodeSelectorRequirement) }
    NodeSelectorRequirement { key => string operator => string values([]) }
    PreferredSchedulingTerm { weight => int32 preference(NodeSelectorTerm) }
    PodAffinity {
        requiredDuringSchedulingIgnoredDuringExecution([] PodAffinityTerm)
        preferredDuringSchedulingIgnoredDuringExecution([] WeightedPodAffinityTerm)
    }
    PodAffinityTerm {
        labelSelector(*LabelSelector) namespaces([]) topologyKey => string namespaceSelector(*LabelSelector)
        matchLabelKeys([]) mismatchLabelKeys([])
    }
    WeightedPodAffinityTerm { weight => int32 podAffinityTerm(PodAffinityTerm) }
    PodAntiAffinity {
        requiredDuringSchedulingIgnoredDuringExecution([] PodAffinityTerm)
        preferredDuringSchedulingIgnoredDuringExecution([] WeightedPodAffinityTerm)
    }
    Toleration { key operator value effect tolerationSeconds: int64(*) }
    HostAlias { ip => string hostnames([]) }
    PodDNSConfig { nameservers([]) searches([]) options([] PodDNSConfigOption) }
    PodDNSConfigOption { name value(*) }
    PodReadinessGate { conditionType => string }
    TopologySpreadConstraint {
        maxSkew => int32 topologyKey => string whenUnsatisfiable => string labelSelector(*LabelSelector)
        minDomains: int32(*) nodeAffinityPolicy(*) nodeTaintsPolicy(*) matchLabelKeys([])
    }
    PodOS { name => string }
    PodSchedulingGate { name => string }
    PodResourceClaim { name => string resourceClaimName(*) resourceClaimTemplateName(*) }
    PodSchedulingGroup { podGroupName(*) }
    EvictionResponder { name => string priority => int32(*) }

    // A pod's status
    PodStatus {
        observedGeneration: int64 phase conditions([] PodCondition by type) message reason nominatedNodeName hostIP
        hostIPs([] HostIP by ip) podIP podIPs([] PodIP by ip) startTime: Time(*)
        initContainerStatuses([] ContainerStatus) containerStatuses([] ContainerStatus) qosClass
        ephemeralContainerStatuses([] ContainerStatus) resize
        resourceClaimStatuses([] PodResourceClaimStatus by name retainKeys)
        extendedResourceClaimStatus(*PodExtendedResourceClaimStatus) allocatedResources: Quantities
        resources(*ResourceRequirements)
        nodeAllocatableResourceClaimStatuses([] NodeAllocatableResourceClaimStatus by resourceClaimName)
        volumeHealth([] PodVolumeHealth)
    }
    PodCondition {
        type => string observedGeneration: int64 status => string lastProbeTime: Time lastTransitionTime: Time reason
        message
    }
    HostIP { ip => string }
    PodIP { ip => string }
    ContainerStatus {
        name => string state(ContainerState) lastState(ContainerState) ready => bool restartCount => int32
        image => string imageID => string containerID started: bool(*) allocatedResources: Quantities
        resources(*ResourceRequirements) volumeMounts([] VolumeMountStatus by mountPath) user(*ContainerUser)
        allocatedResourcesStatus([] ResourceStatus by name) stopSignal(*)
    }
    ContainerState {
        waiting(*ContainerStateWaiting) running(*ContainerStateRunning) terminated(*ContainerStateTerminated)
    }
    ContainerStateWaiting { reason message }
    ContainerStateRunning { startedAt: Time }
    ContainerStateTerminated {
        exitCode => int32 signal: int32 reason message startedAt: Time finishedAt: Time containerID
    }
    VolumeMountStatus {
        name => string mountPath => string readOnly: bool recursiveReadOnly(*) volumeStatus(*VolumeStatus)
    }
    VolumeStatus { image(*ImageVolumeStatus) }
    ImageVolumeStatus { imageRef => string }
    ContainerUser { linux(*LinuxContainerUser) }
    LinuxContainerUser { uid => int64 gid => int64 supplementalGroups: int64([]) }
    ResourceStatus { name => string resources([] ResourceHealth) }
    ResourceHealth { resourceID => string health message(*) }
    PodResourceClaimStatus { name => string resourceClaimName(*) }
    PodExtendedResourceClaimStatus { requestMappings([] ContainerExtendedResourceRequest) resourceClaimName => string }
    ContainerExtendedResourceRequest { containerName => string resourceName => string requestName => string }
    NodeAllocatableResourceClaimStatus {
        resourceClaimName => string containers([]) mapping([] NodeAllocatableMappedResources by name)
        overhead([] NodeAllocatableOverheadResources by name)
    }
    NodeAllocatableMappedResources { name => string quantity => Quantity(*) }
    NodeAllocatableOverheadResources { name => string perPod: Quantity(*) perContainer: Quantity(*) }
    PodVolumeHealth { name => string healthConditions([] VolumeHealthCondition by status) lastTransitionTime: Time }
    VolumeHealthCondition { status => string reason => string message }

    // Workloads
    PodTemplate { kind apiVersion metadata(ObjectMeta) template(PodTemplateSpec) }
    PodTemplateSpec { metadata(ObjectMeta) spec(PodSpec) }
    Deployment { kind apiVersion metadata(ObjectMeta) spec(DeploymentSpec) status(DeploymentStatus) }
    DeploymentSpec {
        replicas: int32(*) selector(*LabelSelector) template(PodTemplateSpec) strategy(DeploymentStrategy retainKeys)
        minReadySeconds: int32 revisionHistoryLimit: int32(*) paused: bool progressDeadlineSeconds: int32(*)
    }
    DeploymentStrategy { type rollingUpdate(*RollingUpdateDeployment) }
    RollingUpdateDeployment { maxUnavailable: IntOrString(*) maxSurge: IntOrString(*) }
    DeploymentStatus {
        observedGeneration: int64 replicas: int32 updatedReplicas: int32 readyReplicas: int32 availableReplicas: int32
        unavailableReplicas: int32 terminatingReplicas: int32(*) conditions([] DeploymentCondition by type)
        collisionCount: int32(*)
    }
    DeploymentCondition { type status lastUpdateTime: Time lastTransitionTime: Time reason message }
    StatefulSet { kind apiVersion metadata(ObjectMeta) spec(StatefulSetSpec) status(StatefulSetStatus) }
    StatefulSetSpec {
        replicas: int32(*) selector(*LabelSelector) template(PodTemplateSpec)
        volumeClaimTemplates([] PersistentVolumeClaim) serviceName podManagementPolicy
        updateStrategy(StatefulSetUpdateStrategy) revisionHistoryLimit: int32(*) minReadySeconds: int32
        persistentVolumeClaimRetentionPolicy(*StatefulSetPersistentVolumeClaimRetentionPolicy)
        ordinals(*StatefulSetOrdinals)
    }
    PersistentVolumeClaim {
        kind apiVersion metadata(ObjectMeta) spec(PersistentVolumeClaimSpec) status(PersistentVolumeClaimStatus)
    }
    PersistentVolumeClaimStatus {
        phase accessModes([]) capacity: Quantities conditions([] PersistentVolumeClaimCondition by type)
        allocatedResources: Quantities allocatedResourceStatuses: Strings currentVolumeAttributesClassName(*)
        modifyVolumeStatus(*ModifyVolumeStatus) healthStatus(*VolumeHealthStatus)
    }
    PersistentVolumeClaimCondition {
        type => string status => string lastProbeTime: Time lastTransitionTime: Time reason message
    }
    ModifyVolumeStatus { targetVolumeAttributesClassName status => string }
    VolumeHealthStatus { healthConditions([] VolumeHealthCondition by status) lastTransitionTime: Time }
    StatefulSetUpdateStrategy { type rollingUpdate(*RollingUpdateStatefulSetStrategy) }
    RollingUpdateStatefulSetStrategy { partition: int32(*) maxUnavailable: IntOrString(*) }
    StatefulSetPersistentVolumeClaimRetentionPolicy { whenDeleted whenScaled }
    StatefulSetOrdinals { start: int32 }
    StatefulSetStatus {
        observedGeneration: int64 replicas => int32 readyReplicas: int32 currentReplicas: int32 updatedReplicas: int32
        currentRevision updateRevision collisionCount: int32(*) conditions([] StatefulSetCondition by type)
        availableReplicas: int32
    }
    StatefulSetCondition { type status lastTransitionTime: Time reason message }
    DaemonSet { kind apiVersion metadata(ObjectMeta) spec(DaemonSetSpec) status(DaemonSetStatus) }
    DaemonSetSpec {
        selector(*LabelSelector) template(PodTemplateSpec) updateStrategy(DaemonSetUpdateStrategy)
        minReadySeconds: int32 revisionHistoryLimit: int32(*)
    }
    DaemonSetUpdateStrategy { type rollingUpdate(*RollingUpdateDaemonSet) }
    RollingUpdateDaemonSet { maxUnavailable: IntOrString(*) maxSurge: IntOrString(*) }
    DaemonSetStatus {
        currentNumberScheduled => int32 numberMisscheduled => int32 desiredNumberScheduled => int32 numberReady => int32
        observedGeneration: int64 updatedNumberScheduled: int32 numberAvailable: int32 numberUnavailable: int32
        collisionCount: int32(*) conditions([] DaemonSetCondition by type)
    }
    DaemonSetCondition { type status lastTransitionTime: Time reason message }
    Job { kind apiVersion metadata(ObjectMeta) spec(JobSpec) status(JobStatus) }
    JobSpec {
        parallelism: int32(*) completions: int32(*) activeDeadlineSeconds: int64(*) podFailurePolicy(*PodFailurePolicy)
        successPolicy(*SuccessPolicy) backoffLimit: int32(*) backoffLimitPerIndex: int32(*) maxFailedIndexes: int32(*)
        selector(*LabelSelector) manualSelector: bool(*) template(PodTemplateSpec) ttlSecondsAfterFinished: int32(*)
        completionMode(*) suspend: bool(*) podReplacementPolicy(*) managedBy(*) scheduling(*JobSchedulingConfiguration)
    }
    PodFailurePolicy { rules([] PodFailurePolicyRule) }
    PodFailurePolicyRule {
        action => string onExitCodes(*PodFailurePolicyOnExitCodesRequirement)
        onPodConditions([] PodFailurePolicyOnPodConditionsPattern)
    }
    PodFailurePolicyOnExitCodesRequirement { containerName(*) operator => string values => int32([]) }
    PodFailurePolicyOnPodConditionsPattern { type => string status }
    SuccessPolicy { rules([] SuccessPolicyRule) }
    SuccessPolicyRule { succeededIndexes(*) succeededCount: int32(*) }
    JobSchedulingConfiguration {
        schedulingPolicy(*WorkloadPodGroupSchedulingPolicy)
        schedulingConstraints(*WorkloadPodGroupSchedulingConstraints) disruptionMode(*WorkloadPodGroupDisruptionMode)
        resourceClaims([] WorkloadPodGroupResourceClaim by name)
    }
    WorkloadPodGroupSchedulingPolicy { basic: Any(*) gang(*WorkloadPodGroupGangSchedulingPolicy) }
    WorkloadPodGroupGangSchedulingPolicy { minCount: int32(*) }
    WorkloadPodGroupSchedulingConstraints { topology([] TopologyConstraint) }
    TopologyConstraint { key }
    WorkloadPodGroupDisruptionMode { single: Any(*) all: Any(*) }
    WorkloadPodGroupResourceClaim { name resourceClaimName(*) resourceClaimTemplateName(*) }
    JobStatus {
        conditions([] JobCondition by type) startTime: Time(*) completionTime: Time(*) active: int32 succeeded: int32
        failed: int32 terminating: int32(*) completedIndexes failedIndexes(*)
        uncountedTerminatedPods(*UncountedTerminatedPods) ready: int32(*)
    }
    JobCondition { type => string status => string lastProbeTime: Time lastTransitionTime: Time reason message }
    UncountedTerminatedPods { succeeded([]) failed([]) }
    CronJob { kind apiVersion metadata(ObjectMeta) spec(CronJobSpec) status(CronJobStatus) }
    CronJobSpec {
        schedule => string timeZone(*) startingDeadlineSeconds: int64(*) concurrencyPolicy suspend: bool(*)
        jobTemplate(JobTemplateSpec) successfulJobsHistoryLimit: int32(*) failedJobsHistoryLimit: int32(*)
    }
    JobTemplateSpec { metadata(ObjectMeta) spec(JobSpec) }
    CronJobStatus { active([] ObjectReference) lastScheduleTime: Time(*) lastSuccessfulTime: Time(*) }
    ObjectReference { kind namespace name uid apiVersion resourceVersion fieldPath }
}
