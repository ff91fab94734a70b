//! Faults of listings.

use std::sync::PoisonError;

use super::{Fault, FaultStore, Kept, another_tag};
use crate::error::Result;
use crate::key::{KeyPrefix, ObjectKey};
use crate::object::{ListOptions, ListPage, PageToken};
use crate::store::ObjectStore;

impl<S: ObjectStore> FaultStore<S> {
    pub(super) async fn faulty_list(
        &self,
        prefix: &KeyPrefix,
        mut options: ListOptions,
    ) -> Result<ListPage> {
        match self.fault {
            Fault::ListNeverEnds => options.page = None,
            Fault::ListGoesOnEmpty => {
                if let Some(page) = options.page.as_ref().and_then(after_the_end) {
                    return Ok(page);
                }
            }
            Fault::ListStandsStill => return self.first_page(prefix, options).await,
            _ => {}
        }
        let delimited = options.delimited;
        let mut page = match self.fault {
            Fault::ListIgnoresPrefix => self.store.list(&KeyPrefix::default(), options).await?,
            _ => self.store.list(prefix, options).await?,
        };
        match self.fault {
            Fault::ListNeverEnds => page.next = Some(PageToken::new("again")),
            Fault::ListGoesOnEmpty if page.next.is_none() => {
                page.next = Some(PageToken::new(format!("{EMPTY}0")));
            }
            Fault::ListEndsEarly => page.next = None,
            Fault::ListRepeats => {
                let twice = page.objects.into_iter().flat_map(|it| [it.clone(), it]);
                page.objects = twice.collect();
            }
            Fault::WrongTagInList => {
                let objects = page.objects.iter_mut();
                objects.for_each(|meta| meta.etag = Some(another_tag()));
            }
            Fault::ListHidesObjects => {
                page.objects.clear();
                page.common_prefixes.clear();
            }
            Fault::ListDropsAtPageEdges if page.next.is_some() => {
                page.objects.pop();
            }
            Fault::ListRenamesKeys => capitalize(&mut page, prefix),
            Fault::WrongSizeInList => page.objects.iter_mut().for_each(|meta| meta.size += 1),
            Fault::DeletedStillListed if page.next.is_none() => {
                self.add_deleted(&mut page, prefix, delimited).await?;
            }
            _ => {}
        }
        Ok(page)
    }

    /// Answers as the first time.
    async fn first_page(&self, prefix: &KeyPrefix, options: ListOptions) -> Result<ListPage> {
        let asked = (prefix.as_str().to_owned(), options.page.clone());
        let pages = || self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let first = pages().get(&asked).cloned();
        if let Some(first) = first {
            return Ok(first);
        }
        let page = self.store.list(prefix, options).await?;
        pages().insert(asked, page.clone());
        Ok(page)
    }

    async fn add_deleted(
        &self,
        page: &mut ListPage,
        prefix: &KeyPrefix,
        delimited: bool,
    ) -> Result<()> {
        let kept: Vec<_> = self.kept().values().cloned().collect();
        for Kept { meta, body: _ } in kept {
            let rest = meta.key.as_str().strip_prefix(prefix.as_str());
            let fits = rest.is_some_and(|rest| !(delimited && rest.contains('/')));
            // After the delete of one version the key may still show another.
            if fits && self.holding(&meta.key).await?.is_none() {
                page.objects.push(meta);
            }
        }
        page.objects.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(())
    }
}

/// How the tokens of empty pages begin.
const EMPTY: &str = "empty-";

/// Returns the empty page that such a token leads to.
fn after_the_end(token: &PageToken) -> Option<ListPage> {
    let number: u64 = token.as_str().strip_prefix(EMPTY)?.parse().ok()?;
    let next = PageToken::new(format!("{EMPTY}{}", number + 1));
    Some(ListPage {
        next: Some(next),
        ..ListPage::default()
    })
}

fn capitalize(page: &mut ListPage, prefix: &KeyPrefix) {
    for meta in &mut page.objects {
        let name = meta.key.as_str().strip_prefix(prefix.as_str());
        let capitals = name.map(|name| format!("{prefix}{}", name.to_ascii_uppercase()));
        if let Some(key) = capitals.and_then(|key| ObjectKey::new(key).ok()) {
            meta.key = key;
        }
    }
}
