//! Whole reports as they are read, without colour.

use super::samples::{failed, passed, record, with};
use super::write;
use crate::report::{FindingCode, Level, Outcome, Report, Stage, Verdict};

fn text(reports: &[Report]) -> String {
    let mut out = anstream::StripStream::new(Vec::new());
    write(reports, &mut out).expect("written");
    String::from_utf8(out.into_inner()).expect("UTF-8")
}

#[test]
fn a_passed_run_is_short() {
    let expected = "\
primary: s3://acme-backups/production/
  access put-get, as AKIDEXAMPLE (file /run/secrets/key), from web-1, region
  eu-west-1

  authorize  bucket passed
  write      put-object, multipart-upload passed; checksum unsupported
  read       get-object passed
  remove     delete-object skipped (denied); delete-absent skipped (needs
             delete-object)

not proven here: deleting old backups (put-get); durability
cleanup: 2 objects, 1.5 KiB are left, which these credentials cannot remove; the
  next run writes over it: production/.backstop/probe,
  production/.backstop/probe-multipart
passed: 5 of 8 checks in 0.11 s; 2 skipped, 1 unsupported
";
    assert_eq!(text(&[passed()]), expected);
}

#[test]
fn a_failed_run_says_what_failed_what_was_said_and_what_to_do() {
    let expected = "\
primary: s3://acme-backups/production/
  access undeclared, as AKIDEXAMPLE (file /run/secrets/key), from web-1, region
  eu-west-1

  authorize  bucket passed
  write      put-object failed
  read       get-object skipped (needs another check); get-range failed (the
             store lied); get-absent failed

failed: the credentials may not put objects [permission-missing]
  checks  put-object
  said    put_object on s3://acme-backups/production/.backstop/probe: http 403
          AccessDenied (request 17F0A1)
  do      1. grant s3:PutObject on arn:aws:s3:::acme-backups/production/* to
             these credentials:
             {
               \"Effect\": \"Allow\"
             }
          2. then run it again with --wait 10m, since roles take time to arrive

failed: bytes 0 to 9 were asked for, and the whole object came
  checks  get-range
  do      trust this store with no backup until whoever runs it has explained
          this

doubtful: an absent object is answered with a refusal
  checks  get-absent
  said    get_object on s3://acme-backups/production/.backstop/probe: http 403
          AccessDenied: \"Access Denied.\" (request 17F0A1)
  do      if these credentials are meant to do this, grant them s3:ListBucket

more on a cause: backstop explain permission-missing

fits: read-only; not full (s3:PutObject denied, s3:DeleteObject denied)
not proven here: deleting old backups (put-get); durability
cleanup: nothing was written
failed: 1 of 5 checks passed in 0.11 s; 3 failed, 1 skipped
";
    assert_eq!(text(&[failed()]), expected);
}

#[test]
fn several_targets_end_in_one_line() {
    let mut second = failed();
    second.target.name = "dr".to_owned();
    let text = text(&[passed(), second, passed()]);
    let last = text.lines().last();
    assert_eq!(last, Some("failed: 1 of 3 targets (dr); 2 passed"));
}

#[test]
fn what_was_never_answered_is_told_once() {
    let interrupted = |id| {
        let record = record(id, Stage::Read, Level::Required, Outcome::Inconclusive);
        with(
            record,
            FindingCode::Interrupted,
            "the run was interrupted before it was answered",
        )
    };
    let mut report = passed();
    report.checks = vec![interrupted("get-object"), interrupted("get-range")];
    report.verdict = Verdict::Unknown;
    let text = text(&[report]);
    let expected = "
unknown: the run was interrupted before it was answered
  checks  get-object, get-range
  do      run it again and let it finish
";
    assert!(text.contains(expected), "{text}");
    assert!(
        text.ends_with("unknown: 0 of 2 checks passed in 0.11 s; 2 inconclusive\n"),
        "{text}"
    );
}

#[test]
fn nothing_asked_is_said() {
    let mut report = passed();
    report.checks.clear();
    report.verdict = Verdict::Unknown;
    assert!(text(&[report]).ends_with("unknown: no check was asked, in 0.11 s\n"));
}

#[test]
fn nothing_that_a_terminal_would_obey_comes_through() {
    let odd = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\r\nfake: passed\u{202e}";
    let mut report = failed();
    report.target.name = format!("a{odd}");
    report.target.location = format!("s3://b{odd}");
    report.target.endpoint = Some(odd.to_owned());
    if let Some(principal) = &mut report.principal {
        principal.id = odd.to_owned();
    }
    report.vantage.host = Some(odd.to_owned());
    report.not_proven.push(odd.to_owned());
    report.cleanup.keys = vec![odd.to_owned()];
    report.cleanup.left.objects = 1;
    report.diagnoses[0].title = odd.to_owned();
    report.diagnoses[0].evidence = vec![odd.to_owned()];
    report.diagnoses[0].remedies.push(odd.to_owned());
    report.checks[0].id = odd.to_owned();
    for record in &mut report.checks {
        if let Some(finding) = &mut record.finding {
            finding.summary = format!("{} {odd}", finding.summary);
            if let Some(error) = &mut finding.error {
                error.message = Some(odd.to_owned());
            }
        }
    }
    let text = text(&[report.clone(), report]);
    let foreign = text
        .chars()
        .find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
    assert_eq!(foreign, None, "{text:?}");
    let forged = text.lines().any(|line| line.starts_with("fake"));
    assert!(!forged, "{text}");
}

#[test]
fn colour_is_in_the_stream_and_can_be_stripped() {
    let mut out = Vec::new();
    write(&[passed()], &mut out).expect("written");
    let coloured = String::from_utf8(out).expect("UTF-8");
    assert!(coloured.contains("\u{1b}["), "{coloured:?}");
    assert_eq!(
        anstream::adapter::strip_str(&coloured).to_string(),
        text(&[passed()])
    );
}
