use std::collections::HashSet;

use super::*;
use crate::ext::ObjectStoreExt;
use crate::memory::{MemoryOptions, MemoryStore};
use crate::object::{
    Attributes, ByteRange, Condition, CreateOptions, DeclaredChecksum, PartOptions, VersionId,
};

/// What a good store and the faulty one answer to the last step of a script.
///
/// The match has no wildcard: a new fault does not compile without its script.
fn expected(fault: Fault) -> (&'static str, &'static str, &'static str) {
    use Fault as F;
    match fault {
        F::LosesWrites => ("put p/a one; get p/a", "one", "object not found"),
        F::LosesOverwrites => ("put p/a one; put p/a two; get p/a", "two", "one"),
        F::TornOverwrites => ("put p/a 1234; put p/a abcd; get p/a", "abcd", "ab34"),
        F::EmptiesWrites => ("put p/a one; head p/a", "3", "0"),
        F::HalvesWrites => ("put p/a 1234; get p/a", "1234", "12"),
        F::AcceptsWrongCrc32 => ("badcrc p/a one", "checksum mismatch", "ok"),
        F::WrongTagInPut => ("tags p/a one", "", "put"),
        F::WrongTagInGet => ("tags p/a one", "", "get"),
        F::WrongTagInHead => ("tags p/a one", "", "head"),
        F::WrongTagInList => ("tags p/a one", "", "list"),
        F::DropsMetadata => ("tell p/a one", "one", ""),
        F::CachesReads => ("put p/a 1; get p/a; put p/a 2; get p/a", "2", "1"),
        F::ShortensRange => ("put p/a 01234; range p/a 1 3", "12 of 1-3", "1 of 1-2"),
        F::RangeSaysWhole => ("put p/a 01234; range p/a 1 3", "12 of 1-3", "12"),
        F::ListRepeats => ("put p/a 1; list", "p/a:1", "p/a:1 p/a:1"),
        F::ListEndsEarly => ("put p/a 1; put p/b 2; list", "p/a:1 p/b:1", "p/a:1"),
        F::ListStandsStill => ("list; put p/a 1; list", "p/a:1", ""),
        F::ListGoesOnEmpty => ("put p/a 1; pages", "1", "4"),
        F::FoldsCase => ("put p/A 1; list", "p/A:1", "p/a:1"),
        F::IgnoresCase => ("put p/a 1; put p/A 2; get p/a", "1", "2"),
        F::CutsLongNames => ("put p/{long} 1; list", "p/{long}:1", "p/{cut}:1"),
        F::CutsAtQuestionMarks => ("put p/a?b 1; list", "p/a?b:1", "p/a:1"),
        F::DropsTrailingSlashes => ("put p/a/ 1; list", "p/a/:1", "p/a:1"),
        F::SpaceBecomesPlus => ("put p/a{space}b 1; list", "p/a{space}b:1", "p/a+b:1"),
        F::MultipartDoublesAPart => ("upload p/a 12 34; get p/a", "1234", "123434"),
        F::AbortCompletes => ("put p/a 1; abort-get p/a 12", "1", "12"),
        F::DeleteTakesANeighbour => ("put p/a 1; put p/b 2; del p/b; list", "p/a:1", ""),
        F::DeletedVersionStays => (
            "put v/a 1; put v/a 2; delv v/a 0; getv v/a 0",
            "object not found",
            "1",
        ),
        F::DeleteDestroysVersions => ("put v/a 1; del v/a; getv v/a 0", "1", "object not found"),
        F::IgnoresIfAbsent => ("put p/a one; create p/a two", "already exists", "ok"),
        F::AcceptsWrongMd5 | F::AcceptsWrongChecksums => {
            ("badput p/a one", "checksum mismatch", "ok")
        }
        F::CorruptsAtRest | F::FlipsABit => ("put p/a one; get p/a", "one", "ooe"),
        F::TruncatesBodies => ("put p/a one; get p/a", "one", "on"),
        F::PadsBodies => ("put p/a one; get p/a", "one", "one."),
        F::ReadsAnotherKey => ("put p/a one; put p/b two; get p/b", "two", "one"),
        F::StaleReads => ("put p/a 1; put p/a 2; put p/a 3; get p/a", "3", "2"),
        F::IgnoresRange => ("put p/a 01234; range p/a 1 3", "12 of 1-3", "01234"),
        F::ShiftsRange => ("put p/a 01234; range p/a 2 4", "23 of 2-4", "12 of 2-4"),
        F::AbsentReadsAsEmpty => ("get p/a", "object not found", ""),
        F::WrongSizeInHead => ("put p/a one; head p/a", "3", "4"),
        F::HeadOfAbsentSucceeds => ("head p/a", "object not found", "0"),
        F::ListHidesObjects => ("put p/a one; list", "p/a:3", ""),
        F::ListDropsAtPageEdges => ("put p/a 1; put p/b 2; list", "p/a:1 p/b:1", "p/b:1"),
        F::ListNeverEnds => ("put p/a 1; list", "p/a:1", "p/a:1 p/a:1 p/a:1 p/a:1"),
        F::ListRenamesKeys => ("put p/a 1; list", "p/a:1", "p/A:1"),
        F::ListIgnoresPrefix => ("put o/a 1; put p/a 1; list", "p/a:1", "o/a:1 p/a:1"),
        F::WrongSizeInList => ("put p/a 1; list", "p/a:1", "p/a:2"),
        F::NormalizesUnicode => ("put p/e\u{301} 1; list", "p/e\u{301}:1", "p/é:1"),
        F::DecodesKeys => ("put p/a%2Fb% 1; list", "p/a%2Fb%:1", "p/a/b%:1"),
        F::PlusBecomesSpace => ("put p/a+b 1; list", "p/a+b:1", "p/a b:1"),
        F::DropsTrailingDots => ("put p/a. 1; list", "p/a.:1", "p/a:1"),
        F::CollapsesSlashes => ("put p/a///b 1; list", "p/a///b:1", "p/a/b:1"),
        F::FoldsBackslashes => ("put p/a\\b 1; list", "p/a\\b:1", "p/a/b:1"),
        F::MultipartLosesAPart => ("upload p/a 12 34 5; get p/a", "12345", "1234"),
        F::MultipartSwapsParts => ("upload p/a 123 45; get p/a", "12345", "45123"),
        F::CompletionDoesNothing => ("upload p/a 12; get p/a", "12", "object not found"),
        F::AbortDoesNothing => ("abort-complete p/a 12", "upload not found", "ok"),
        F::IgnoresIfAbsentAtCompletion => ("put p/a 1; upload-new p/a 12", "already exists", "ok"),
        F::DeleteDoesNothing => ("put p/a 1; del p/a; create p/a 2", "ok", "already exists"),
        F::DeletedStillReads => ("put p/a 1; del p/a; get p/a", "object not found", "1"),
        F::DeletedStillListed => ("put p/a 1; del p/a; list", "", "p/a:1"),
        F::DeleteIgnoresVersion => (
            "put v/a 1; put v/a 2; delv v/a 0; get v/a",
            "2",
            "object not found",
        ),
        F::OverwriteDropsVersion => ("put v/a 1; put v/a 2; getv v/a 0", "1", "object not found"),
    }
}

/// Writes the names that a script cannot.
fn fill(text: &str) -> String {
    let text = text
        .replace("{space}", " ")
        .replace("{cut}", &"n".repeat(200));
    text.replace("{long}", &"n".repeat(255))
}

#[tokio::test]
async fn every_fault_is_seen_and_a_good_store_has_none() {
    for fault in Fault::ALL {
        let (script, good, bad) = expected(*fault);
        let (good, bad) = (fill(good), fill(bad));
        let options = MemoryOptions {
            versioned: script.contains("v/"),
            smallest_part: 1,
            ..MemoryOptions::default()
        };
        let store = MemoryStore::with("b", options.clone());
        assert_eq!(Run::of(&store, script).await, good, "good store, {fault}");
        let faulty = FaultStore::new(MemoryStore::with("b", options), *fault);
        assert_eq!(Run::of(&faulty, script).await, bad, "{fault}");
    }
}

#[tokio::test]
async fn every_fault_leaves_a_plain_life_of_an_object_to_the_others() {
    let script = "put p/a one; create p/b two; upload p/c 12 34; del p/a; create p/a one";
    for fault in Fault::ALL
        .iter()
        .filter(|fault| **fault != Fault::DeleteDoesNothing)
    {
        let options = MemoryOptions {
            smallest_part: 1,
            ..MemoryOptions::default()
        };
        let faulty = FaultStore::new(MemoryStore::with("b", options), *fault);
        assert_eq!(Run::of(&faulty, script).await, "ok", "{fault}");
    }
}

#[test]
fn names_are_kebab_case_and_distinct() {
    let names: HashSet<_> = Fault::ALL.iter().map(|fault| fault.name()).collect();
    assert_eq!(names.len(), Fault::ALL.len());
    for fault in Fault::ALL {
        let debug = format!("{fault:?}");
        assert_eq!(fault.name().replace('-', ""), debug.to_lowercase());
        assert!(fault.sentence().ends_with('.'), "{fault}");
    }
}

/// A script being run: steps separated by `;`, each a verb and its words.
struct Run<'a> {
    store: &'a dyn ObjectStore,
    versions: Vec<Option<VersionId>>,
}

impl<'a> Run<'a> {
    async fn of(store: &'a dyn ObjectStore, script: &str) -> String {
        let mut run = Run {
            store,
            versions: Vec::new(),
        };
        let mut last = String::new();
        for step in script.split("; ") {
            let words: Vec<_> = step.split(' ').collect();
            let answer = run.step(&words).await;
            last = answer.unwrap_or_else(|error| error.kind().to_string());
        }
        last
    }

    async fn step(&mut self, words: &[&str]) -> Result<String> {
        let number = |text: &str| text.parse::<u64>().expect("a number");
        let name = words.get(1).map_or("unused", |name| *name);
        let key = ObjectKey::new(fill(name)).expect("a key");
        match words {
            ["put", _, body] => self.put(&key, body, PutOptions::default()).await,
            ["create", _, body] => {
                let condition = Condition::IfAbsent;
                let options = PutOptions {
                    condition,
                    ..PutOptions::default()
                };
                self.put(&key, body, options).await
            }
            [bad @ ("badput" | "badcrc"), _, body] => {
                let checksum = match *bad {
                    "badput" => DeclaredChecksum::Md5([0; 16]),
                    _ => DeclaredChecksum::Crc32([0; 4]),
                };
                let options = PutOptions {
                    checksum: Some(checksum),
                    ..PutOptions::default()
                };
                self.put(&key, body, options).await
            }
            ["tell", _, what] => {
                let options = PutOptions {
                    attributes: Attributes {
                        metadata: [("what".to_owned(), (*what).to_owned())].into(),
                        ..Attributes::NONE
                    },
                    ..PutOptions::default()
                };
                self.put(&key, "body", options).await?;
                let mut meta = self.store.head(&key, HeadOptions::default()).await?;
                Ok(meta.metadata.remove("what").unwrap_or_default())
            }
            ["get", _] => self.get(&key, None, None).await,
            ["range", _, start, end] => {
                let (start, end) = (number(start), number(end));
                self.get(&key, Some(ByteRange { start, end }), None).await
            }
            ["getv", _, _] => self.get(&key, None, self.versions[0].clone()).await,
            ["head", _] => {
                let meta = self.store.head(&key, HeadOptions::default()).await?;
                Ok(meta.size.to_string())
            }
            ["list"] => self.list().await.map(|(entries, _)| entries),
            ["pages"] => self.list().await.map(|(_, pages)| pages.to_string()),
            ["tags", _, body] => self.tags(&key, body).await,
            ["del", _] => self.delete(&key, None).await,
            ["delv", _, _] => self.delete(&key, self.versions[0].clone()).await,
            ["upload", _, parts @ ..] => self.upload(&key, parts, Condition::Always).await,
            ["upload-new", _, parts @ ..] => self.upload(&key, parts, Condition::IfAbsent).await,
            ["abort-get", _, part] => {
                let upload = self
                    .store
                    .create_multipart(&key, CreateOptions::default())
                    .await?;
                self.part(&key, &upload, 1, part).await?;
                self.store.abort_multipart(&key, &upload).await?;
                self.get(&key, None, None).await
            }
            ["abort-complete", _, part] => {
                let upload = self
                    .store
                    .create_multipart(&key, CreateOptions::default())
                    .await?;
                let parts = [self.part(&key, &upload, 1, part).await?];
                self.store.abort_multipart(&key, &upload).await?;
                self.complete(&key, &upload, &parts, Condition::Always)
                    .await
            }
            other => panic!("no such step: {other:?}"),
        }
    }

    async fn put(&mut self, key: &ObjectKey, body: &str, options: PutOptions) -> Result<String> {
        let body = Bytes::copy_from_slice(body.as_bytes());
        self.versions
            .push(self.store.put(key, body, options).await?.version);
        Ok("ok".to_owned())
    }

    async fn get(
        &self,
        key: &ObjectKey,
        range: Option<ByteRange>,
        version: Option<VersionId>,
    ) -> Result<String> {
        let back = self
            .store
            .read_back(key, GetOptions { range, version })
            .await?;
        let text = String::from_utf8_lossy(&back.head).into_owned();
        Ok(match back.range {
            Some(ByteRange { start, end }) => format!("{text} of {start}-{end}"),
            None => text,
        })
    }

    /// Writes an object and tells who says another tag than the others.
    async fn tags(&self, key: &ObjectKey, body: &str) -> Result<String> {
        let body = Bytes::copy_from_slice(body.as_bytes());
        let put = self.store.put(key, body, PutOptions::default()).await?;
        let head = self.store.head(key, HeadOptions::default()).await?;
        let get = self.store.get(key, GetOptions::default()).await?;
        let everything = ListOptions::default();
        let list = self.store.list(&KeyPrefix::default(), everything).await?;
        let tags = [
            ("put", put.etag),
            ("head", head.etag),
            ("get", get.meta.etag),
            ("list", list.objects[0].etag.clone()),
        ];
        let alone = |tag| tags.iter().filter(|(_, other)| other == tag).count() == 1;
        let odd = tags.iter().filter(|(_, tag)| alone(tag));
        Ok(odd.map(|(name, _)| *name).collect())
    }

    /// Lists `p/` in pages of one, four pages at most; returns what they show and how many there are.
    async fn list(&self) -> Result<(String, usize)> {
        let prefix = KeyPrefix::new("p").expect("prefix");
        let mut pages = 0;
        let mut entries = Vec::new();
        let mut options = ListOptions {
            page_size: Some(1),
            ..ListOptions::default()
        };
        for _ in 0..4 {
            let page = self.store.list(&prefix, options.clone()).await?;
            let objects = page.objects.iter();
            entries.extend(objects.map(|meta| format!("{}:{}", meta.key, meta.size)));
            pages += 1;
            options.page = page.next;
            if options.page.is_none() {
                break;
            }
        }
        Ok((entries.join(" "), pages))
    }

    async fn delete(&self, key: &ObjectKey, version: Option<VersionId>) -> Result<String> {
        self.store.delete(key, DeleteOptions { version }).await?;
        Ok("ok".to_owned())
    }

    async fn upload(
        &self,
        key: &ObjectKey,
        bodies: &[&str],
        condition: Condition,
    ) -> Result<String> {
        let upload = self
            .store
            .create_multipart(key, CreateOptions::default())
            .await?;
        let mut parts = Vec::new();
        for (number, body) in (1..).zip(bodies) {
            parts.push(self.part(key, &upload, number, body).await?);
        }
        self.complete(key, &upload, &parts, condition).await
    }

    async fn part(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        number: u32,
        body: &str,
    ) -> Result<Part> {
        let body = Bytes::copy_from_slice(body.as_bytes());
        self.store
            .put_part(
                key,
                upload,
                PartNumber(number),
                body,
                PartOptions::default(),
            )
            .await
    }

    async fn complete(
        &self,
        key: &ObjectKey,
        upload: &UploadId,
        parts: &[Part],
        condition: Condition,
    ) -> Result<String> {
        let options = CompleteOptions {
            condition,
            ..CompleteOptions::default()
        };
        self.store
            .complete_multipart(key, upload, parts, options)
            .await?;
        Ok("ok".to_owned())
    }
}
