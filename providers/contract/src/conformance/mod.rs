//! The cases that every store must pass.
//!
//! A [`Case`] is one fact about a store. What a case needs is data ([`Need`]); a store that lacks
//! it does not run the case, and the caller shows it as ignored, never as passed. Known
//! differences between services are capabilities, limits and the fields of the [`Fixture`]: no
//! case asks which provider it runs on.
//!
//! | file | holds |
//! | --- | --- |
//! | `put`, `get`, `head`, `list`, `delete`, `multipart`, `versions` | one verb each |
//! | `errors` | kinds, places, evidence, observers, secrets |
//! | `keys` | awkward keys: byte-exact or refused |
//!
//! ```text
//! for case in cases() {
//!     let fixture = Fixture::new(store.clone(), prefix_of_its_own);
//!     match case.missing(&fixture) {
//!         Some(need) => ignored(case.name, need),
//!         None => case.run_and_clean(fixture).await?,
//!     }
//! }
//! ```

mod case;
mod delete;
mod errors;
mod fixture;
mod get;
mod head;
mod keys;
mod list;
mod multipart;
mod put;
mod recorder;
#[cfg(test)]
mod tests;
mod verbs;
mod versions;

pub use case::{CASES, Case, Failed, Need, cases};
pub use fixture::{Fixture, Twin};
pub use recorder::Recorder;
