//! A user's container as Go's typed objects write it: fields in declaration order, zero values that `omitempty` leaves
//! out gone. This is what `proxy.istio.io/overrides` records and what is merged over the template's container.
//! (k8s.io/api core/v1 `Container`, v0.37.)

use serde_json::{Map, Value};

/// How a field is written.
enum Kind {
    /// A scalar left out when zero.
    Plain,
    /// A pointer, or a field without `omitempty`: kept when zero.
    Kept,
    /// A quantity: always a string.
    Quantity,
    /// A struct value: written even if empty.
    Struct(&'static [Field]),
    /// A pointer to a struct: written if present.
    Pointer(&'static [Field]),
    /// A list of structs.
    List(&'static [Field]),
    /// A map with sorted keys whose values are quantities.
    Quantities,
}

struct Field(&'static str, Kind);

use Kind::{Kept, List, Plain, Pointer, Quantities, Quantity, Struct};

static CONTAINER: [Field; 24] = [
    Field("name", Kept),
    Field("image", Plain),
    Field("command", Plain),
    Field("args", Plain),
    Field("workingDir", Plain),
    Field("ports", List(&PORT)),
    Field("envFrom", List(&ENV_FROM)),
    Field("env", List(&ENV)),
    Field("resources", Struct(&RESOURCES)),
    Field("resizePolicy", List(&RESIZE_POLICY)),
    Field("restartPolicy", Kept),
    Field("volumeMounts", List(&VOLUME_MOUNT)),
    Field("volumeDevices", List(&VOLUME_DEVICE)),
    Field("livenessProbe", Pointer(&PROBE)),
    Field("readinessProbe", Pointer(&PROBE)),
    Field("startupProbe", Pointer(&PROBE)),
    Field("lifecycle", Pointer(&LIFECYCLE)),
    Field("terminationMessagePath", Plain),
    Field("terminationMessagePolicy", Plain),
    Field("imagePullPolicy", Plain),
    Field("securityContext", Pointer(&SECURITY_CONTEXT)),
    Field("stdin", Plain),
    Field("stdinOnce", Plain),
    Field("tty", Plain),
];
static PORT: [Field; 5] = [
    Field("name", Plain),
    Field("hostPort", Plain),
    Field("containerPort", Kept),
    Field("protocol", Plain),
    Field("hostIP", Plain),
];
static ENV: [Field; 3] = [Field("name", Kept), Field("value", Plain), Field("valueFrom", Pointer(&ENV_SOURCE))];
static ENV_SOURCE: [Field; 5] = [
    Field("fieldRef", Pointer(&FIELD_REF)),
    Field("resourceFieldRef", Pointer(&RESOURCE_FIELD_REF)),
    Field("configMapKeyRef", Pointer(&KEY_REF)),
    Field("secretKeyRef", Pointer(&KEY_REF)),
    Field("fileKeyRef", Kept),
];
static FIELD_REF: [Field; 2] = [Field("apiVersion", Plain), Field("fieldPath", Kept)];
static RESOURCE_FIELD_REF: [Field; 3] =
    [Field("containerName", Plain), Field("resource", Kept), Field("divisor", Quantity)];
static KEY_REF: [Field; 3] = [Field("name", Plain), Field("key", Kept), Field("optional", Kept)];
static ENV_FROM: [Field; 3] =
    [Field("prefix", Plain), Field("configMapRef", Pointer(&SOURCE_REF)), Field("secretRef", Pointer(&SOURCE_REF))];
static SOURCE_REF: [Field; 2] = [Field("name", Plain), Field("optional", Kept)];
static RESOURCES: [Field; 3] =
    [Field("limits", Quantities), Field("requests", Quantities), Field("claims", List(&CLAIM))];
static CLAIM: [Field; 2] = [Field("name", Kept), Field("request", Plain)];
static RESIZE_POLICY: [Field; 2] = [Field("resourceName", Kept), Field("restartPolicy", Kept)];
static VOLUME_MOUNT: [Field; 7] = [
    Field("name", Kept),
    Field("readOnly", Plain),
    Field("recursiveReadOnly", Kept),
    Field("mountPath", Kept),
    Field("subPath", Plain),
    Field("mountPropagation", Kept),
    Field("subPathExpr", Plain),
];
static VOLUME_DEVICE: [Field; 2] = [Field("name", Kept), Field("devicePath", Kept)];
static PROBE: [Field; 10] = [
    Field("exec", Pointer(&EXEC)),
    Field("httpGet", Pointer(&HTTP_GET)),
    Field("tcpSocket", Pointer(&TCP_SOCKET)),
    Field("grpc", Pointer(&GRPC)),
    Field("initialDelaySeconds", Plain),
    Field("timeoutSeconds", Plain),
    Field("periodSeconds", Plain),
    Field("successThreshold", Plain),
    Field("failureThreshold", Plain),
    Field("terminationGracePeriodSeconds", Kept),
];
static EXEC: [Field; 1] = [Field("command", Plain)];
static HTTP_GET: [Field; 5] = [
    Field("path", Plain),
    Field("port", Kept),
    Field("host", Plain),
    Field("scheme", Plain),
    Field("httpHeaders", List(&HTTP_HEADER)),
];
static HTTP_HEADER: [Field; 2] = [Field("name", Kept), Field("value", Kept)];
static TCP_SOCKET: [Field; 2] = [Field("port", Kept), Field("host", Plain)];
static GRPC: [Field; 2] = [Field("port", Kept), Field("service", Kept)];
static LIFECYCLE: [Field; 3] =
    [Field("postStart", Pointer(&HANDLER)), Field("preStop", Pointer(&HANDLER)), Field("stopSignal", Kept)];
static HANDLER: [Field; 4] = [
    Field("exec", Pointer(&EXEC)),
    Field("httpGet", Pointer(&HTTP_GET)),
    Field("tcpSocket", Pointer(&TCP_SOCKET)),
    Field("sleep", Kept),
];
static SECURITY_CONTEXT: [Field; 12] = [
    Field("capabilities", Pointer(&CAPABILITIES)),
    Field("privileged", Kept),
    Field("seLinuxOptions", Kept),
    Field("windowsOptions", Kept),
    Field("runAsUser", Kept),
    Field("runAsGroup", Kept),
    Field("runAsNonRoot", Kept),
    Field("readOnlyRootFilesystem", Kept),
    Field("allowPrivilegeEscalation", Kept),
    Field("procMount", Kept),
    Field("seccompProfile", Kept),
    Field("appArmorProfile", Kept),
];
static CAPABILITIES: [Field; 2] = [Field("add", Plain), Field("drop", Plain)];

/// A container as a typed object writes it. Fields that Kubernetes does not know are dropped.
pub(super) fn container(value: &Value) -> Value {
    Value::Object(fields(value, &CONTAINER))
}

fn fields(value: &Value, known: &'static [Field]) -> Map<String, Value> {
    let mut out = Map::new();
    for Field(name, kind) in known {
        let found = value.get(name).filter(|found| !found.is_null());
        let written = match (kind, found) {
            (Struct(known), found) => Some(Value::Object(fields(found.unwrap_or(&Value::Null), known))),
            (_, None) => None,
            (Plain, Some(found)) => (!is_zero(found)).then(|| found.clone()),
            (Kept, Some(found)) => Some(found.clone()),
            (Quantity, Some(found)) => Some(quantity(found)),
            (Pointer(known), Some(found)) => Some(Value::Object(fields(found, known))),
            (List(known), Some(found)) => list(found, known),
            (Quantities, Some(found)) => quantities(found),
        };
        if let Some(written) = written {
            out.insert((*name).to_owned(), written);
        }
    }
    out
}

fn list(value: &Value, known: &'static [Field]) -> Option<Value> {
    let items = value.as_array()?;
    (!items.is_empty()).then(|| items.iter().map(|item| Value::Object(fields(item, known))).collect())
}

fn quantities(value: &Value) -> Option<Value> {
    let map = value.as_object().filter(|map| !map.is_empty())?;
    let mut out: Map<String, Value> = map.iter().map(|(name, found)| (name.clone(), quantity(found))).collect();
    out.sort_keys();
    Some(Value::Object(out))
}

/// A quantity keeps the user's spelling, but is a string even where it was written as a number.
fn quantity(value: &Value) -> Value {
    if value.is_number() { Value::String(value.to_string()) } else { value.clone() }
}

fn is_zero(value: &Value) -> bool {
    !crate::istio::value::truthy(Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::istio::go_json;
    use serde_json::json;

    #[test]
    fn fields_come_in_gos_order_without_zero_values() {
        let user = json!({
            "tty": false,
            "securityContext": {"privileged": false, "capabilities": {"add": [], "drop": ["ALL"]}},
            "volumeMounts": [{"mountPath": "/a", "readOnly": false, "name": "a"}],
            "resources": {"requests": {"memory": "1Gi", "cpu": 2}},
            "env": [{"value": "", "name": "E"}],
            "unknown": 1,
            "args": null,
            "name": "istio-proxy"
        });
        assert_eq!(
            go_json::to_string(&container(&user)),
            "{\"name\":\"istio-proxy\",\"env\":[{\"name\":\"E\"}],\
             \"resources\":{\"requests\":{\"cpu\":\"2\",\"memory\":\"1Gi\"}},\
             \"volumeMounts\":[{\"name\":\"a\",\"mountPath\":\"/a\"}],\
             \"securityContext\":{\"capabilities\":{\"drop\":[\"ALL\"]},\"privileged\":false}}"
        );
        assert_eq!(container(&json!({"name": "a"})), json!({"name": "a", "resources": {}}));
    }
}
