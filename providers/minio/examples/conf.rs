//! x
use backstop_contract::conformance::*;
use backstop_contract::*;
use backstop_minio::*;
use std::sync::Arc;
async fn st(
    b: &str,
    id: &str,
    sec: &str,
    mode: ChecksumMode,
) -> (Arc<dyn ObjectStore>, Arc<Recorder>) {
    let r = Arc::new(Recorder::default());
    let mut c = MinioConfig::new(
        "http://127.0.0.1:19555",
        b,
        S3Credentials::AccessKey {
            id: id.into(),
            secret: Secret::new(sec.into()),
            session_token: None,
            source: "t".into(),
        },
    );
    c.checksums = mode;
    (Arc::new(connect(c, r.clone()).await.unwrap()), r)
}
#[tokio::main(flavor = "current_thread")]
async fn main() {
    for mode in [ChecksumMode::WhenSupported, ChecksumMode::WhenRequired] {
        for (b, v) in [("plain", false), ("versioned", true)] {
            let (mut ok, mut ign) = (0, vec![]);
            for (i, case) in cases().enumerate() {
                let (s, r) = st(b, "rootuser", "rootsecret1", mode).await;
                let mut f = Fixture::new(s, KeyPrefix::new(format!("conf/{i}")).unwrap());
                f.versioned = v;
                f.recorder = Some(r);
                f.secrets = vec!["rootsecret1".into()];
                f.absent_bucket = Some(Twin {
                    store: st("absentbucket", "rootuser", "rootsecret1", mode).await.0,
                    kinds: vec![ErrorKind::BucketNotFound],
                });
                f.wrong_secret = Some(Twin {
                    store: st(b, "rootuser", "wrongwrong", mode).await.0,
                    kinds: vec![ErrorKind::SignatureRejected],
                });
                f.denied = Some(Twin {
                    store: st(b, "noright", "norightsecret", mode).await.0,
                    kinds: vec![ErrorKind::PermissionDenied],
                });
                if let Some(n) = case.missing(&f) {
                    ign.push(format!("{} ({n})", case.name));
                    continue;
                }
                match case.run_and_clean(f).await {
                    Ok(()) => ok += 1,
                    Err(e) => println!("FAIL {mode:?} {b} {}: {e}", case.name),
                }
            }
            println!("{mode:?} {b}: {ok} ok, ignored {ign:?}");
        }
    }
}
