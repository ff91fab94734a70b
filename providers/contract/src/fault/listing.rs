//! Faults of listings.

use super::{Fault, FaultStore, Kept};
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
        if self.fault == Fault::ListNeverEnds {
            options.page = None;
        }
        let delimited = options.delimited;
        let mut page = match self.fault {
            Fault::ListIgnoresPrefix => self.store.list(&KeyPrefix::default(), options).await?,
            _ => self.store.list(prefix, options).await?,
        };
        match self.fault {
            Fault::ListNeverEnds => page.next = Some(PageToken::new("again")),
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

fn capitalize(page: &mut ListPage, prefix: &KeyPrefix) {
    for meta in &mut page.objects {
        let name = meta.key.as_str().strip_prefix(prefix.as_str());
        let capitals = name.map(|name| format!("{prefix}{}", name.to_ascii_uppercase()));
        if let Some(key) = capitals.and_then(|key| ObjectKey::new(key).ok()) {
            meta.key = key;
        }
    }
}
