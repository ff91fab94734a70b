//! What a bucket holds, counted by its owner and not through its requests.

use super::bucket::Bucket;

/// Everything that is left in an in-memory bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// How many keys show an object.
    pub objects: usize,
    /// How many further versions there are, which no key shows.
    pub versions: usize,
    /// How many delete markers there are.
    pub markers: usize,
    /// How many uploads are open.
    pub uploads: usize,
    /// The bytes of all of these together, parts included.
    pub bytes: u64,
    /// The keys of all of these, sorted and each named once.
    pub keys: Vec<String>,
}

impl Contents {
    /// Returns whether nothing at all is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(super) fn of(bucket: &Bucket) -> Self {
        let mut left = Self::default();
        for (key, versions) in &bucket.keys {
            left.keys.push(key.to_string());
            for (age, stored) in versions.iter().rev().enumerate() {
                match (&stored.content, age) {
                    (None, _) => left.markers += 1,
                    (Some(_), 0) => left.objects += 1,
                    (Some(_), _) => left.versions += 1,
                }
                left.bytes += stored.content.as_ref().map_or(0, |c| c.body.len() as u64);
            }
        }
        for ((key, _), upload) in &bucket.uploads {
            left.keys.push(key.to_string());
            left.uploads += 1;
            left.bytes += upload
                .parts
                .values()
                .map(|part| part.body.len() as u64)
                .sum::<u64>();
        }
        left.keys.sort_unstable();
        left.keys.dedup();
        left
    }
}
