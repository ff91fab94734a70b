//! Reads the answer of List Blobs.
//!
//! # Why
//!
//! The SDK's model comes from a reader that trims text and knows no common prefixes, so a name
//! that ends in a space would be another name. This reader keeps every byte.
//!
//! See <https://learn.microsoft.com/rest/api/storageservices/list-blobs#response-body>.

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use url::form_urlencoded;

/// One entry of a listing, as the service wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) current: bool,
    pub(crate) size: u64,
    pub(crate) etag: Option<String>,
    pub(crate) last_modified: Option<String>,
    pub(crate) tier: Option<String>,
    /// A folder of a hierarchical namespace, which is listed like a blob and is none.
    pub(crate) directory: bool,
}

/// One page of a listing, as the service wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) entries: Vec<Entry>,
    pub(crate) prefixes: Vec<String>,
    pub(crate) next: Option<String>,
}

/// The most names that one page may have: the service's own limit.
const MOST: usize = 5_000;
/// How deep an answer nests at most; List Blobs itself nests six elements.
const DEEPEST: usize = 16;

/// Reads a page; absent when it is no whole answer of List Blobs.
pub(crate) fn read(body: &[u8]) -> Option<Page> {
    let text = std::str::from_utf8(body).ok()?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut page = Page::default();
    let mut entry = Entry::default();
    let mut path: Vec<String> = Vec::new();
    let mut value = String::new();
    let mut encoded = false;
    let mut whole = false;
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                if path.len() == DEEPEST {
                    return None;
                }
                path.push(String::from_utf8(start.name().as_ref().to_vec()).ok()?);
                value.clear();
                if path.len() == 3 {
                    entry = Entry::default();
                }
                if path.last().is_some_and(|name| name == "Name") {
                    encoded = is_encoded(&start);
                }
            }
            Event::Text(text) => value.push_str(&text.decode().ok()?),
            Event::CData(text) => value.push_str(&text.decode().ok()?),
            Event::GeneralRef(reference) => push_reference(&mut value, &reference)?,
            Event::End(_) => {
                whole = path.len() == 1 && path[0] == "EnumerationResults";
                let names: Vec<&str> = path.iter().skip(1).map(String::as_str).collect();
                let text = std::mem::take(&mut value);
                take(&mut page, &mut entry, &names, text, encoded)?;
                if page.entries.len() + page.prefixes.len() > MOST {
                    return None;
                }
                path.pop();
            }
            Event::Eof => return (whole && path.is_empty()).then_some(page),
            _ => {}
        }
    }
}

/// Returns whether a name is percent-encoded, which it is when XML cannot hold it.
fn is_encoded(start: &BytesStart<'_>) -> bool {
    start
        .try_get_attribute("Encoded")
        .ok()
        .flatten()
        .is_some_and(|attribute| attribute.value.as_ref() == b"true")
}

fn push_reference(value: &mut String, reference: &BytesRef<'_>) -> Option<()> {
    if let Some(character) = reference.resolve_char_ref().ok()? {
        value.push(character);
    } else {
        value.push_str(resolve_xml_entity(&reference.decode().ok()?)?);
    }
    Some(())
}

/// Takes the value of an element that ends, by its path below the root.
fn take(
    page: &mut Page,
    entry: &mut Entry,
    path: &[&str],
    value: String,
    encoded: bool,
) -> Option<()> {
    let some = |value: String| (!value.is_empty()).then_some(value);
    match path {
        ["NextMarker"] => page.next = some(value),
        ["Blobs", "Blob"] => page.entries.push(std::mem::take(entry)),
        ["Blobs", "BlobPrefix", "Name"] => page.prefixes.push(plain(value, encoded)?),
        ["Blobs", "Blob", "Name"] => entry.name = plain(value, encoded)?,
        ["Blobs", "Blob", "VersionId"] => entry.version = some(value),
        ["Blobs", "Blob", "IsCurrentVersion"] => entry.current = value == "true",
        ["Blobs", "Blob", "Properties", "Content-Length"] => entry.size = value.parse().ok()?,
        ["Blobs", "Blob", "Properties", "Etag"] => entry.etag = some(value),
        ["Blobs", "Blob", "Properties", "Last-Modified"] => entry.last_modified = some(value),
        ["Blobs", "Blob", "Properties", "AccessTier"] => entry.tier = some(value),
        ["Blobs", "Blob", "Properties", "ResourceType"] => entry.directory = value == "directory",
        _ => {}
    }
    Some(())
}

/// Undoes the percent-encoding of a name that has one.
fn plain(value: String, encoded: bool) -> Option<String> {
    if !encoded {
        return Some(value);
    }
    // A form's `+` is a space, but the service's is a plus.
    let pair = format!("n={}", value.replace('+', "%2B"));
    let (_, name) = form_urlencoded::parse(pair.as_bytes()).next()?;
    Some(name.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\
        <EnumerationResults ServiceEndpoint=\"https://a.blob.core.windows.net/\" ContainerName=\"c\">\
        <Prefix>p/</Prefix><Delimiter>/</Delimiter><Blobs>\
        <Blob><Name>p/ a&amp;b&#x27; </Name><VersionId>2026-11-22T10:00:00.1234567Z</VersionId>\
        <IsCurrentVersion>true</IsCurrentVersion><Properties>\
        <Last-Modified>Sun, 06 Nov 1994 08:49:37 GMT</Last-Modified><Etag>0x8D</Etag>\
        <Content-Length>12</Content-Length><AccessTier>Hot</AccessTier></Properties><OrMetadata /></Blob>\
        <Blob><Name Encoded=\"true\">p/%EF%BF%BE+1%25</Name><Properties><ResourceType>directory</ResourceType>\
        <Content-Length>0</Content-Length></Properties></Blob>\
        <BlobPrefix><Name>p/q/</Name></BlobPrefix></Blobs><NextMarker>2!88!x</NextMarker></EnumerationResults>";

    #[test]
    fn a_page_keeps_every_byte_of_a_name() {
        let page = read(PAGE.as_bytes()).expect("page");
        assert_eq!(page.entries.len(), 2);
        assert_eq!(page.entries[0].name, "p/ a&b' ");
        assert_eq!(page.entries[0].size, 12);
        assert!(page.entries[0].current);
        assert_eq!(page.entries[0].etag.as_deref(), Some("0x8D"));
        assert_eq!(page.entries[1].name, "p/\u{fffe}+1%");
        assert!(page.entries[1].directory);
        assert_eq!(page.prefixes, ["p/q/"]);
        assert_eq!(page.next.as_deref(), Some("2!88!x"));
    }

    #[test]
    fn an_empty_page_is_a_page() {
        let page = read(b"<EnumerationResults><Blobs /><NextMarker/></EnumerationResults>");
        assert_eq!(page, Some(Page::default()));
    }

    #[test]
    fn what_is_larger_than_any_page_is_none() {
        let of = |blobs: usize| {
            let blobs = "<Blob><Name>n</Name></Blob>".repeat(blobs);
            format!("<EnumerationResults><Blobs>{blobs}</Blobs></EnumerationResults>")
        };
        assert_eq!(
            read(of(MOST).as_bytes()).map(|it| it.entries.len()),
            Some(MOST)
        );
        assert_eq!(read(of(MOST + 1).as_bytes()), None);
        let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
        assert_eq!(read(deep.as_bytes()), None);
    }

    #[test]
    fn no_entity_is_expanded() {
        let declared =
            "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b SYSTEM \"file:///etc/hostname\">]>";
        for entity in ["&a;", "&b;"] {
            let text = format!(
                "{declared}<EnumerationResults><Blobs><Blob><Name>{entity}</Name></Blob></Blobs>\
                 </EnumerationResults>"
            );
            assert_eq!(read(text.as_bytes()), None, "{entity}");
        }
    }

    #[test]
    fn what_is_cut_off_or_something_else_is_no_page() {
        assert_eq!(read(&PAGE.as_bytes()[..PAGE.len() - 30]), None);
        assert_eq!(read(b"<html><body>Sign in</body></html>"), None);
        assert_eq!(read(b""), None);
    }
}
