//! A report as facts that can be compared, each under a name.

use serde::Serialize;
use serde_json::Value;

use crate::report::{Access, CheckRecord, Reach, Report};

/// What a fact is about, in the order in which a run comes by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Area {
    /// The target and how it is addressed.
    Target,
    /// From where it was reached.
    Vantage,
    /// Who asked.
    Identity,
    /// What the network answered.
    Network,
    /// How a check ended.
    Check,
    /// Why.
    Cause,
    /// What the bucket says of itself.
    Posture,
    /// How long it took.
    Duration,
    /// How it ended in one word.
    Verdict,
}

impl Area {
    /// Returns the stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::Vantage => "vantage",
            Self::Identity => "identity",
            Self::Network => "network",
            Self::Check => "check",
            Self::Cause => "cause",
            Self::Posture => "posture",
            Self::Duration => "duration",
            Self::Verdict => "verdict",
        }
    }
}

/// The facts of one report, in order.
pub(super) struct Facts(Vec<(Area, String, String)>);

impl Facts {
    /// Takes the facts of a report.
    pub(super) fn of(report: &Report) -> Self {
        let mut facts = Self(Vec::new());
        facts.target(report);
        facts.vantage(report);
        facts.identity(report);
        if let Some(reach) = &report.reach {
            facts.network(reach);
        }
        for record in &report.checks {
            facts.add(Area::Check, &record.id, ending(record));
        }
        for cause in &report.diagnoses {
            facts.add(Area::Cause, &cause.code, cause.title.as_str());
        }
        facts.posture(report);
        for trial in &report.variants {
            let name = written(&trial.variant);
            let works = if trial.works { "works" } else { "is refused" };
            facts.add(Area::Posture, &format!("variant {name}"), works);
        }
        facts.add(Area::Verdict, "verdict", report.verdict.name());
        facts
    }

    /// Returns a fact.
    pub(super) fn get(&self, area: Area, what: &str) -> Option<&str> {
        let mut facts = self.0.iter();
        let found = facts.find(|(held, name, _)| *held == area && name == what);
        found.map(|(_, _, fact)| fact.as_str())
    }

    /// Returns the names of all facts of two reports, in order.
    pub(super) fn names_with(&self, other: &Self) -> Vec<(Area, String)> {
        let mut names: Vec<(Area, String)> = Vec::new();
        for (area, what, _) in self.0.iter().chain(&other.0) {
            if !names
                .iter()
                .any(|(held, name)| held == area && name == what)
            {
                names.push((*area, what.clone()));
            }
        }
        // What only the second has comes behind the rest of its area.
        names.sort_by_key(|(area, _)| *area);
        names
    }

    fn add(&mut self, area: Area, what: &str, fact: impl Into<String>) {
        self.0.push((area, what.to_owned(), fact.into()));
    }

    fn maybe(&mut self, area: Area, what: &str, fact: Option<&str>) {
        if let Some(fact) = fact {
            self.add(area, what, fact);
        }
    }

    fn target(&mut self, report: &Report) {
        let target = &report.target;
        self.add(Area::Target, "provider", target.provider.as_str());
        self.add(Area::Target, "location", target.location.as_str());
        self.maybe(Area::Target, "endpoint", target.endpoint.as_deref());
        self.maybe(Area::Target, "region", target.region.as_deref());
        if report.access != Access::Undeclared {
            self.add(Area::Target, "access", report.access.name());
        }
    }

    fn vantage(&mut self, report: &Report) {
        let vantage = &report.vantage;
        self.maybe(Area::Vantage, "host", vantage.host.as_deref());
        self.maybe(
            Area::Vantage,
            "addresses",
            sorted(&vantage.addresses).as_deref(),
        );
        self.maybe(Area::Vantage, "proxy", vantage.proxy.as_deref());
    }

    fn identity(&mut self, report: &Report) {
        if let Some(principal) = &report.principal {
            self.add(Area::Identity, "principal", principal.id.as_str());
            for (name, value) in &principal.claims {
                self.add(Area::Identity, name, value.as_str());
            }
        }
        if let Some(credential) = &report.credential {
            let from = format!("{} from {}", credential.way.name(), credential.source);
            self.add(Area::Identity, "credential", from);
        }
    }

    fn network(&mut self, reach: &Reach) {
        let addresses: Vec<_> = reach
            .addresses
            .iter()
            .map(|address| match &address.failure {
                None => address.ip.to_string(),
                Some(failure) => format!("{} ({failure})", address.ip),
            })
            .collect();
        let host = format!("{}:{}", reach.host, reach.port);
        self.add(Area::Network, "host", host);
        self.maybe(Area::Network, "addresses", sorted(&addresses).as_deref());
        if let Some(tls) = &reach.tls {
            self.add(Area::Network, "tls", tls.protocol.as_str());
            if let Some(own) = tls.chain.first() {
                self.add(Area::Network, "certificate", own.subject.as_str());
                self.add(Area::Network, "issuer", own.issuer.as_str());
                self.add(Area::Network, "certificate ends", own.not_after.to_string());
            }
        }
        self.maybe(Area::Network, "tls failure", reach.tls_failure.as_deref());
        if let Some(speaker) = &reach.speaker {
            let told = format!("{}: {}", written(&speaker.kind), speaker.mark);
            self.add(Area::Network, "answers", told);
        }
    }

    /// Every part of the posture is a fact, be it one that was added later.
    fn posture(&mut self, report: &Report) {
        let posture = serde_json::to_value(&report.posture).unwrap_or_default();
        let Value::Object(fields) = posture else {
            return;
        };
        for (name, value) in fields {
            let name = name.replace('_', " ");
            match value {
                // The number of open uploads is another one in every run; that there are some is not.
                Value::Object(parts) => {
                    let some = parts.get("count").and_then(Value::as_u64) != Some(0);
                    self.add(Area::Posture, &name, if some { "some" } else { "none" });
                }
                Value::String(text) => self.add(Area::Posture, &name, text),
                Value::Array(parts) => self.add(Area::Posture, &name, listed(&parts)),
                other => self.add(Area::Posture, &name, other.to_string()),
            }
        }
    }
}

fn listed(parts: &[Value]) -> String {
    let texts = parts.iter().map(|part| match part {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    let texts: Vec<_> = texts.collect();
    sorted(&texts).unwrap_or_else(|| "none".to_owned())
}

/// Joins what has no order of its own.
fn sorted(parts: &[String]) -> Option<String> {
    let mut parts = parts.to_vec();
    parts.sort_unstable();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Returns how a check ended: what a reader would act on, and neither times nor ids.
fn ending(record: &CheckRecord) -> String {
    let mut parts = vec![
        record.outcome.name().to_owned(),
        record.level.name().to_owned(),
    ];
    if let Some(finding) = &record.finding {
        parts.push(written(&finding.code));
        parts.extend(finding.cause.clone());
        if let Some(error) = &finding.error {
            parts.push(error.kind.words().to_owned());
            parts.extend(error.status.map(|status| format!("http {status}")));
            parts.extend(error.code.clone());
        }
        parts.extend(finding.depends_on.clone());
    }
    parts.join(", ")
}

/// Returns the name under which a report writes a value.
fn written(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name,
        _ => String::new(),
    }
}
