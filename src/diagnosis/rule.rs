//! What a rule is made of: how a cause is recognized, and what is said of it.

use backstop_contract::{ErrorKind, Operation};

use super::case::Case;
use crate::report::FindingCode;

/// One cause: how it is recognized, what it is called, how it comes about and what to do.
///
/// Texts may hold placeholders such as `{bucket}`; `words.rs` lists and fills them.
#[derive(Debug)]
pub struct Rule {
    /// The stable kebab-case code.
    pub code: &'static str,
    /// The cause in one sentence without a period.
    pub title: &'static str,
    /// How it comes about, in whole sentences, for the manual.
    pub how: &'static str,
    /// What it is called by a provider that has words of its own for it.
    pub(super) called: &'static [(&'static str, &'static str)],
    /// Any of these recognizes it; what a check names as its cause needs none.
    pub(super) when: &'static [When],
    /// What to do, a step each, in each provider's words.
    pub(super) remedies: &'static [Advice],
    /// What else it explains when it is found.
    pub(super) explains: Explains,
    /// Whether it is told of what need not work at all.
    pub(super) minor: bool,
    /// What else of the report shows it, a line each.
    pub(super) shows: Option<fn(&Case<'_>) -> Vec<String>>,
    /// The causes that checks name and that it knows better, where it fits.
    pub(super) instead_of: &'static [&'static str],
}

/// What a cause explains beside the records that it was recognized by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Explains {
    /// Nothing.
    Itself,
    /// Whatever had no answer, or one that is not the service's: the way there is broken.
    TheWay,
    /// That, and every refusal that says nothing of its own: no request can succeed.
    Everything,
    /// That, and every denial: it was said to somebody who proved nothing.
    Denials,
}

/// One step of a remedy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Advice {
    on: On,
    only: Option<fn(&Case<'_>) -> bool>,
    pub(super) text: &'static str,
}

/// Whose words a step is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum On {
    All,
    Only(&'static str),
    /// Every store that speaks S3.
    S3Like,
}

/// A step for every provider.
pub(super) const fn all(text: &'static str) -> Advice {
    Advice {
        on: On::All,
        only: None,
        text,
    }
}

/// A step for Amazon S3 and whatever calls itself so.
pub(super) const fn s3(text: &'static str) -> Advice {
    Advice {
        on: On::Only("s3"),
        only: None,
        text,
    }
}

/// A step for `MinIO`.
pub(super) const fn minio(text: &'static str) -> Advice {
    Advice {
        on: On::Only("minio"),
        only: None,
        text,
    }
}

/// A step for Azure.
pub(super) const fn azure(text: &'static str) -> Advice {
    Advice {
        on: On::Only("azure"),
        only: None,
        text,
    }
}

/// A step for every store that speaks S3, `MinIO` included.
pub(super) const fn s3_like(text: &'static str) -> Advice {
    Advice {
        on: On::S3Like,
        only: None,
        text,
    }
}

impl Advice {
    /// Gives the step only where something is so in one of the records.
    pub(super) const fn only(mut self, only: fn(&Case<'_>) -> bool) -> Self {
        self.only = Some(only);
        self
    }

    /// Returns whether the step is for what is told together.
    pub(super) fn helps(&self, told: &[Case<'_>]) -> bool {
        self.only.is_none_or(|only| told.iter().any(only))
    }

    /// Returns whether the step is for a provider.
    pub(super) fn is_for(&self, provider: &str) -> bool {
        match self.on {
            On::All => true,
            On::Only(only) => only == provider,
            On::S3Like => provider != "azure",
        }
    }

    /// Returns whose words it is in; absent where it is for all.
    pub(super) fn whose(&self) -> Option<&'static str> {
        match self.on {
            On::All => None,
            On::Only("azure") => Some("Azure"),
            On::Only("minio") => Some("MinIO"),
            On::Only(_) => Some("Amazon S3"),
            On::S3Like => Some("S3"),
        }
    }
}

/// By what a cause is recognized in one record: everything that is given must fit.
#[derive(Debug, Clone, Copy)]
pub(super) struct When {
    operations: &'static [Operation],
    kinds: &'static [ErrorKind],
    codes: &'static [&'static str],
    says: &'static [&'static str],
    fact: &'static str,
    findings: &'static [FindingCode],
    checks: &'static [&'static str],
    provider: &'static str,
    also: Option<fn(&Case<'_>) -> bool>,
}

/// Fits nothing before something is asked for.
const NOTHING: When = When {
    operations: &[],
    kinds: &[],
    codes: &[],
    says: &[],
    fact: "",
    findings: &[],
    checks: &[],
    provider: "",
    also: None,
};

/// An error of one of these kinds.
pub(super) const fn kinds(kinds: &'static [ErrorKind]) -> When {
    When { kinds, ..NOTHING }
}

/// An error with one of the service's own codes.
pub(super) const fn codes(codes: &'static [&'static str]) -> When {
    When { codes, ..NOTHING }
}

/// An error whose sentence holds one of these.
pub(super) const fn says(says: &'static [&'static str]) -> When {
    When { says, ..NOTHING }
}

/// An error with a fact beside it that holds this.
pub(super) const fn fact(fact: &'static str) -> When {
    When { fact, ..NOTHING }
}

/// A finding of one of these kinds.
pub(super) const fn findings(findings: &'static [FindingCode]) -> When {
    When {
        findings,
        ..NOTHING
    }
}

/// A record of one of these checks.
pub(super) const fn checks(checks: &'static [&'static str]) -> When {
    When { checks, ..NOTHING }
}

impl When {
    /// Wants one of these operations as well.
    pub(super) const fn operations(self, operations: &'static [Operation]) -> Self {
        Self { operations, ..self }
    }

    /// Wants one of these kinds as well.
    pub(super) const fn kinds(self, kinds: &'static [ErrorKind]) -> Self {
        Self { kinds, ..self }
    }

    /// Wants one of these words as well.
    pub(super) const fn says(self, says: &'static [&'static str]) -> Self {
        Self { says, ..self }
    }

    /// Wants a fact as well.
    pub(super) const fn fact(self, fact: &'static str) -> Self {
        Self { fact, ..self }
    }

    /// Wants one of these checks as well.
    pub(super) const fn checks(self, checks: &'static [&'static str]) -> Self {
        Self { checks, ..self }
    }

    /// Wants this provider as well.
    pub(super) const fn on(self, provider: &'static str) -> Self {
        Self { provider, ..self }
    }

    /// Wants something of the whole report as well.
    pub(super) const fn also(self, also: fn(&Case<'_>) -> bool) -> Self {
        Self {
            also: Some(also),
            ..self
        }
    }

    /// Returns whether a record fits.
    pub(super) fn fits(&self, case: &Case<'_>) -> bool {
        self.fits_error(case)
            && (self.findings.is_empty() || self.findings.contains(&case.finding.code))
            && (self.checks.is_empty() || self.checks.contains(&case.record.id.as_str()))
            && (self.provider.is_empty() || self.provider == case.report.target.provider)
            && self.also.is_none_or(|also| also(case))
    }

    fn fits_error(&self, case: &Case<'_>) -> bool {
        let asked = !(self.operations.is_empty()
            && self.kinds.is_empty()
            && self.codes.is_empty()
            && self.says.is_empty()
            && self.fact.is_empty());
        let Some(error) = case.error() else {
            return !asked;
        };
        let code = error.code.as_deref().unwrap_or_default();
        let message = error.message.as_deref().unwrap_or_default();
        (self.operations.is_empty() || self.operations.contains(&error.operation))
            && (self.kinds.is_empty() || self.kinds.contains(&error.kind))
            && (self.codes.is_empty() || self.codes.contains(&code))
            && (self.says.is_empty() || self.says.iter().any(|words| message.contains(words)))
            && (self.fact.is_empty() || error.facts.iter().any(|fact| fact.contains(self.fact)))
    }
}

impl Rule {
    /// Begins a rule: its code, its title, and how it comes about.
    pub(super) const fn new(code: &'static str, title: &'static str, how: &'static str) -> Self {
        Self {
            code,
            title,
            how,
            called: &[],
            when: &[],
            remedies: &[],
            explains: Explains::Itself,
            minor: false,
            shows: None,
            instead_of: &[],
        }
    }

    /// Gives it other titles for providers with words of their own.
    pub(super) const fn called(mut self, called: &'static [(&'static str, &'static str)]) -> Self {
        self.called = called;
        self
    }

    /// Says by what it is recognized: any of these.
    pub(super) const fn when(mut self, when: &'static [When]) -> Self {
        self.when = when;
        self
    }

    /// Says what to do.
    pub(super) const fn remedies(mut self, remedies: &'static [Advice]) -> Self {
        self.remedies = remedies;
        self
    }

    /// Makes it explain whatever had no genuine answer.
    pub(super) const fn explains_the_way(mut self) -> Self {
        self.explains = Explains::TheWay;
        self
    }

    /// Makes it explain every failure that says nothing of its own.
    pub(super) const fn explains_everything(mut self) -> Self {
        self.explains = Explains::Everything;
        self
    }

    /// Makes it explain denials as well as everything that says nothing of its own.
    pub(super) const fn explains_denials(mut self) -> Self {
        self.explains = Explains::Denials;
        self
    }

    /// Makes it be told of records that need not be good, behind everything else.
    pub(super) const fn minor(mut self) -> Self {
        self.minor = true;
        self
    }

    /// Adds evidence from elsewhere in the report.
    pub(super) const fn shows(mut self, shows: fn(&Case<'_>) -> Vec<String>) -> Self {
        self.shows = Some(shows);
        self
    }

    /// Makes it stand in for causes that checks name, where it fits.
    pub(super) const fn instead_of(mut self, causes: &'static [&'static str]) -> Self {
        self.instead_of = causes;
        self
    }

    /// Returns whether a record fits.
    pub(super) fn fits(&self, case: &Case<'_>) -> bool {
        self.when.iter().any(|when| when.fits(case))
    }

    /// Returns the title in a provider's words.
    pub(super) fn title_for(&self, provider: &str) -> &'static str {
        let own = self.called.iter().find(|(whose, _)| *whose == provider);
        own.map_or(self.title, |(_, title)| title)
    }
}
