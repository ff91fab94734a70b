//! The one ordered table of causes.

use super::case::Case;
use super::rule::Rule;
use super::{access, authorize, entra, identity, lies, posture, protocol, reach, state};

/// The rules of every stage, the most specific first: of those that fit a record the first is taken.
static STAGES: [(&str, &[Rule]); 9] = [
    ("entra", entra::RULES),
    ("identity", identity::RULES),
    ("protocol", protocol::RULES),
    ("state", state::RULES),
    ("reach", reach::RULES),
    ("authorize", authorize::RULES),
    ("access", access::RULES),
    ("posture", posture::RULES),
    ("lies", lies::RULES),
];

/// Returns every rule with the name of its stage, in the order in which they are tried.
pub fn rules() -> impl Iterator<Item = (&'static str, &'static Rule)> {
    STAGES
        .iter()
        .flat_map(|(stage, rules)| rules.iter().map(move |rule| (*stage, rule)))
}

/// Returns the rule of a code.
#[must_use]
pub fn rule(code: &str) -> Option<&'static Rule> {
    rules().map(|(_, rule)| rule).find(|rule| rule.code == code)
}

/// Returns the rule that explains a record: the one that its check names, else the first that fits.
pub(super) fn rule_for(case: &Case<'_>) -> Option<&'static Rule> {
    match case.finding.cause.as_deref() {
        Some(code) => rules()
            .map(|(_, rule)| rule)
            .find(|rule| rule.instead_of.contains(&code) && rule.fits(case))
            .or_else(|| rule(code)),
        None => rules().map(|(_, rule)| rule).find(|rule| rule.fits(case)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use backstop_contract::ErrorKind;

    use super::super::words::Words;
    use super::*;

    #[test]
    fn every_rule_has_a_code_of_its_own_and_says_what_to_do() {
        let codes: BTreeSet<_> = rules().map(|(_, rule)| rule.code).collect();
        assert_eq!(codes.len(), rules().count(), "codes are distinct");
        for (stage, rule) in rules() {
            let code = rule.code;
            let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(code.chars().all(kebab), "{stage}: {code}");
            assert!(!rule.title.ends_with('.'), "{code}");
            assert!(rule.how.ends_with('.'), "{code}");
            for provider in ["s3", "minio", "azure"] {
                let told = rule.remedies.iter().any(|it| it.is_for(provider));
                assert!(told, "{code} says nothing to do on {provider}");
            }
        }
    }

    #[test]
    fn every_placeholder_is_known() {
        for (_, rule) in rules() {
            assert!(!rule.manual().contains('{'), "{}", rule.manual());
            let titles = rule.called.iter().map(|(_, title)| *title);
            let remedies = rule.remedies.iter().map(|it| it.text);
            for text in titles.chain(remedies).chain([rule.title]) {
                assert_eq!(Words::unknown(text), None, "{}: {text}", rule.code);
            }
            assert!(!rule.how.contains('{'), "{}", rule.code);
        }
    }

    #[test]
    fn every_kind_of_error_has_a_cause() {
        for kind in ErrorKind::ALL {
            let found = super::super::tests::cause_of(kind);
            let last = rules().last().map(|(_, rule)| rule.code);
            assert!(
                Some(found.as_str()) != last || kind == ErrorKind::Unexpected,
                "{kind:?}"
            );
        }
    }
}
