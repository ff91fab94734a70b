//! `policy`: the smallest grants for an access, and what a run found of them.
//!
//! It asks no service and reads no secret, so that it is of use before there are credentials.

use std::path::Path;

use crate::config::{Encryption, Environment, Outline, UrlFlags, Whereabouts};
use crate::policy::{Partition, Place, Policy, Wanted, compare};
use crate::report::{Access, Report};

use super::args::{PolicyArgs, PolicyFormat};
use super::console;
use super::exit::Exit;
use super::report_file;
use super::run::Mistake;
use super::targets::outline;

mod script;
mod table;

/// Prints the policy of a target, or what a run found of it.
pub(super) fn run(args: &PolicyArgs, environment: &Environment) -> Result<Exit, Mistake> {
    let flags = UrlFlags {
        region: args.region.clone(),
        endpoint_url: args.endpoint_url.clone(),
        ..UrlFlags::default()
    };
    let config = args.file.config.as_deref();
    let outline = outline(&args.target, config, &flags, environment)?;
    let report = match &args.compare {
        Some(path) => Some(report(path, &args.target)?),
        None => None,
    };
    let wanted = wanted(args, &outline, report.as_ref())?;
    let text = match (&report, args.format) {
        (Some(report), PolicyFormat::Text) => {
            table::text(&wanted, &compare(&wanted, report), report)
        }
        (Some(report), PolicyFormat::Json) => table::json(&compare(&wanted, report)),
        (None, PolicyFormat::Text) => script::text(args, &wanted, &wanted.policy()),
        (None, PolicyFormat::Json) => {
            let policy = wanted.policy();
            tell(&policy);
            policy.document
        }
    };
    console::print(text.as_bytes()).map_err(Mistake::stdout)?;
    Ok(Exit::Passed)
}

/// Says beside the document what is to be known of it.
fn tell(policy: &Policy) {
    for note in policy
        .notes
        .iter()
        .map(String::as_str)
        .chain([policy.proof])
    {
        console::say(&format!("note: {note}"));
    }
    if policy.beside.is_some() {
        console::say(
            "note: A condition of the assignment belongs to it, which --format text prints.",
        );
    }
}

fn wanted(
    args: &PolicyArgs,
    outline: &Outline,
    report: Option<&Report>,
) -> Result<Wanted, Mistake> {
    let named = args.access.as_deref().and_then(Access::from_name);
    let declared = [Some(outline.access), report.map(|report| report.access)];
    let mut declared = declared.into_iter().flatten();
    let access = named
        .or_else(|| declared.find(|access| *access != Access::Undeclared))
        .ok_or_else(no_access)?;
    Ok(Wanted {
        place: place(args, outline),
        prefix: outline.prefix.clone(),
        folder: outline.folder.clone(),
        access,
        kms_key: key(args, outline)?,
        versioned: args.versioned,
        posture: args.posture,
    })
}

fn no_access() -> Mistake {
    let names = Access::DECLARABLE.map(Access::name).join(", ");
    Mistake::new(format!(
        "nothing says what the credentials are for; give --access with one of {names}"
    ))
}

/// The ends of the host names of Amazon's own endpoints.
const AMAZON: [&str; 2] = [".amazonaws.com", ".amazonaws.com.cn"];

fn place(args: &PolicyArgs, outline: &Outline) -> Place {
    match &outline.place {
        Whereabouts::S3 {
            bucket,
            region,
            endpoint,
            ..
        } => {
            let bucket = bucket.clone();
            let foreign = |host: &String| !AMAZON.iter().any(|end| host.ends_with(end));
            if endpoint.as_ref().is_some_and(foreign) {
                return Place::Compatible { bucket };
            }
            let region = region.as_deref().map(Partition::of_region);
            let partition = Partition::of_arn(&args.target).or(region);
            Place::Amazon {
                bucket,
                partition: partition.unwrap_or_default(),
            }
        }
        Whereabouts::Minio { bucket } => Place::Minio {
            bucket: bucket.clone(),
        },
        Whereabouts::Azure {
            account, container, ..
        } => Place::Azure {
            account: account.clone(),
            container: container.clone(),
        },
    }
}

/// Returns the ARN of the key that is given, else of the one that the target names.
fn key(args: &PolicyArgs, outline: &Outline) -> Result<Option<String>, Mistake> {
    let configured = match &outline.place {
        Whereabouts::S3 { encryption, .. } => encryption.as_ref(),
        Whereabouts::Minio { .. } | Whereabouts::Azure { .. } if args.kms_key.is_some() => {
            return Err(Mistake::new(
                "--kms-key: MinIO and Azure use the key themselves, so nobody needs a right on \
                 it; drop this flag",
            ));
        }
        Whereabouts::Minio { .. } | Whereabouts::Azure { .. } => None,
    };
    if let Some(arn) = &args.kms_key {
        return if is_key(arn) {
            Ok(Some(arn.clone()))
        } else {
            Err(Mistake::new(
                "--kms-key: not the ARN of a key, and a policy takes no other name; expected one \
                 such as arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            ))
        };
    }
    let Some(Encryption::SseKms { key_id }) = configured else {
        return Ok(None);
    };
    let arn = key_id.clone().filter(|id| is_key(id));
    if arn.is_none() {
        console::warn(
            "the target encrypts with a key whose ARN is not known here, so no right on it is \
             granted; give it with --kms-key, unless it is Amazon's own aws/s3",
        );
    }
    Ok(arn)
}

/// Returns whether a text is the ARN of a key, rather than its id or an alias.
fn is_key(text: &str) -> bool {
    let parts: Vec<_> = text.splitn(6, ':').collect();
    let [_, _, "kms", region, account, resource] = parts.as_slice() else {
        return false;
    };
    let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let id = resource.strip_prefix("key/").unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    Partition::of_arn(text).is_some()
        && digits
        && !region.is_empty()
        && !id.is_empty()
        && id.chars().all(plain)
}

/// Reads the report of a target, the last one where there are several.
fn report(path: &Path, target: &str) -> Result<Report, Mistake> {
    let reports =
        report_file::read(path).map_err(|mistake| Mistake::new(format!("--compare: {mistake}")))?;
    let mut names: Vec<_> = reports.iter().map(|it| it.target.name.clone()).collect();
    names.dedup();
    let mut of_target = reports.into_iter().rev();
    of_target
        .find(|report| report.target.name == target)
        .ok_or_else(|| {
            let (file, names) = (report_file::name(path), names.join(", "));
            Mistake::new(format!(
                "--compare: {file} is about {names}, and TARGET is {target}"
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::is_key;

    #[test]
    fn a_key_is_named_by_its_arn() {
        for (text, is) in [
            ("arn:aws:kms:eu-west-1:123456789012:key/1234abcd", true),
            ("arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-12", true),
            ("arn:aws:kms:eu-west-1:123456789012:alias/backups", false),
            ("arn:aws:kms:eu-west-1:1234:key/1", false),
            ("arn:aws:kms::123456789012:key/1", false),
            ("arn:aws:kms:eu-west-1:123456789012:key/*", false),
            ("1234abcd-12ab-34cd-56ef-1234567890ab", false),
            ("alias/backups", false),
            ("", false),
        ] {
            assert_eq!(is_key(text), is, "{text}");
        }
    }
}
