//! Amazon S3 and S3-compatible stores for Backstop.
//!
//! | module | holds |
//! | --- | --- |
//! | [`config`] | what a store is configured with |
//! | [`connect`](mod@connect) | configuration to store, without a request to the bucket |
//! | [`store`] | the store and its object verbs |
//! | [`form`] | the same bucket asked in other forms |
//! | [`policy`] | which IAM actions an operation needs |
//! | `identity` | what requests are signed with, and who the service says we are |
//! | `credentials` | every way to come by credentials, their loader, and the token service |
//! | `ambient` | the variables and the AWS files around the process |
//! | `wire`, `pace` | one HTTP client under the SDK: every answer observed, silence timed |
//! | `route`, `proxy` | what is near, and the proxy on the way to what is not |
//! | `trust` | the certificates that a server may present |
//! | `given` | what a write is sent with beside its content |
//! | `list`, `multipart`, `inspect`, `posture` | the other verbs |
//! | `failure`, `classify` | what went wrong: the evidence, and the table that names its kind |
//!
//! # Why
//!
//! The AWS SDK signs and serializes; it decides nothing. Its retries, its clock-skew correction
//! and its stalled-stream protection are off, because a verifier must see and report what they
//! hide. `MinIO` speaks the same protocol under its own name through [`Flavor`].

mod ambient;
mod classify;
pub mod config;
pub mod connect;
mod credentials;
mod failure;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod foreign;
pub mod form;
mod given;
mod identity;
mod inspect;
mod list;
mod marks;
mod multipart;
mod pace;
pub mod policy;
mod posture;
mod proxy;
mod route;
pub mod store;
#[cfg(test)]
mod tests;
mod trust;
mod wire;

pub use config::{
    Addressing, AssumeRole, ChecksumMode, Encryption, S3Config, S3Credentials, WebIdentity,
};
pub use connect::{ConnectError, connect, connect_as};
pub use form::Form;
pub use store::{Flavor, S3Store};
