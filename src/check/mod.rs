//! The questions, one file each, in one static table.
//!
//! A check is data ([`CheckInfo`]) and one function. The plan, the manual and the tests all read
//! [`CHECKS`]; its order is the order of reports, and of the run where checks share their keys.

mod awkward_keys;
mod bucket;
mod checksum;
mod cleanup;
mod clock;
mod connection;
mod context;
mod credential;
mod delete_absent;
mod delete_object;
mod facts;
mod get_absent;
mod get_object;
mod get_range;
mod head_object;
mod info;
mod keys;
mod list_after_delete;
mod list_pages;
mod list_prefix;
mod listing;
mod multipart_abort;
mod multipart_upload;
mod name_resolution;
mod newest;
mod overwrite;
mod preserved;
mod principal;
mod probe;
mod put_if_absent;
mod put_object;
mod read_after_delete;
mod read_after_overwrite;
mod service;
mod stop;
mod survivor;
mod table;
mod tls;
mod who;

pub use cleanup::INFO as CLEANUP;
pub use context::{
    CheckStore, Context, Deleted, Facts, OBJECT_SIZE, Opening, Shared, Told, Written,
};
pub use info::{Check, CheckInfo, Effect};
pub use keys::{Keys, Mode};
pub use probe::Probe;
pub use stop::{Answer, Remark, Stop};
pub use survivor::{ID as SURVIVOR, LOST, Memory};
pub use table::{CHECKS, ids, info};
pub use who::{Pattern, Who};
