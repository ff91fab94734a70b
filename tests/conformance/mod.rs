//! Every store, every case.

mod stores;

use std::sync::Arc;

use backstop_contract::KeyPrefix;
use backstop_contract::conformance::{Case, Fixture, Recorder, cases};
use libtest_mimic::{Failed, Trial};

use stores::{STORES, Store};

/// Returns a trial for every case on every store; what a store lacks is shown as ignored.
pub(crate) fn trials() -> Vec<Trial> {
    let runtime = runtime();
    let mut trials = Vec::new();
    for store in STORES {
        // A store that cannot be had fails its cases: nothing unconfigured shows as passed.
        let sample = runtime.block_on(fixture(store, "sample"));
        for case in cases() {
            let missing = sample
                .as_ref()
                .ok()
                .and_then(|fixture| case.missing(fixture));
            let name = format!("conformance::{}::{}", store.name, case.name);
            trials.push(
                Trial::test(name, move || ask(store, case)).with_ignored_flag(missing.is_some()),
            );
        }
    }
    trials
}

fn ask(store: &'static Store, case: &'static Case) -> Result<(), Failed> {
    runtime().block_on(async {
        let fixture = fixture(store, case.name).await?;
        case.run_and_clean(fixture).await.map_err(Failed::from)
    })
}

async fn fixture(store: &'static Store, case: &str) -> Result<Fixture, String> {
    let recorder = Arc::new(Recorder::default());
    let prefix =
        KeyPrefix::new(format!("conformance/{case}")).map_err(|error| error.to_string())?;
    let mut fixture = (store.fixture)(recorder.clone(), prefix).await?;
    fixture.recorder = Some(recorder);
    Ok(fixture)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}
