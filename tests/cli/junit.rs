//! `--format junit`: well-formed, with counts that are right, and nothing that fails is hidden.

use std::collections::BTreeMap;

use backstop_testkit::{BlackHole, Response, Scripted};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::harness::{Findings, Outcome, Server, finish, reports, told, with_keys, write};

/// An element: its name, its attributes, and the names of those it stands in.
struct Element {
    name: String,
    within: String,
    attributes: BTreeMap<String, String>,
}

impl Element {
    fn number(&self, name: &str) -> Option<usize> {
        self.attributes.get(name)?.parse().ok()
    }
}

/// Reads a document as XML, and every attribute in it.
fn elements(text: &str) -> Result<Vec<Element>, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{error}:\n{text}");
    let legal = |c: char| matches!(c, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    if !text.chars().all(legal) {
        return Err(failed(&"a character that may not stand in XML"));
    }
    let mut reader = Reader::from_str(text);
    let (mut path, mut found) = (Vec::new(), Vec::new());
    let take = |path: &[String], start: &BytesStart<'_>| -> Result<Element, String> {
        let mut attributes = BTreeMap::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| failed(&error))?;
            let name = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
            let value = String::from_utf8_lossy(&attribute.value).into_owned();
            attributes.insert(name, value);
        }
        Ok(Element {
            name: String::from_utf8_lossy(start.name().as_ref()).into_owned(),
            within: path.join("/"),
            attributes,
        })
    };
    loop {
        match reader.read_event().map_err(|error| failed(&error))? {
            Event::Eof => break,
            Event::Start(start) => {
                found.push(take(&path, &start)?);
                path.push(String::from_utf8_lossy(start.name().as_ref()).into_owned());
            }
            Event::Empty(start) => found.push(take(&path, &start)?),
            Event::End(_) => drop(path.pop()),
            _ => {}
        }
    }
    Ok(found)
}

/// Every check is a case, in the class of its stage, and the counts are those of the cases.
pub(crate) fn every_check_is_a_case() -> Outcome {
    let server = Server::demo()?;
    let silent = BlackHole::start().map_err(|error| error.to_string())?;
    let config = format!(
        "[targets.good]\naccess = \"put-get\"\n[targets.good.s3]\nbucket = \"no-delete\"\n\
         region = \"us-east-1\"\nendpoint_url = \"{demo}\"\n\
         [targets.gone.s3]\nbucket = \"not-there\"\nregion = \"us-east-1\"\nendpoint_url = \"{demo}\"\n\
         [targets.silent]\ntimeout = \"1s\"\n[targets.silent.s3]\nbucket = \"healthy\"\n\
         region = \"us-east-1\"\nendpoint_url = \"http://{}\"\n",
        silent.address(),
        demo = server.endpoint(),
    );
    let cli = with_keys(&["verify", "--config", "b.toml", "--format", "junit"])?;
    let cli = cli.args(["--output", "json=report.json"]);
    write(&cli, "b.toml", &config)?;
    let json = cli.home().join("report.json");
    let keep = backstop_testkit::Scratch::new().map_err(|error| error.to_string())?;
    let kept = keep.path().join("report.json");
    std::os::unix::fs::symlink(&kept, &json).map_err(|error| error.to_string())?;
    std::fs::write(&kept, "").map_err(|error| error.to_string())?;
    let done = finish(cli)?;
    let mut findings = Findings::default();
    findings.expect_code("junit", &done, 3);
    let found = elements(&done.stdout)?;
    let reports = reports(&super::harness::read(&kept)?)?;
    let suites: Vec<_> = found.iter().filter(|it| it.name == "testsuite").collect();
    findings.expect(suites.len() == reports.len() && reports.len() == 3, || {
        told(&done)
    });
    let all = found.first().ok_or("no element")?;
    findings.expect(all.name == "testsuites", || all.name.clone());
    for (element, count) in [
        ("testcase", "tests"),
        ("failure", "failures"),
        ("error", "errors"),
        ("skipped", "skipped"),
    ] {
        let number = found.iter().filter(|it| it.name == element).count();
        let sum: Option<usize> = suites.iter().map(|suite| suite.number(count)).sum();
        findings.expect(
            all.number(count) == Some(number) && sum == Some(number),
            || format!("{number} of {element}, {sum:?}: {}", done.stdout),
        );
    }
    let counted = |name: &str, count: &str| {
        let is = |it: &&&Element| it.attributes.get("name").map(String::as_str) == Some(name);
        let suite = suites.iter().find(is);
        suite.and_then(|suite| suite.number(count))
    };
    for report in &reports {
        let (name, checks) = (&report.target.name, report.checks.len());
        let tests = counted(name, "tests");
        findings.expect(tests == Some(checks), || {
            format!("{name}: {checks} checks, {tests:?} tests")
        });
        for record in &report.checks {
            let is = |it: &&Element| {
                it.name == "testcase"
                    && it.attributes.get("name") == Some(&record.id)
                    && it.attributes.get("classname").map(String::as_str)
                        == Some(record.stage.name())
                    && it.within == "testsuites/testsuite"
            };
            findings.expect(found.iter().any(|it| is(&it)), || record.id.clone());
        }
    }
    let some = |name, count| counted(name, count).is_some_and(|number| number > 0);
    findings.expect(
        counted("good", "failures") == Some(0) && some("good", "skipped"),
        || told(&done),
    );
    findings.expect(some("gone", "failures"), || told(&done));
    findings.expect(some("silent", "errors"), || told(&done));
    findings.end()
}

/// What a service says is text in the document and nothing else.
pub(crate) fn a_service_cannot_break_the_document() -> Outcome {
    let body = "<?xml version=\"1.0\"?><Error><Code>Access&lt;Denied]]&gt;</Code><Message>&lt;/failure&gt;\
                &amp;#x0; \u{1b}[31m \u{7f}\u{85} \"'</Message><RequestId>&quot;7&quot;</RequestId></Error>";
    let hostile = Scripted::start(move |_| {
        let answer = Response::new(403, body).with("content-type", "application/xml");
        answer.with("x-amz-request-id", "<\"&'>").into()
    });
    let hostile = hostile.map_err(|error| error.to_string())?;
    let endpoint = hostile.endpoint();
    let arguments = [
        "verify",
        "s3://bucket/<&>",
        "--endpoint-url",
        &endpoint,
        "--format",
        "junit",
    ];
    let done = finish(with_keys(&arguments)?)?;
    let mut findings = Findings::default();
    findings.expect_code("a hostile service", &done, 3);
    let found = elements(&done.stdout)?;
    let failures = found.iter().filter(|it| it.name == "failure").count();
    findings.expect(failures > 0, || told(&done));
    let known = [
        "testsuites",
        "testsuite",
        "properties",
        "property",
        "testcase",
        "failure",
        "error",
        "skipped",
        "system-out",
    ];
    findings.expect(
        found.iter().all(|it| known.contains(&it.name.as_str())),
        || told(&done),
    );
    findings.end()
}
