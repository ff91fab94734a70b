//! Every way to be somebody: each with credentials that are good and some that are not, on a real store.

mod owner;
mod scene;
mod tap;

pub(crate) mod chain;
pub(crate) mod container;
pub(crate) mod keys;
pub(crate) mod node;
pub(crate) mod pairs;
pub(crate) mod roles;
pub(crate) mod surroundings;
pub(crate) mod web;
