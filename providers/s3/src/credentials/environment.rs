//! The keys that the variables of the process hold.

use aws_credential_types::Credentials;
use backstop_contract::Way;

use super::held::{Failure, Held, Missing};
use crate::ambient::Ambient;

const ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
const TOKEN: &str = "AWS_SESSION_TOKEN";

/// Returns the keys of the environment.
pub(super) fn keys(ambient: &Ambient) -> Result<Held, Missing> {
    let (id, secret) = match (ambient.variable(ID), ambient.variable(SECRET)) {
        (Some(id), Some(secret)) => (id, secret),
        (None, None) => return Err(Missing::absent(format!("{ID} is not set"))),
        (Some(_), None) => return Err(half(ID, SECRET)),
        (None, Some(_)) => return Err(half(SECRET, ID)),
    };
    let keys = Credentials::new(id, secret, ambient.variable(TOKEN), None, "backstop");
    Ok(Held::new(keys, Way::AccessKey, "environment"))
}

/// Names a pair of which one half is there: it was meant, so nothing else may take its place.
fn half(set: &str, unset: &str) -> Missing {
    Failure::unusable(format!(
        "{set} is set and {unset} is not; set both or neither"
    ))
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_pair_is_no_reason_to_go_on() {
        for (variables, absent) in [
            (vec![], true),
            (vec![(ID, " ")], true),
            (vec![(ID, "AKIDEXAMPLE")], false),
            (vec![(SECRET, "planted")], false),
        ] {
            let found = keys(&Ambient::of_test(&variables, &[]));
            let missing = found.expect_err("no pair");
            assert_eq!(
                matches!(missing, Missing::Absent { .. }),
                absent,
                "{variables:?}"
            );
            assert!(!missing.named().to_string().contains("planted"));
        }
        let both = [(ID, "AKIDEXAMPLE"), (SECRET, "planted"), (TOKEN, "t")];
        let held = keys(&Ambient::of_test(&both, &[])).expect("keys");
        assert_eq!(held.keys.session_token(), Some("t"));
        assert_eq!(held.source, "environment");
    }
}
