//! Backstop proves that backup storage will take a backup and give it back.
//!
//! # Overview
//!
//! ```text
//! args -> config -> target -> store
//!                     |         |
//!                     +-> plan -> engine --(events)--> render
//!                          ^        |
//!                        checks     v
//!                                 report -> diagnosis -> render -> exit code
//! ```
//!
//! | module | holds |
//! | --- | --- |
//! | [`backup`] | what a backup is, where it lies, and everything that is done with one |
//! | [`config`] | the configuration as written, and as validated targets |
//! | [`reach`] | the way to the service, and what the network answers on it |
//! | [`subject`] | what is verified: a store, who asks, the way, the same bucket in other forms |
//! | [`connect`] | a target's store: the only module that names provider crates |
//! | [`check`] | the questions, one file each, in one static table |
//! | [`plan`] | which checks run, at which level, in which order |
//! | [`engine`] | the run: concurrency, sandbox, time, events |
//! | [`report`] | everything a run found, as data |
//! | [`diagnosis`] | causes and remedies, from the report alone |
//! | [`policy`] | the smallest grants for an access, and what a run found of them |
//! | [`ticket`] | what to send to those who run the cloud or the network |
//! | [`redact`] | a report without names, accounts and addresses |
//! | [`diff`] | what differs between two runs |
//! | [`verify`] | a run and its diagnosis in one call |
//! | [`transfer`] | bytes to a store and back: in parts, in bounded memory, each part hashed once |
//! | [`gate`] | a report and what is known of the backups to allow or block, closed by default |
//! | [`monitor`] | what is watched from run to run: metrics, failures in a row, pings |
//! | [`render`] | the report for people and for programs |
//! | [`demo`] | an embedded S3 server and a guided tour |
//! | [`cli`] | the command line |
//!
//! A module uses only what stands to its left in the flow. Checks never see the configuration;
//! the report, the diagnosis and the renderers never see a store; nothing uses the command line.

pub mod backup;
pub mod check;
#[cfg(feature = "cli")]
pub mod cli;
pub mod config;
pub mod connect;
#[cfg(feature = "demo")]
pub mod demo;
pub mod diagnosis;
pub mod diff;
pub mod engine;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod foreign;
pub mod gate;
pub mod monitor;
pub mod plan;
pub mod policy;
pub mod reach;
pub mod redact;
#[cfg(feature = "cli")]
pub mod render;
pub mod report;
pub mod subject;
pub mod ticket;
pub mod transfer;
pub mod verify;
