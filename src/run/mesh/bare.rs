//! Meshes without `ConfigMap`s: enough for decisions, but not to render sidecars.

use super::vendor::Evidence;
use super::{MeshUse, unknown_profile};
use crate::config::MeshSettings;
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::istio::mesh_file::BareControlPlane;
use crate::istio::platform::Platform;
use crate::istio::{Mesh, MeshError, Release, UserValues};
use crate::output::{Remark, RunInfo};

/// The mesh of a control plane without `ConfigMap`s: a default installation of its release with its environment.
pub(super) fn mesh(
    plane: &BareControlPlane,
    settings: &MeshSettings,
    platform: Option<&Platform>,
    values: &UserValues,
    info: &mut RunInfo,
) -> Result<Mesh, Diagnostic> {
    let of_platform = || platform.and_then(Platform::release);
    let release = match &settings.istio {
        Some(requested) => requested.resolve(plane.release.clone()),
        None => plane.release.clone().or_else(of_platform).ok_or_else(|| {
            let message = format!("the release of revision {} is unknown", plane.revision);
            Diagnostic::error(Code::MeshFile, ExitCode::Mesh, message)
                .with_hint("pass --istio, for example --istio 1.30")
        })?,
    };
    check_release(&release, MeshUse::Decisions)?;
    let mut values = values.clone();
    values.set_revision(&plane.revision);
    let mut mesh = install(release, &values)?;
    mesh.env.extend(plane.env.clone().unwrap_or_default());
    mesh.env.extend(values.env().clone());
    super::vendor::apply(platform, &mut mesh, Evidence::of(plane.env.as_ref()), info);
    Ok(mesh)
}

/// An installation of a release by these values.
pub(super) fn install(release: Release, values: &UserValues) -> Result<Mesh, Diagnostic> {
    Mesh::install_any(release, values.values()).map_err(|error| match &error {
        MeshError::Profile(unknown) => unknown_profile(unknown, values),
        error => Diagnostic::from(error),
    })
}

/// Refuses a release that is too old.
pub(super) fn check_release(release: &Release, purpose: MeshUse) -> Result<(), Diagnostic> {
    let (is_known, known) = match purpose {
        MeshUse::Decisions => (release.decides(), Release::decided_range()),
        MeshUse::Sidecars => (release.is_built_in(), format!("built in: {}", Release::built_in_range())),
    };
    if is_known {
        return Ok(());
    }
    let message = format!("Istio {release} is not supported ({known})");
    let failure = Diagnostic::error(Code::ReleaseNotBuiltIn, ExitCode::Mesh, message);
    Err(failure.with_hint("pass --mesh-file to use your mesh's own templates"))
}

/// The assumption about a mesh without `ConfigMap`s.
pub(super) fn assumed() -> Remark {
    Remark::new(
        "default-installation",
        "the injector's configuration is istio's default, because its ConfigMap is not given",
    )
}
