//! Backups: what one is, where it lies, and how it is pushed, pulled, listed, verified and pruned.
//!
//! ```text
//! <prefix>/<kind>/<id>/data/<path>      the objects of one backup
//! <prefix>/<kind>/<id>/manifest.json    written last, if absent: with it the backup is complete
//! <prefix>/<kind>/latest.json           the pointer: the newest complete backup of the kind
//! ```
//!
//! The types are data: they never see a store, and a [`Manifest`], a [`Pointer`] and a [`BackupId`]
//! can only be made of what is safe. What asks a store is at the edge, one file for each question.
//!
//! # Why
//!
//! A backup is complete when its manifest is there, and not before: a push that is cut off at any
//! moment leaves something that is called incomplete. The pointer lets credentials that may only
//! put and get find the newest backup, which they cannot list. It is a hint and never believed:
//! what it names has to have a manifest of the same name.

mod fetch;
mod find;
mod foreign;
mod id;
mod inventory;
mod kind;
mod layout;
mod look;
mod manifest;
mod path;
mod pattern;
mod pointer;
mod prune;
mod pull;
mod push;
mod remove;
mod status;
mod tree;
mod uploads;
mod verify;

pub use find::{FindError, Picked, Which, find};
pub use foreign::{ForeignLayout, KindRule, Marker};
pub use id::{BackupId, IdError};
pub use inventory::{Entry, Inventory, Sight, Source, State, View};
pub use kind::Kind;
pub use layout::Layout;
pub use look::{
    Clock, Kept, LookError, Opened, Pointed, Question, inventory, is_ahead, manifest, pointer,
};
pub use manifest::{Manifest, ManifestError, Part, Previous, Stored};
pub use path::{DataPath, PathError};
pub use pattern::{Fit, Matched, Pattern};
pub use pointer::Pointer;
pub use prune::{Keep, Plan, Removal, recheck, removals};
pub use pull::{Pull, PullError, Pulled};
pub use push::{Latest, Load, Push, PushError, Pushed, Pushing};
pub use remove::{Removed, remove, repoint};
pub use status::{KindStatus, Newest, Status, age_text, gravest, judge};
pub use tree::{Tree, TreeError};
pub use verify::{Deviation, DeviationKind, Verified, is_archive, verify};

#[cfg(test)]
mod tests;
