//! A run, or what is wanted before one, to sections.

use jiff::Timestamp;

use super::document::{Block, Entry, Line, Section, Ticket};
use super::flows::Flow;
use super::grant::{Grant, Place, denials};
use crate::report::{
    Access, Diagnosis, ErrorRecord, Level, Outcome, Report, TargetInfo, Vantage, Verdict,
};

/// The most refused requests that are listed.
const MOST: usize = 12;

/// What a ticket is made of.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// Whose backups these are, where that is configured.
    pub installation: Option<&'a str>,
    /// The storage.
    pub target: &'a TargetInfo,
    /// What the credentials are meant to be able to do.
    pub access: Access,
    /// From where the storage is reached.
    pub vantage: &'a Vantage,
    /// What is to be granted.
    pub grants: &'a [Grant],
    /// The outbound connections.
    pub flows: &'a [Flow],
    /// The command that tells whether it helped.
    pub command: &'a str,
    /// When the ticket is written.
    pub now: Timestamp,
    /// What a run found; absent where none was made.
    pub report: Option<&'a Report>,
}

/// Writes a ticket.
#[must_use]
pub fn ticket(asking: &Asking<'_>) -> Ticket {
    let place = asking.target.location.as_str();
    match asking.report {
        None => Ticket {
            title: Line::of("Access to backup storage ").quoted(place),
            sections: wanted(asking),
        },
        Some(report) if is_well(report) => Ticket {
            title: Line::of("Backup storage ")
                .quoted(place)
                .words(": nothing to ask for"),
            sections: vec![nothing(report), who(asking), proof(asking)],
        },
        Some(report) => Ticket {
            title: about(report),
            sections: refused(asking, report),
        },
    }
}

/// Returns whether nobody has to do anything.
fn is_well(report: &Report) -> bool {
    report.verdict == Verdict::Passed && report.diagnoses.is_empty()
}

fn about(report: &Report) -> Line {
    let line = Line::of("Backup storage ").quoted(report.target.location.as_str());
    match report.diagnoses.as_slice() {
        [] => line.words(format!(": {}", report.verdict.name())),
        [one] => line.words(format!(": {}", one.title)),
        [first, rest @ ..] => line.words(format!(": {}, and {} more", first.title, rest.len())),
    }
}

fn nothing(report: &Report) -> Section {
    let passed = report.checks.iter();
    let passed = passed.filter(|record| record.outcome == Outcome::Passed);
    let text = Line::of("Backstop verified this storage ")
        .words(access_words(report.access))
        .words(" and the verdict is ")
        .strong(report.verdict.name())
        .words(format!(
            ": {} checks passed. There is nothing to ask for.",
            passed.count()
        ));
    Section {
        heading: "",
        blocks: vec![Block::Text(text)],
    }
}

fn refused(asking: &Asking<'_>, report: &Report) -> Vec<Section> {
    let text =
        Line::of("Backstop proves that storage takes a backup and gives it back. It verified ")
            .words("this storage ")
            .words(access_words(report.access))
            .words(", and the verdict is ")
            .strong(report.verdict.name())
            .words(".");
    let opening = Section {
        heading: "",
        blocks: vec![Block::Text(text)],
    };
    let mut sections = vec![opening, who(asking), causes(report)];
    sections.extend(requests(report));
    sections.extend(granted(asking));
    sections.push(flows(asking));
    sections.push(proof(asking));
    sections
}

/// Returns what is asked for before anything was verified.
fn wanted(asking: &Asking<'_>) -> Vec<Section> {
    let text = Line::of("We want to keep backups in this storage and ask for what is needed, ")
        .words(access_words(asking.access))
        .words(". ")
        .strong("Nothing was verified yet")
        .words(": no service was asked, and all of this is taken from the configuration.");
    let opening = Section {
        heading: "",
        blocks: vec![Block::Text(text)],
    };
    let mut sections = vec![opening, who(asking), credentials(asking)];
    sections.extend(granted(asking));
    sections.push(flows(asking));
    sections.push(proof(asking));
    sections
}

fn access_words(access: Access) -> String {
    let words = match access {
        Access::Full => "put, get, list and delete",
        Access::PutGet => "put and get, and nothing else",
        Access::PutOnly => "put, and nothing else",
        Access::AppendOnly => "put, get and list, and neither change nor remove",
        Access::ReadOnly => "get and list, and nothing else",
        Access::Undeclared => return "without an access that was declared".to_owned(),
    };
    format!("for the access {} ({words})", access.name())
}

/// Says who asks, from where and when.
fn who(asking: &Asking<'_>) -> Section {
    let mut points = Vec::new();
    let target = asking.target;
    let mut add = |line: Line| points.push(Entry::plain(line));
    if let Some(name) = asking.installation {
        add(Line::of("installation: ").quoted(name));
    }
    add(Line::of("storage: ").quoted(target.location.as_str()));
    if let Some(endpoint) = &target.endpoint {
        add(Line::of("endpoint: ").quoted(endpoint.as_str()));
    }
    if let Some(region) = &target.region {
        add(Line::of("region: ").quoted(region.as_str()));
    }
    if let Some(report) = asking.report {
        identity(report, &mut add);
    }
    vantage(asking.vantage, &mut add);
    match asking.report {
        Some(report) => {
            let seconds = report.duration_ms.div_ceil(1_000);
            add(Line::of("when: ")
                .quoted(utc(report.started_at))
                .words(format!(" (UTC), for {seconds} s, run "))
                .quoted(report.run_id.as_str()));
        }
        None => add(Line::of("written: ")
            .quoted(utc(asking.now))
            .words(" (UTC)")),
    }
    Section {
        heading: "Who asks, from where and when",
        blocks: vec![Block::List(points)],
    }
}

fn identity(report: &Report, add: &mut impl FnMut(Line)) {
    let from = |line: Line| match &report.credential {
        Some(credential) => line
            .words(format!(" ({}, from ", credential.way.name()))
            .quoted(credential.source.as_str())
            .words(")"),
        None => line,
    };
    match (&report.principal, &report.credential) {
        (Some(principal), _) => {
            let line = Line::of("principal: ").quoted(principal.id.as_str());
            add(from(line));
            if !principal.known_as.is_empty() {
                add(Line::of("also known as: ").all(&principal.known_as));
            }
            for (name, value) in &principal.claims {
                add(Line::of(format!("{name}: ")).quoted(value.as_str()));
            }
        }
        (None, Some(credential)) => {
            add(from(Line::of("known by: ").quoted(credential.id.as_str())));
        }
        (None, None) => add(Line::of("principal: none, since there is no credential")),
    }
}

fn vantage(vantage: &Vantage, add: &mut impl FnMut(Line)) {
    if let Some(host) = &vantage.host {
        let line = Line::of("from host: ").quoted(host.as_str());
        add(if vantage.addresses.is_empty() {
            line
        } else {
            line.words(", address ").all(&vantage.addresses)
        });
    }
    if let Some(proxy) = &vantage.proxy {
        add(Line::of("through the proxy: ").quoted(proxy.as_str()));
    }
}

fn causes(report: &Report) -> Section {
    let mut blocks: Vec<_> = report.diagnoses.iter().flat_map(cause).collect();
    if blocks.is_empty() {
        blocks.push(Block::List(undecided(report)));
    }
    Section {
        heading: "What is wrong",
        blocks,
    }
}

fn cause(diagnosis: &Diagnosis) -> Vec<Block> {
    let title = Line::default()
        .strong(sentence(&diagnosis.title))
        .words(" (")
        .quoted(diagnosis.code.as_str())
        .words("; checks ")
        .all(&diagnosis.checks)
        .words(")");
    let said = diagnosis.evidence.iter();
    let mut points: Vec<_> = said
        .map(|line| Entry::plain(Line::of("said: ").quoted(line.as_str())))
        .collect();
    let steps = diagnosis.remedies.iter();
    points.extend(steps.map(|step| Entry::plain(Line::of("to do: ").words(step.as_str()))));
    vec![Block::Text(title), Block::List(points)]
}

/// Names what did not pass where no cause is known.
fn undecided(report: &Report) -> Vec<Entry> {
    let open = report
        .checks
        .iter()
        .filter(|record| record.outcome != Outcome::Passed && record.level == Level::Required);
    let points = open.map(|record| {
        let line = Line::default()
            .quoted(record.id.as_str())
            .words(format!(": {}", record.outcome.name()));
        Entry::plain(match &record.finding {
            Some(finding) => line.words(", ").quoted(finding.summary.as_str()),
            None => line,
        })
    });
    points.collect()
}

/// Lists the requests that were refused or failed, with what finds them in a log.
fn requests(report: &Report) -> Option<Section> {
    let explained = |id: &str| {
        let mut causes = report.diagnoses.iter();
        causes.any(|cause| cause.checks.iter().any(|check| check == id))
    };
    let denied: Vec<_> = denials(report)
        .map(|(record, _)| record.id.as_str())
        .collect();
    let bad = report.checks.iter().filter(|record| {
        let open = matches!(record.outcome, Outcome::Failed | Outcome::Inconclusive);
        open || explained(&record.id) || denied.contains(&record.id.as_str())
    });
    let errors = bad.filter_map(|record| record.finding.as_ref()?.error.as_ref());
    let errors: Vec<_> = errors.collect();
    if errors.is_empty() {
        return None;
    }
    let place = Place::of(&report.target);
    let mut points: Vec<_> = errors
        .iter()
        .take(MOST)
        .map(|error| request(error, &place, report.started_at))
        .collect();
    if errors.len() > MOST {
        let more = errors.len() - MOST;
        points.push(Entry::plain(Line::of(format!(
            "and {more} more, in the report"
        ))));
    }
    Some(Section {
        heading: "Refused requests",
        blocks: vec![Block::List(points)],
    })
}

fn request(error: &ErrorRecord, place: &Place<'_>, began: Timestamp) -> Entry {
    let line = Line::default().quoted(error.operation.name()).words(" on ");
    let line = line.quoted(error.place.as_str());
    let mut under = vec![match error.date {
        Some(date) => Line::of("at ")
            .quoted(utc(date))
            .words(" (UTC, by the service's clock)"),
        None => Line::of("in the run that began at ")
            .quoted(utc(began))
            .words(" (UTC)"),
    }];
    let mut answer = Line::of("answered: ").words(error.kind.words());
    if let Some(status) = error.status {
        answer = answer.words(format!(", http {status}"));
    }
    if let Some(code) = &error.code {
        answer = answer.words(", ").quoted(code.as_str());
    }
    if let Some(message) = &error.message {
        answer = answer.words(", ").quoted(message.as_str());
    }
    under.push(answer);
    if let Some(id) = &error.request_id {
        under.push(Line::of("request id: ").quoted(id.as_str()));
    }
    if error.is_denial() {
        under.extend(error.permissions.iter().map(|name| {
            Line::of("needs ")
                .quoted(name.as_str())
                .words(" on ")
                .quoted(place.resource(name))
        }));
    }
    Entry { line, under }
}

fn granted(asking: &Asking<'_>) -> Option<Section> {
    if asking.grants.is_empty() {
        return None;
    }
    let blocks = asking.grants.iter().flat_map(|grant| {
        let code = Block::Code {
            language: grant.language,
            text: grant.text.clone(),
        };
        [Block::Text(Line::of(grant.words.as_str())), code]
    });
    Some(Section {
        heading: "What to grant",
        blocks: blocks.collect(),
    })
}

/// Asks for credentials that are not there yet.
fn credentials(asking: &Asking<'_>) -> Section {
    let points = match asking.target.provider.as_str() {
        "azure" => [
            "an identity: a service principal (tenant id, client id, client secret), or the \
             managed identity of the machine or pod that makes the backups",
            "the names of the storage account and of the container, which must exist",
        ],
        "minio" => [
            "an identity: a user with an access key and its secret, kept for these backups alone",
            "the endpoint and the name of the bucket, which must exist",
        ],
        _ => [
            "an identity: an IAM role for the machine or pod that makes the backups, or a user \
             with an access key and its secret",
            "the name and the region of the bucket, which must exist",
        ],
    };
    let points = points.map(|point| Entry::plain(Line::of(point))).to_vec();
    let why = Line::of(
        "Please send secrets by a way that is meant for them, and not in the answer to this.",
    );
    Section {
        heading: "What we ask for",
        blocks: vec![Block::List(points), Block::Text(why)],
    }
}

fn flows(asking: &Asking<'_>) -> Section {
    let rows = asking.flows.iter().map(|flow| {
        let from = if flow.through_proxy {
            "the proxy"
        } else {
            "our host"
        };
        vec![
            Line::of(from),
            Line::default().quoted(flow.host.as_str()),
            Line::of(flow.port.to_string()),
            Line::of(format!("TCP, {}", flow.protocol)),
            Line::of(flow.purpose.as_str()),
        ]
    });
    let words =
        "These connections go out; none comes in. Names are resolved by the DNS of our host.";
    Section {
        heading: "Outbound connections",
        blocks: vec![
            Block::Text(Line::of(words)),
            Block::Table {
                head: vec!["from", "to", "port", "protocol", "for"],
                rows: rows.collect(),
            },
        ],
    }
}

fn proof(asking: &Asking<'_>) -> Section {
    let words = "This command tells whether it works; it ends with exit code 0 when it does:";
    Section {
        heading: "How it is proven",
        blocks: vec![
            Block::Text(Line::of(words)),
            Block::Code {
                language: "sh",
                text: asking.command.to_owned(),
            },
        ],
    }
}

/// Returns a time to the second.
fn utc(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
