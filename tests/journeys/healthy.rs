//! Before an install, all is well: every check passes and nothing is left.

use backstop::report::{CleanupState, FindingCode, Left, Outcome, Verdict};
use backstop_testkit::{Azurite, Bucket, Minio, Residue, Servers};

use super::harness::{PASSED, Place, Run, Told, root, text};

/// The fewest checks that a full run passes on a store that has every behaviour.
const FEWEST: usize = 18;
/// What Azurite and Azure have no equal of.
const UNSUPPORTED_ON_AZURE: [&str; 4] =
    ["multipart-abort", "encryption", "lifecycle", "open-uploads"];
/// The same for keys, which name nobody.
const UNSUPPORTED_WITH_KEYS: [&str; 5] = [
    "principal",
    "multipart-abort",
    "encryption",
    "lifecycle",
    "open-uploads",
];
/// What MinIO has no equal of.
const UNSUPPORTED_ON_MINIO: [&str; 1] = ["principal"];

/// Asserts that a full run found everything well and says that it left nothing.
#[track_caller]
fn assert_well(run: &Run, unsupported: &[&str]) {
    assert_eq!(
        run.with(Outcome::Unsupported),
        unsupported,
        "{}",
        run.told()
    );
    let passed = run.with(Outcome::Passed).len();
    assert_eq!(
        passed + unsupported.len(),
        run.report.checks.len(),
        "{}",
        run.told()
    );
    assert!(passed >= FEWEST, "{passed} passed: {}", run.told());
    assert_eq!(run.report.diagnoses, [], "{}", run.told());
    let cleanup = &run.report.cleanup;
    assert_eq!(cleanup.state, CleanupState::Clean, "{}", run.told());
    assert_eq!((cleanup.left, cleanup.keys.len()), (Left::default(), 0));
}

fn minio_is_well(place: impl Fn(&Minio, &str) -> Place, provider: &str) -> Told {
    // Uploads are counted over the whole server, so it is the story's own.
    let server = Minio::start_fresh().map_err(text)?;
    for kind in [Bucket::Plain, Bucket::Versioned] {
        let bucket = server.fresh_bucket(kind).map_err(text)?;
        for path in [bucket.clone(), format!("{bucket}/deep/folder")] {
            let run = place(&server, &path).verify(&["--access", "full"])?;
            let run = run.ended(PASSED, Verdict::Passed);
            assert_well(&run, &UNSUPPORTED_ON_MINIO);
            assert_eq!(run.report.target.provider, provider);
            let found = server.residue(&bucket, "").map_err(text)?;
            assert_eq!(found, Residue::default(), "{kind:?} {path}");
        }
    }
    Ok(())
}

pub(crate) fn minio_passes_full_and_is_left_as_it_was() -> Told {
    minio_is_well(
        |server, path| Place::minio(server.host(), path, root(server)),
        "minio",
    )
}

pub(crate) fn minio_through_s3_passes_full_and_is_left_as_it_was() -> Told {
    minio_is_well(
        |server, path| Place::s3(server.host(), path, root(server)),
        "s3",
    )
}

/// Verifies a container with and without a prefix, and reads what is left in it.
fn azurite_is_well(server: &Azurite, unsupported: &[&str], place: impl Fn(&str) -> Place) -> Told {
    let container = server.fresh_container().map_err(text)?;
    for path in [container.clone(), format!("{container}/deep/folder")] {
        let run = place(&path).verify(&["--access", "full"])?;
        let run = run.ended(PASSED, Verdict::Passed);
        assert_well(&run, unsupported);
        let abort = run.check("multipart-abort").finding.as_ref();
        assert_eq!(abort.map(|it| it.code), Some(FindingCode::Unsupported));
        let found = server.residue(&container, "").map_err(text)?;
        assert_eq!(found, Residue::default(), "{path}");
    }
    Ok(())
}

pub(crate) fn azurite_passes_full_with_its_key() -> Told {
    let server = Servers::shared().azurite().map_err(text)?;
    azurite_is_well(server, &UNSUPPORTED_WITH_KEYS, |path| {
        Place::azure_by_key(server, path)
    })
}

pub(crate) fn azurite_passes_full_with_a_connection_string() -> Told {
    let server = Servers::shared().azurite().map_err(text)?;
    let (account, key) = (server.account(), server.key());
    let string = format!(
        "DefaultEndpointsProtocol=http;AccountName={account};AccountKey={key};BlobEndpoint={};",
        server.endpoint()
    );
    azurite_is_well(server, &UNSUPPORTED_WITH_KEYS, |path| {
        Place::new(format!("azure://{account}/{path}"))
            .set("AZURE_STORAGE_CONNECTION_STRING", string.as_str())
    })
}

pub(crate) fn azurite_passes_full_with_a_service_principal() -> Told {
    let both = Servers::shared().azurite_entra().map_err(text)?;
    azurite_is_well(&both.azurite, &UNSUPPORTED_ON_AZURE, |path| {
        Place::azure_by_token(both, path)
    })?;
    let asked = both.entra.requests();
    assert!(!asked.is_empty(), "the authority was never asked");
    Ok(())
}

pub(crate) fn the_first_minute_needs_a_url_and_the_usual_variables() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let place = Place::new(format!("s3://{bucket}/first"))
        .keys(root(server))
        .set("AWS_ENDPOINT_URL", server.endpoint())
        .set("AWS_REGION", "us-east-1");
    let cli = place.cli(&[])?;
    let home = cli.home().to_owned();
    let files = || std::fs::read_dir(&home).map(Iterator::count).map_err(text);
    assert_eq!(files()?, 0, "the home is empty before");
    let run = place.read(cli.run().map_err(text)?)?;
    let run = run.ended(PASSED, Verdict::Passed);
    assert_eq!(run.report.target.region.as_deref(), Some("us-east-1"));
    let fits = run.report.fits.as_ref().map(|fits| fits.fits.len());
    assert_eq!(fits, Some(3), "full, put-get and put-only: {}", run.told());
    let found = server.residue(&bucket, "").map_err(text)?;
    assert_eq!((found.versions, found.delete_markers), (0, 0));

    // The same for a person who reads it.
    let told = super::harness::binary()?
        .args(["verify", &format!("s3://{bucket}/first")])
        .env("AWS_ACCESS_KEY_ID", server.access_key())
        .env("AWS_SECRET_ACCESS_KEY", server.secret_key())
        .env("AWS_ENDPOINT_URL", server.endpoint())
        .env("AWS_REGION", "us-east-1")
        .run()
        .map_err(text)?;
    assert_eq!(told.code, Some(PASSED), "{}", told.output());
    for words in ["passed", "fits", bucket.as_str(), "not proven"] {
        assert!(told.stdout.contains(words), "{words}: {}", told.stdout);
    }
    Ok(())
}
