//! Whole stories on real MinIO and Azurite: the built binary, its report, its exit code, and what an
//! independent reader finds in the storage afterwards.

pub(crate) mod harness;
mod identity;
mod identity_azure_story;
mod site;

pub(crate) mod backup;
pub(crate) mod causes;
pub(crate) mod cron;
pub(crate) mod gate;
pub(crate) mod healthy;
pub(crate) mod identity_azure;
pub(crate) mod identity_azure_clouds;
pub(crate) mod identity_azure_keys;
pub(crate) mod identity_azure_managed;
pub(crate) mod identity_azure_proofs;
pub(crate) mod identity_azure_surroundings;
pub(crate) mod identity_azure_tenants;
pub(crate) mod install;
pub(crate) mod kill;
pub(crate) mod lost;
pub(crate) mod many;
pub(crate) mod object;
pub(crate) mod options;
pub(crate) mod policy;
pub(crate) mod posture;
pub(crate) mod reach;
pub(crate) mod residue;
pub(crate) mod seed;
pub(crate) mod signals;
pub(crate) mod soak;
pub(crate) mod status;
pub(crate) mod survivor;
pub(crate) mod ticket;
pub(crate) mod variants;

pub(crate) use identity::{
    chain as identity_chain, container as identity_container, keys as identity_keys,
    node as identity_node, pairs as identity_pairs, roles as identity_roles,
    surroundings as identity_surroundings, web as identity_web,
};
