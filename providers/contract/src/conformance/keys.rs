//! Awkward keys: carried byte for byte, or refused before sending.

use super::verbs::{Outcome, bytes, case, holds, same, same_bytes};
use super::{Case, Failed, Fixture, Need};
use crate::error::{Error, ErrorKind, Sent};
use crate::key::{LONGEST_KEY, ObjectKey};
use crate::object::PutOptions;

/// What a store may do with an awkward key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum May {
    /// Only carry it.
    Carry,
    /// Carry it, or refuse it as `InvalidKey`.
    Refuse,
}

/// Makes a case out of every name, and the table out of all cases.
macro_rules! keys {
    ($($case:ident: $name:expr, $may:ident;)*) => {
        pub(super) static CASES: &[Case] = &[
            $(case!($case),)*
            case!(key_with_a_slash_in_front_is_exact_or_refused, Need::LeadingSlash),
            case!(keys_that_differ_in_case_are_two),
            case!(keys_that_differ_in_their_accents_bytes_are_two),
            case!(longest_key_is_exact),
        ];

        $(async fn $case(fixture: Fixture) -> Outcome {
            let key = fixture.key($name)?;
            is_exact(&fixture, &key, May::$may).await
        })*
    };
}

keys! {
    key_with_a_space_is_exact: "a b", Carry;
    key_with_a_plus_is_exact: "a+b", Carry;
    key_with_a_percent_is_exact: "100%", Carry;
    key_with_an_escaped_slash_is_exact: "a%2Fb", Carry;
    key_with_an_ampersand_and_equals_is_exact: "a&b=c", Carry;
    key_with_a_question_mark_is_exact: "a?b", Carry;
    key_with_a_hash_is_exact: "a#b", Carry;
    key_with_a_semicolon_is_exact: "a;b", Carry;
    key_with_quotes_is_exact: "it's \"it\"", Carry;
    key_with_angles_is_exact: "<a>&amp;", Carry;
    key_with_a_star_and_a_tilde_is_exact: "a*b~c", Carry;
    key_with_a_composed_accent_is_exact: "caf\u{e9}", Carry;
    key_with_a_combining_accent_is_exact: "cafe\u{301}", Carry;
    key_with_an_emoji_is_exact: "\u{1f9ef}", Carry;
    key_with_a_trailing_dot_is_exact_or_refused: "dot.", Refuse;
    key_with_a_trailing_space_is_exact_or_refused: "space ", Refuse;
    key_with_a_long_segment_is_exact: &"s".repeat(255), Carry;
    key_with_two_slashes_is_exact_or_refused: "a//b", Refuse;
    key_with_a_trailing_slash_is_exact_or_refused: "folder/", Refuse;
    key_with_a_backslash_is_exact_or_refused: "a\\b", Refuse;
}

/// Holds when every verb carries the key as it is, or when the put is refused.
async fn is_exact(fixture: &Fixture, key: &ObjectKey, may: May) -> Outcome {
    let body = bytes(1, 10);
    match fixture
        .store
        .put(key, body.clone(), PutOptions::default())
        .await
    {
        Ok(_) => {}
        Err(error) if may == May::Refuse => return refused_rightly(fixture, &error).await,
        Err(error) => return Err(error.into()),
    }
    let name = key.as_str().replacen(fixture.prefix.as_str(), "", 1);
    same("the listing", fixture.names(None).await?, vec![name])?;
    same_bytes(&fixture.read(key).await?, &body)?;
    same("the key of head", fixture.head(key).await?.key, key.clone())?;
    fixture.delete(key).await?;
    fixture.is_absent(key).await?;
    same(
        "the listing after the delete",
        fixture.names(None).await?,
        Vec::new(),
    )
}

async fn refused_rightly(fixture: &Fixture, error: &Error) -> Outcome {
    same("the kind", error.kind(), ErrorKind::InvalidKey)?;
    let known = matches!(error.sent(), Sent::No | Sent::Answered);
    holds(known, || {
        "it is not known whether the key was written".to_owned()
    })?;
    same("the listing", fixture.names(None).await?, Vec::new())
}

async fn key_with_a_slash_in_front_is_exact_or_refused(fixture: Fixture) -> Outcome {
    let key = ObjectKey::new(format!("/{}lead", fixture.prefix))?;
    fixture.note_key(&key);
    let body = bytes(1, 10);
    match fixture
        .store
        .put(&key, body.clone(), PutOptions::default())
        .await
    {
        Ok(_) => same_bytes(&fixture.read(&key).await?, &body)?,
        Err(error) => same("the kind", error.kind(), ErrorKind::InvalidKey)?,
    }
    // Stored without its slash, it would be this key.
    fixture.is_absent(&fixture.key("lead")?).await
}

/// Holds when the two names are two objects.
async fn are_two(fixture: Fixture, one: &str, two: &str) -> Outcome {
    let (first, second) = (bytes(1, 10), bytes(2, 10));
    let one = fixture.object(one, &first).await?;
    let two = fixture.object(two, &second).await?;
    same_bytes(&fixture.read(&one).await?, &first)?;
    same_bytes(&fixture.read(&two).await?, &second)?;
    same("the number of keys", fixture.names(None).await?.len(), 2)
}

async fn keys_that_differ_in_case_are_two(fixture: Fixture) -> Outcome {
    are_two(fixture, "Object", "object").await
}

async fn keys_that_differ_in_their_accents_bytes_are_two(fixture: Fixture) -> Outcome {
    are_two(fixture, "caf\u{e9}", "cafe\u{301}").await
}

async fn longest_key_is_exact(fixture: Fixture) -> Outcome {
    let longest = fixture
        .store
        .capabilities()
        .limits
        .longest_key
        .min(LONGEST_KEY);
    let room = longest.checked_sub(fixture.prefix.as_str().len());
    let room = room.ok_or_else(|| Failed::new("the prefix is longer than any key"))?;
    // Segments of up to 200 bytes: some services store a segment as a file name.
    let name: String = (1..=room)
        .map(|at| {
            if at % 200 == 0 && at != room {
                '/'
            } else {
                'k'
            }
        })
        .collect();
    let key = fixture.key(&name)?;
    is_exact(&fixture, &key, May::Carry).await
}
