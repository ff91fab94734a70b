//! *Before an install*: credentials that do not work, what is said of them, and the same once that is done.

use std::fs;
use std::path::Path;

use backstop::report::Verdict;
use backstop_testkit::{Bucket, Scratch, Servers};

use super::harness::{FAILED, PASSED, Place, Run, Told, binary, text};

const ACCESS: [&str; 2] = ["--access", "put-get"];
const WRONG: &str = "planted-wrong-secret-0123456789abcdefghi";

/// Asserts that a run failed for one cause, and that what to do is said in these words.
fn fails_for(run: Run, code: &str, words: &[&str]) -> Told {
    let run = run.ended(FAILED, Verdict::Failed);
    let advice = run.advice();
    let silent = words.iter().find(|word| !advice.contains(**word));
    if run.codes() == [code] && silent.is_none() {
        return Ok(());
    }
    Err(format!("not {code} with {silent:?}: {}", run.told()))
}

/// On MinIO: the secret is mistyped, then the user may do nothing, then the printed policy is all it takes.
pub(crate) fn credentials_are_made_good_on_minio() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let (id, secret) = server
        .fresh_user_for("another-bucket", &["s3:GetObject"])
        .map_err(text)?;
    let path = format!("{bucket}/production");
    let place = |secret: &str| Place::minio(server.host(), &path, (&id, secret));
    fails_for(
        place(WRONG).verify(&ACCESS)?,
        "wrong-secret",
        &["Copy the secret access key again"],
    )?;
    let good = place(&secret);
    let put = format!("Grant s3:PutObject on arn:aws:s3:::{path}/*");
    fails_for(good.verify(&ACCESS)?, "missing-permission", &[&put])?;
    // What the cloud team is sent is enough: its script, with the server's name and the user filled in.
    let target = format!("minio+http://{}/{path}", server.host());
    let printed = binary()?.args(["policy", &target]).args(ACCESS).run();
    let script = printed.map_err(text)?.stdout;
    let (_, rest) = script.split_once("<<'END'\n").ok_or("a document")?;
    let (document, commands) = rest.split_once("\nEND\n").ok_or("its end")?;
    let scratch = Scratch::new().map_err(text)?;
    let file = scratch.path().join("policy.json");
    fs::write(&file, document).map_err(text)?;
    let file = file.display().to_string();
    let commands = commands.replace("\\\n", " ");
    for command in commands.lines().filter(|line| line.starts_with("mc ")) {
        let words = command.split_whitespace().skip(1).map(|word| match word {
            "ALIAS" => "t",
            "ACCESS_KEY" => id.as_str(),
            word if Path::new(word).extension() == Some("json".as_ref()) => file.as_str(),
            word => word,
        });
        server.mc(&words.collect::<Vec<_>>()).map_err(text)?;
    }
    good.verify(&ACCESS)?.ended(PASSED, Verdict::Passed);
    Ok(())
}

/// On Azurite: the key is mistyped, then a SAS may only read, then one that may write too is all it takes.
pub(crate) fn credentials_are_made_good_on_azurite() -> Told {
    let server = Servers::shared().azurite().map_err(text)?;
    let container = server.fresh_container().map_err(text)?;
    let key = server.key();
    let (head, tail) = key.split_at(1);
    let other = if head == "A" { "B" } else { "A" };
    let wrong = Place::azure(server, &container).set("AZURE_STORAGE_KEY", format!("{other}{tail}"));
    fails_for(
        wrong.verify(&ACCESS)?,
        "wrong-secret",
        &["Copy the key again from the storage account"],
    )?;
    let sas = |permissions| Place::azure_by_sas(server, &container, "production", permissions);
    fails_for(
        sas("r")?.verify(&ACCESS)?,
        "missing-permission",
        &["Have the SAS issued anew with that permission in sp="],
    )?;
    sas("rcw")?.verify(&ACCESS)?.ended(PASSED, Verdict::Passed);
    Ok(())
}
