//! The types of Kubernetes 1.37 that a pod or its workload is made of (`k8s.io/api`, `core/v1`, `apps/v1`, `batch/v1`).
//!
//! One entry a type, one word a field; what is said in parentheses is its Go type without the scalars' names:
//!
//! | written | Go type |
//! |---|---|
//! | `name` | a scalar (in JSON: so are `Time`, `Quantity` and `IntOrString`), a map, or a type without fields |
//! | `name(*)` | a pointer to one of these |
//! | `name(Type)`, `name(*Type)` | a type of this table, a pointer to one |
//! | `name([])`, `name([] Type)` | a list of scalars, of a type; a patch replaces it whole |
//! | `name([] merge)` | a list of scalars that a patch is merged into |
//! | `name([] Type by key)` | a list that a patch is merged into item by item, found by `key` |
//! | `… retainKeys` | patches carry `$retainKeys` |

use super::schema::{Field, Shape, Strategy, Struct};

macro_rules! types {
    ($( $name:ident { $( $field:ident $( ( $($type:tt)* ) )? )* } )*) => {
        $(
            #[allow(non_upper_case_globals, reason = "named as in the Kubernetes API")]
            pub(super) static $name: Struct = Struct {
                name: stringify!($name),
                fields: &[ $( field!($field $( $($type)* )?) ),* ],
            };
        )*
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
        name generateName namespace selfLink uid resourceVersion generation creationTimestamp deletionTimestamp(*)
        deletionGracePeriodSeconds(*) labels annotations ownerReferences([] OwnerReference by uid)
        finalizers([] merge) managedFields([] ManagedFieldsEntry)
    }
    OwnerReference { apiVersion kind name uid controller(*) blockOwnerDeletion(*) }
    ManagedFieldsEntry { manager operation apiVersion time(*) fieldsType fieldsV1(*) subresource }
    PodSpec {
        volumes([] Volume by name retainKeys) initContainers([] Container by name) containers([] Container by name)
        ephemeralContainers([] EphemeralContainer by name) restartPolicy terminationGracePeriodSeconds(*)
        activeDeadlineSeconds(*) dnsPolicy nodeSelector serviceAccountName serviceAccount
        automountServiceAccountToken(*) nodeName hostNetwork hostPID hostIPC shareProcessNamespace(*)
        securityContext(*PodSecurityContext) imagePullSecrets([] LocalObjectReference by name) hostname subdomain
        affinity(*Affinity) schedulerName tolerations([] Toleration) hostAliases([] HostAlias by ip) priorityClassName
        priority(*) dnsConfig(*PodDNSConfig) readinessGates([] PodReadinessGate) runtimeClassName(*)
        enableServiceLinks(*) preemptionPolicy(*) overhead
        topologySpreadConstraints([] TopologySpreadConstraint by topologyKey) setHostnameAsFQDN(*) os(*PodOS)
        hostUsers(*) schedulingGates([] PodSchedulingGate by name)
        resourceClaims([] PodResourceClaim by name retainKeys) resources(*ResourceRequirements) hostnameOverride(*)
        schedulingGroup(*PodSchedulingGroup) evictionResponders([] EvictionResponder by name)
    }

    // Volumes
    Volume {
        name hostPath(*HostPathVolumeSource) emptyDir(*EmptyDirVolumeSource)
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
    HostPathVolumeSource { path type(*) }
    EmptyDirVolumeSource { medium sizeLimit(*) mode(*) }
    GCEPersistentDiskVolumeSource { pdName fsType partition readOnly }
    AWSElasticBlockStoreVolumeSource { volumeID fsType partition readOnly }
    GitRepoVolumeSource { repository revision directory }
    SecretVolumeSource { secretName items([] KeyToPath) defaultMode(*) optional(*) defaultUser(*) }
    KeyToPath { key path mode(*) user(*) }
    NFSVolumeSource { server path readOnly }
    ISCSIVolumeSource {
        targetPortal iqn lun iscsiInterface fsType readOnly portals([]) chapAuthDiscovery chapAuthSession
        secretRef(*LocalObjectReference) initiatorName(*)
    }
    LocalObjectReference { name }
    GlusterfsVolumeSource { endpoints path readOnly }
    PersistentVolumeClaimVolumeSource { claimName readOnly }
    RBDVolumeSource { monitors([]) image fsType pool user keyring secretRef(*LocalObjectReference) readOnly }
    FlexVolumeSource { driver fsType secretRef(*LocalObjectReference) readOnly options }
    CinderVolumeSource { volumeID fsType readOnly secretRef(*LocalObjectReference) }
    CephFSVolumeSource { monitors([]) path user secretFile secretRef(*LocalObjectReference) readOnly }
    FlockerVolumeSource { datasetName datasetUUID }
    DownwardAPIVolumeSource { items([] DownwardAPIVolumeFile) defaultMode(*) defaultUser(*) }
    DownwardAPIVolumeFile {
        path fieldRef(*ObjectFieldSelector) resourceFieldRef(*ResourceFieldSelector) mode(*) user(*)
    }
    ObjectFieldSelector { apiVersion fieldPath }
    ResourceFieldSelector { containerName resource divisor }
    FCVolumeSource { targetWWNs([]) lun(*) fsType readOnly wwids([]) }
    AzureFileVolumeSource { secretName shareName readOnly }
    ConfigMapVolumeSource { name items([] KeyToPath) defaultMode(*) optional(*) defaultUser(*) }
    VsphereVirtualDiskVolumeSource { volumePath fsType storagePolicyName storagePolicyID }
    QuobyteVolumeSource { registry volume readOnly user group tenant }
    AzureDiskVolumeSource { diskName diskURI cachingMode(*) fsType(*) readOnly(*) kind(*) }
    PhotonPersistentDiskVolumeSource { pdID fsType }
    ProjectedVolumeSource { sources([] VolumeProjection) defaultMode(*) defaultUser(*) }
    VolumeProjection {
        secret(*SecretProjection) downwardAPI(*DownwardAPIProjection) configMap(*ConfigMapProjection)
        serviceAccountToken(*ServiceAccountTokenProjection) clusterTrustBundle(*ClusterTrustBundleProjection)
        podCertificate(*PodCertificateProjection)
    }
    SecretProjection { name items([] KeyToPath) optional(*) }
    DownwardAPIProjection { items([] DownwardAPIVolumeFile) }
    ConfigMapProjection { name items([] KeyToPath) optional(*) }
    ServiceAccountTokenProjection { audience expirationSeconds(*) path user(*) }
    ClusterTrustBundleProjection { name(*) signerName(*) labelSelector(*LabelSelector) optional(*) path user(*) }
    LabelSelector { matchLabels matchExpressions([] LabelSelectorRequirement) }
    LabelSelectorRequirement { key operator values([]) }
    PodCertificateProjection {
        signerName keyType maxExpirationSeconds(*) credentialBundlePath keyPath certificateChainPath userAnnotations
        user(*)
    }
    PortworxVolumeSource { volumeID fsType readOnly }
    ScaleIOVolumeSource {
        gateway system secretRef(*LocalObjectReference) sslEnabled protectionDomain storagePool storageMode volumeName
        fsType readOnly
    }
    StorageOSVolumeSource { volumeName volumeNamespace fsType readOnly secretRef(*LocalObjectReference) }
    CSIVolumeSource { driver readOnly(*) fsType(*) volumeAttributes nodePublishSecretRef(*LocalObjectReference) }
    EphemeralVolumeSource { volumeClaimTemplate(*PersistentVolumeClaimTemplate) }
    PersistentVolumeClaimTemplate { metadata(ObjectMeta) spec(PersistentVolumeClaimSpec) }
    PersistentVolumeClaimSpec {
        accessModes([]) selector(*LabelSelector) resources(VolumeResourceRequirements) volumeName storageClassName(*)
        volumeMode(*) dataSource(*TypedLocalObjectReference) dataSourceRef(*TypedObjectReference)
        volumeAttributesClassName(*)
    }
    VolumeResourceRequirements { limits requests }
    TypedLocalObjectReference { apiGroup(*) kind name }
    TypedObjectReference { apiGroup(*) kind name namespace(*) }
    ImageVolumeSource { reference pullPolicy }

    // Containers
    Container {
        name image command([]) args([]) workingDir ports([] ContainerPort by containerPort) envFrom([] EnvFromSource)
        env([] EnvVar by name) resources(ResourceRequirements) resizePolicy([] ContainerResizePolicy) restartPolicy(*)
        restartPolicyRules([] ContainerRestartRule) volumeMounts([] VolumeMount by mountPath)
        volumeDevices([] VolumeDevice by devicePath) livenessProbe(*Probe) readinessProbe(*Probe) startupProbe(*Probe)
        lifecycle(*Lifecycle) terminationMessagePath terminationMessagePolicy imagePullPolicy
        securityContext(*SecurityContext) stdin stdinOnce tty
    }
    ContainerPort { name hostPort containerPort protocol hostIP }
    EnvFromSource { prefix configMapRef(*ConfigMapEnvSource) secretRef(*SecretEnvSource) }
    ConfigMapEnvSource { name optional(*) }
    SecretEnvSource { name optional(*) }
    EnvVar { name value valueFrom(*EnvVarSource) }
    EnvVarSource {
        fieldRef(*ObjectFieldSelector) resourceFieldRef(*ResourceFieldSelector) configMapKeyRef(*ConfigMapKeySelector)
        secretKeyRef(*SecretKeySelector) fileKeyRef(*FileKeySelector)
    }
    ConfigMapKeySelector { name key optional(*) }
    SecretKeySelector { name key optional(*) }
    FileKeySelector { volumeName path key optional(*) }
    ResourceRequirements { limits requests claims([] ResourceClaim) }
    ResourceClaim { name request }
    ContainerResizePolicy { resourceName restartPolicy }
    ContainerRestartRule { action exitCodes(*ContainerRestartRuleOnExitCodes) }
    ContainerRestartRuleOnExitCodes { operator values([]) }
    VolumeMount {
        name readOnly recursiveReadOnly(*) mountPath subPath mountPropagation(*) subPathExpr bindMountOptions([])
    }
    VolumeDevice { name devicePath }
    Probe {
        exec(*ExecAction) httpGet(*HTTPGetAction) tcpSocket(*TCPSocketAction) grpc(*GRPCAction) initialDelaySeconds
        timeoutSeconds periodSeconds successThreshold failureThreshold terminationGracePeriodSeconds(*)
    }
    ExecAction { command([]) }
    HTTPGetAction { path port host scheme httpHeaders([] HTTPHeader) protocol(*) }
    HTTPHeader { name value }
    TCPSocketAction { port host }
    GRPCAction { port service(*) mode(*) }
    Lifecycle { postStart(*LifecycleHandler) preStop(*LifecycleHandler) stopSignal(*) }
    LifecycleHandler { exec(*ExecAction) httpGet(*HTTPGetAction) tcpSocket(*TCPSocketAction) sleep(*SleepAction) }
    SleepAction { seconds }
    SecurityContext {
        capabilities(*Capabilities) privileged(*) seLinuxOptions(*SELinuxOptions)
        windowsOptions(*WindowsSecurityContextOptions) runAsUser(*) runAsGroup(*) runAsNonRoot(*)
        readOnlyRootFilesystem(*) allowPrivilegeEscalation(*) procMount(*) seccompProfile(*SeccompProfile)
        appArmorProfile(*AppArmorProfile)
    }
    Capabilities { add([]) drop([]) }
    SELinuxOptions { user role type level }
    WindowsSecurityContextOptions { gmsaCredentialSpecName(*) gmsaCredentialSpec(*) runAsUserName(*) hostProcess(*) }
    SeccompProfile { type localhostProfile(*) }
    AppArmorProfile { type localhostProfile(*) }
    EphemeralContainer {
        name image command([]) args([]) workingDir ports([] ContainerPort by containerPort) envFrom([] EnvFromSource)
        env([] EnvVar by name) resources(ResourceRequirements) resizePolicy([] ContainerResizePolicy) restartPolicy(*)
        restartPolicyRules([] ContainerRestartRule) volumeMounts([] VolumeMount by mountPath)
        volumeDevices([] VolumeDevice by devicePath) livenessProbe(*Probe) readinessProbe(*Probe) startupProbe(*Probe)
        lifecycle(*Lifecycle) terminationMessagePath terminationMessagePolicy imagePullPolicy
        securityContext(*SecurityContext) stdin stdinOnce tty targetContainerName
    }

    // The rest of a pod's spec
    PodSecurityContext {
        seLinuxOptions(*SELinuxOptions) windowsOptions(*WindowsSecurityContextOptions) runAsUser(*) runAsGroup(*)
        runAsNonRoot(*) supplementalGroups([]) supplementalGroupsPolicy(*) fsGroup(*) sysctls([] Sysctl)
        fsGroupChangePolicy(*) seccompProfile(*SeccompProfile) appArmorProfile(*AppArmorProfile)
        seLinuxChangePolicy(*)
    }
    Sysctl { name value }
    Affinity { nodeAffinity(*NodeAffinity) podAffinity(*PodAffinity) podAntiAffinity(*PodAntiAffinity) }
    NodeAffinity {
        requiredDuringSchedulingIgnoredDuringExecution(*NodeSelector)
        preferredDuringSchedulingIgnoredDuringExecution([] PreferredSchedulingTerm)
    }
    NodeSelector { nodeSelectorTerms([] NodeSelectorTerm) }
    NodeSelectorTerm { matchExpressions([] NodeSelectorRequirement) matchFields([] NodeSelectorRequirement) }
    NodeSelectorRequirement { key operator values([]) }
    PreferredSchedulingTerm { weight preference(NodeSelectorTerm) }
    PodAffinity {
        requiredDuringSchedulingIgnoredDuringExecution([] PodAffinityTerm)
        preferredDuringSchedulingIgnoredDuringExecution([] WeightedPodAffinityTerm)
    }
    PodAffinityTerm {
        labelSelector(*LabelSelector) namespaces([]) topologyKey namespaceSelector(*LabelSelector) matchLabelKeys([])
        mismatchLabelKeys([])
    }
    WeightedPodAffinityTerm { weight podAffinityTerm(PodAffinityTerm) }
    PodAntiAffinity {
        requiredDuringSchedulingIgnoredDuringExecution([] PodAffinityTerm)
        preferredDuringSchedulingIgnoredDuringExecution([] WeightedPodAffinityTerm)
    }
    Toleration { key operator value effect tolerationSeconds(*) }
    HostAlias { ip hostnames([]) }
    PodDNSConfig { nameservers([]) searches([]) options([] PodDNSConfigOption) }
    PodDNSConfigOption { name value(*) }
    PodReadinessGate { conditionType }
    TopologySpreadConstraint {
        maxSkew topologyKey whenUnsatisfiable labelSelector(*LabelSelector) minDomains(*) nodeAffinityPolicy(*)
        nodeTaintsPolicy(*) matchLabelKeys([])
    }
    PodOS { name }
    PodSchedulingGate { name }
    PodResourceClaim { name resourceClaimName(*) resourceClaimTemplateName(*) }
    PodSchedulingGroup { podGroupName(*) }
    EvictionResponder { name priority(*) }

    // A pod's status
    PodStatus {
        observedGeneration phase conditions([] PodCondition by type) message reason nominatedNodeName hostIP
        hostIPs([] HostIP by ip) podIP podIPs([] PodIP by ip) startTime(*) initContainerStatuses([] ContainerStatus)
        containerStatuses([] ContainerStatus) qosClass ephemeralContainerStatuses([] ContainerStatus) resize
        resourceClaimStatuses([] PodResourceClaimStatus by name retainKeys)
        extendedResourceClaimStatus(*PodExtendedResourceClaimStatus) allocatedResources
        resources(*ResourceRequirements)
        nodeAllocatableResourceClaimStatuses([] NodeAllocatableResourceClaimStatus by resourceClaimName)
        volumeHealth([] PodVolumeHealth)
    }
    PodCondition { type observedGeneration status lastProbeTime lastTransitionTime reason message }
    HostIP { ip }
    PodIP { ip }
    ContainerStatus {
        name state(ContainerState) lastState(ContainerState) ready restartCount image imageID containerID started(*)
        allocatedResources resources(*ResourceRequirements) volumeMounts([] VolumeMountStatus by mountPath)
        user(*ContainerUser) allocatedResourcesStatus([] ResourceStatus by name) stopSignal(*)
    }
    ContainerState {
        waiting(*ContainerStateWaiting) running(*ContainerStateRunning) terminated(*ContainerStateTerminated)
    }
    ContainerStateWaiting { reason message }
    ContainerStateRunning { startedAt }
    ContainerStateTerminated { exitCode signal reason message startedAt finishedAt containerID }
    VolumeMountStatus { name mountPath readOnly recursiveReadOnly(*) volumeStatus(*VolumeStatus) }
    VolumeStatus { image(*ImageVolumeStatus) }
    ImageVolumeStatus { imageRef }
    ContainerUser { linux(*LinuxContainerUser) }
    LinuxContainerUser { uid gid supplementalGroups([]) }
    ResourceStatus { name resources([] ResourceHealth) }
    ResourceHealth { resourceID health message(*) }
    PodResourceClaimStatus { name resourceClaimName(*) }
    PodExtendedResourceClaimStatus { requestMappings([] ContainerExtendedResourceRequest) resourceClaimName }
    ContainerExtendedResourceRequest { containerName resourceName requestName }
    NodeAllocatableResourceClaimStatus {
        resourceClaimName containers([]) mapping([] NodeAllocatableMappedResources by name)
        overhead([] NodeAllocatableOverheadResources by name)
    }
    NodeAllocatableMappedResources { name quantity(*) }
    NodeAllocatableOverheadResources { name perPod(*) perContainer(*) }
    PodVolumeHealth { name healthConditions([] VolumeHealthCondition by status) lastTransitionTime }
    VolumeHealthCondition { status reason message }

    // Workloads
    PodTemplate { kind apiVersion metadata(ObjectMeta) template(PodTemplateSpec) }
    PodTemplateSpec { metadata(ObjectMeta) spec(PodSpec) }
    Deployment { kind apiVersion metadata(ObjectMeta) spec(DeploymentSpec) status(DeploymentStatus) }
    DeploymentSpec {
        replicas(*) selector(*LabelSelector) template(PodTemplateSpec) strategy(DeploymentStrategy retainKeys)
        minReadySeconds revisionHistoryLimit(*) paused progressDeadlineSeconds(*)
    }
    DeploymentStrategy { type rollingUpdate(*RollingUpdateDeployment) }
    RollingUpdateDeployment { maxUnavailable(*) maxSurge(*) }
    DeploymentStatus {
        observedGeneration replicas updatedReplicas readyReplicas availableReplicas unavailableReplicas
        terminatingReplicas(*) conditions([] DeploymentCondition by type) collisionCount(*)
    }
    DeploymentCondition { type status lastUpdateTime lastTransitionTime reason message }
    StatefulSet { kind apiVersion metadata(ObjectMeta) spec(StatefulSetSpec) status(StatefulSetStatus) }
    StatefulSetSpec {
        replicas(*) selector(*LabelSelector) template(PodTemplateSpec) volumeClaimTemplates([] PersistentVolumeClaim)
        serviceName podManagementPolicy updateStrategy(StatefulSetUpdateStrategy) revisionHistoryLimit(*)
        minReadySeconds persistentVolumeClaimRetentionPolicy(*StatefulSetPersistentVolumeClaimRetentionPolicy)
        ordinals(*StatefulSetOrdinals)
    }
    PersistentVolumeClaim {
        kind apiVersion metadata(ObjectMeta) spec(PersistentVolumeClaimSpec) status(PersistentVolumeClaimStatus)
    }
    PersistentVolumeClaimStatus {
        phase accessModes([]) capacity conditions([] PersistentVolumeClaimCondition by type) allocatedResources
        allocatedResourceStatuses currentVolumeAttributesClassName(*) modifyVolumeStatus(*ModifyVolumeStatus)
        healthStatus(*VolumeHealthStatus)
    }
    PersistentVolumeClaimCondition { type status lastProbeTime lastTransitionTime reason message }
    ModifyVolumeStatus { targetVolumeAttributesClassName status }
    VolumeHealthStatus { healthConditions([] VolumeHealthCondition by status) lastTransitionTime }
    StatefulSetUpdateStrategy { type rollingUpdate(*RollingUpdateStatefulSetStrategy) }
    RollingUpdateStatefulSetStrategy { partition(*) maxUnavailable(*) }
    StatefulSetPersistentVolumeClaimRetentionPolicy { whenDeleted whenScaled }
    StatefulSetOrdinals { start }
    StatefulSetStatus {
        observedGeneration replicas readyReplicas currentReplicas updatedReplicas currentRevision updateRevision
        collisionCount(*) conditions([] StatefulSetCondition by type) availableReplicas
    }
    StatefulSetCondition { type status lastTransitionTime reason message }
    DaemonSet { kind apiVersion metadata(ObjectMeta) spec(DaemonSetSpec) status(DaemonSetStatus) }
    DaemonSetSpec {
        selector(*LabelSelector) template(PodTemplateSpec) updateStrategy(DaemonSetUpdateStrategy) minReadySeconds
        revisionHistoryLimit(*)
    }
    DaemonSetUpdateStrategy { type rollingUpdate(*RollingUpdateDaemonSet) }
    RollingUpdateDaemonSet { maxUnavailable(*) maxSurge(*) }
    DaemonSetStatus {
        currentNumberScheduled numberMisscheduled desiredNumberScheduled numberReady observedGeneration
        updatedNumberScheduled numberAvailable numberUnavailable collisionCount(*)
        conditions([] DaemonSetCondition by type)
    }
    DaemonSetCondition { type status lastTransitionTime reason message }
    Job { kind apiVersion metadata(ObjectMeta) spec(JobSpec) status(JobStatus) }
    JobSpec {
        parallelism(*) completions(*) activeDeadlineSeconds(*) podFailurePolicy(*PodFailurePolicy)
        successPolicy(*SuccessPolicy) backoffLimit(*) backoffLimitPerIndex(*) maxFailedIndexes(*)
        selector(*LabelSelector) manualSelector(*) template(PodTemplateSpec) ttlSecondsAfterFinished(*)
        completionMode(*) suspend(*) podReplacementPolicy(*) managedBy(*) scheduling(*JobSchedulingConfiguration)
    }
    PodFailurePolicy { rules([] PodFailurePolicyRule) }
    PodFailurePolicyRule {
        action onExitCodes(*PodFailurePolicyOnExitCodesRequirement)
        onPodConditions([] PodFailurePolicyOnPodConditionsPattern)
    }
    PodFailurePolicyOnExitCodesRequirement { containerName(*) operator values([]) }
    PodFailurePolicyOnPodConditionsPattern { type status }
    SuccessPolicy { rules([] SuccessPolicyRule) }
    SuccessPolicyRule { succeededIndexes(*) succeededCount(*) }
    JobSchedulingConfiguration {
        schedulingPolicy(*WorkloadPodGroupSchedulingPolicy)
        schedulingConstraints(*WorkloadPodGroupSchedulingConstraints) disruptionMode(*WorkloadPodGroupDisruptionMode)
        resourceClaims([] WorkloadPodGroupResourceClaim by name)
    }
    WorkloadPodGroupSchedulingPolicy { basic(*) gang(*WorkloadPodGroupGangSchedulingPolicy) }
    WorkloadPodGroupGangSchedulingPolicy { minCount(*) }
    WorkloadPodGroupSchedulingConstraints { topology([] TopologyConstraint) }
    TopologyConstraint { key }
    WorkloadPodGroupDisruptionMode { single(*) all(*) }
    WorkloadPodGroupResourceClaim { name resourceClaimName(*) resourceClaimTemplateName(*) }
    JobStatus {
        conditions([] JobCondition by type) startTime(*) completionTime(*) active succeeded failed terminating(*)
        completedIndexes failedIndexes(*) uncountedTerminatedPods(*UncountedTerminatedPods) ready(*)
    }
    JobCondition { type status lastProbeTime lastTransitionTime reason message }
    UncountedTerminatedPods { succeeded([]) failed([]) }
    CronJob { kind apiVersion metadata(ObjectMeta) spec(CronJobSpec) status(CronJobStatus) }
    CronJobSpec {
        schedule timeZone(*) startingDeadlineSeconds(*) concurrencyPolicy suspend(*) jobTemplate(JobTemplateSpec)
        successfulJobsHistoryLimit(*) failedJobsHistoryLimit(*)
    }
    JobTemplateSpec { metadata(ObjectMeta) spec(JobSpec) }
    CronJobStatus { active([] ObjectReference) lastScheduleTime(*) lastSuccessfulTime(*) }
    ObjectReference { kind namespace name uid apiVersion resourceVersion fieldPath }
}
