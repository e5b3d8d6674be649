//! Models on this machine: the static one in the program, and folders under `models/`, each with a
//! manifest. Files go in checked and are opened on demand; nothing is fetched unless somebody pulls it.

mod built_in;
mod failure;
mod manifest;
mod pull;
mod registry;

pub use built_in::{BUILT_IN_NAME, built_in};
pub use failure::ModelError;
pub use manifest::{Manifest, ModelFile, ModelKind};
pub use pull::{Package, pull_folder, pull_hugging_face, pull_package};
pub use registry::{InUse, Installed, Registry};
