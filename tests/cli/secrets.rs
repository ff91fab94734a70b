//! Planted secrets: no output of any command holds one, in any form, whatever goes wrong.
//!
//! - `planted` has the secrets, and searches a text for them.
//! - `ways` has every way to be somebody, each with a secret of its own.
//! - `services` plays all services at once, with more and less manners.
//! - `stage` is the folder that a run takes place in.
//! - `runs`, `commands`, `redirects`, `mistakes` and `crash` have the tests.

mod commands;
mod crash;
mod mistakes;
mod planted;
mod redirects;
mod runs;
mod services;
mod stage;
mod ways;

pub(crate) use commands::{
    a_good_run_says_no_secret, the_configuration_shows_no_secret, the_password_of_a_proxy_is_kept,
};
pub(crate) use crash::{a_killed_run_leaves_no_secret, a_panic_shows_no_secret};
pub(crate) use mistakes::{no_mistake_is_repeated, other_commands_show_no_secret};
pub(crate) use planted::every_secret_would_be_found;
pub(crate) use redirects::no_redirect_is_followed;
pub(crate) use runs::{
    an_echo_brings_no_secret_out, garbled_credentials_are_not_shown, no_failure_brings_a_secret_out,
};
