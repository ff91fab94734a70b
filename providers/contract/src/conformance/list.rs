//! What a listing shows.

use super::verbs::{Outcome, bytes, case, holds, same};
use super::{Case, Fixture, Need};
use crate::capability::Capability;
use crate::object::ListOptions;

const DELIMITER: Need = Need::Has(Capability::Delimiter);

pub(super) static CASES: &[Case] = &[
    case!(list_of_an_unused_prefix_is_empty),
    case!(list_shows_what_was_put),
    case!(list_shows_the_sizes),
    case!(list_is_in_byte_order),
    case!(list_goes_into_folders),
    case!(list_leaves_out_a_prefix_with_the_same_beginning),
    case!(list_shows_an_overwritten_key_once),
    case!(list_in_pages_of_one_shows_each_key_once),
    case!(list_in_pages_of_two_is_in_order),
    case!(list_page_holds_no_more_than_asked_for),
    case!(list_folds_at_the_delimiter, DELIMITER),
    case!(list_folds_in_pages_of_one, DELIMITER),
];

/// Puts one byte under each name and returns the names in byte order.
async fn fill(fixture: &Fixture, names: &[&str]) -> Outcome<Vec<String>> {
    for name in names {
        fixture.object(name, &bytes(1, 1)).await?;
    }
    let mut sorted: Vec<_> = names.iter().map(ToString::to_string).collect();
    sorted.sort_unstable();
    Ok(sorted)
}

async fn list_of_an_unused_prefix_is_empty(fixture: Fixture) -> Outcome {
    same("the listing", fixture.names(None).await?, Vec::new())
}

async fn list_shows_what_was_put(fixture: Fixture) -> Outcome {
    let names = fill(&fixture, &["a", "b", "c"]).await?;
    same("the listing", fixture.names(None).await?, names)
}

async fn list_shows_the_sizes(fixture: Fixture) -> Outcome {
    fixture.object("a", &bytes(1, 0)).await?;
    fixture.object("b", &bytes(1, 77)).await?;
    let pages = fixture
        .pages(&fixture.prefix, ListOptions::default())
        .await?;
    let sizes: Vec<_> = pages
        .iter()
        .flat_map(|page| &page.objects)
        .map(|meta| meta.size)
        .collect();
    same("the sizes", sizes, vec![0, 77])
}

async fn list_is_in_byte_order(fixture: Fixture) -> Outcome {
    let names = fill(&fixture, &["b", "a-z", "a0", "B", "a/z", "_", "é", "z"]).await?;
    same("the listing", fixture.names(None).await?, names)
}

async fn list_goes_into_folders(fixture: Fixture) -> Outcome {
    let names = fill(&fixture, &["top", "one/a", "one/two/a", "one/two/b"]).await?;
    same("the listing", fixture.names(None).await?, names)
}

async fn list_leaves_out_a_prefix_with_the_same_beginning(fixture: Fixture) -> Outcome {
    fill(&fixture, &["one/a", "one-more/a", "on/a"]).await?;
    let prefix = fixture.prefix.folder("one")?;
    let pages = fixture.pages(&prefix, ListOptions::default()).await?;
    let keys: Vec<_> = pages
        .iter()
        .flat_map(|page| &page.objects)
        .map(|meta| &meta.key)
        .collect();
    same("the listing", keys, vec![&prefix.key("a")?])
}

async fn list_shows_an_overwritten_key_once(fixture: Fixture) -> Outcome {
    let names = fill(&fixture, &["a"]).await?;
    fill(&fixture, &["a"]).await?;
    same("the listing", fixture.names(None).await?, names)
}

async fn list_in_pages_of_one_shows_each_key_once(fixture: Fixture) -> Outcome {
    let names = fill(&fixture, &["a", "b", "c", "d/a", "d/b"]).await?;
    let mut listed = fixture.names(Some(1)).await?;
    listed.sort_unstable();
    same("the listing", listed, names)
}

async fn list_in_pages_of_two_is_in_order(fixture: Fixture) -> Outcome {
    let names = fill(&fixture, &["e", "d", "c", "b", "a"]).await?;
    same("the listing", fixture.names(Some(2)).await?, names)
}

async fn list_page_holds_no_more_than_asked_for(fixture: Fixture) -> Outcome {
    fill(&fixture, &["a", "b", "c", "d", "e"]).await?;
    let options = ListOptions {
        page_size: Some(2),
        ..ListOptions::default()
    };
    let pages = fixture.pages(&fixture.prefix, options).await?;
    let most = pages.iter().map(|page| page.objects.len()).max();
    holds(most <= Some(2), || format!("a page of 2 holds {most:?}"))
}

/// Lists at the delimiter and returns the objects and the folded prefixes, without the prefix.
async fn folded(fixture: &Fixture, page_size: Option<u32>) -> Outcome<(Vec<String>, Vec<String>)> {
    let options = ListOptions {
        page: None,
        page_size,
        delimited: true,
    };
    let pages = fixture.pages(&fixture.prefix, options).await?;
    let name = |text: &str| text.replacen(fixture.prefix.as_str(), "", 1);
    let objects = pages.iter().flat_map(|page| &page.objects);
    let prefixes = pages.iter().flat_map(|page| &page.common_prefixes);
    Ok((
        objects.map(|meta| name(meta.key.as_str())).collect(),
        prefixes.map(|prefix| name(prefix)).collect(),
    ))
}

async fn list_folds(fixture: Fixture, page_size: Option<u32>) -> Outcome {
    fill(&fixture, &["a", "c", "b/1", "b/2/3", "d/4"]).await?;
    let (objects, prefixes) = folded(&fixture, page_size).await?;
    same("the objects", objects, vec!["a".to_owned(), "c".to_owned()])?;
    same(
        "the prefixes",
        prefixes,
        vec!["b/".to_owned(), "d/".to_owned()],
    )
}

async fn list_folds_at_the_delimiter(fixture: Fixture) -> Outcome {
    list_folds(fixture, None).await
}

async fn list_folds_in_pages_of_one(fixture: Fixture) -> Outcome {
    list_folds(fixture, Some(1)).await
}
