//! Lists that end before they take much memory.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Manifest, Part, Stored};

/// The most parts of one object: Azure takes no more.
const MOST_PARTS: usize = 50_000;

pub(super) fn objects<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Stored>, D::Error> {
    from.deserialize_seq(List::up_to(Manifest::MOST_OBJECTS))
}

pub(super) fn parts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Part>, D::Error> {
    from.deserialize_seq(List::up_to(MOST_PARTS))
}

struct List<T> {
    most: usize,
    of: PhantomData<T>,
}

impl<T> List<T> {
    fn up_to(most: usize) -> Self {
        let of = PhantomData;
        Self { most, of }
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {} entries", self.most)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = from.next_element()? {
            if list.len() == self.most {
                return Err(A::Error::invalid_length(list.len() + 1, &self));
            }
            list.push(entry);
        }
        list.shrink_to_fit();
        Ok(list)
    }
}
