//! SIGKILL at every request: what is left is swept by the next run.

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use backstop::report::Verdict;
use backstop_testkit::{Action, Azurite, Bucket, Minio, Pause, Phase, Proxy, Residue, Running};

use super::harness::{PASSED, PATIENCE, Place, Run, Told, root, text};
use super::residue::{azure_table, minio_table, sweeping};

/// How many runs are killed at the same time.
const WORKERS: usize = 2;
/// The keys of a run that uploads are begun on.
const UPLOADED: [&str; 3] = ["multipart", "multipart-abort", "if-absent"];

/// Where runs are killed.
struct Ground<'a> {
    upstream: SocketAddr,
    /// Names the place under a prefix, through a proxy.
    place: &'a (dyn Fn(SocketAddr, &str) -> Place + Sync),
    /// Sweeps what lies under a prefix, by a run of its own.
    sweep: &'a (dyn Fn(&str) -> Result<Run, String> + Sync),
}

/// A run that was killed, by the folder's prefix and its own id.
#[derive(Debug)]
struct Killed {
    prefix: String,
    runs: Vec<String>,
}

impl Ground<'_> {
    /// Counts the requests of a whole run.
    fn requests(&self) -> Result<usize, String> {
        let proxy = Proxy::start(self.upstream).map_err(text)?;
        let place = (self.place)(proxy.address(), "counted");
        place
            .verify(&["--access", "full"])?
            .ended(PASSED, Verdict::Passed);
        Ok(proxy.requests().len())
    }

    /// Kills a run when it has come to one request; a run that ends before that is left alone.
    fn kill(&self, number: usize, phase: Phase) -> Result<Killed, String> {
        let proxy = Proxy::start(self.upstream).map_err(text)?;
        let prefix = format!("{phase:?}-{number}").to_lowercase();
        let place = (self.place)(proxy.address(), &prefix);
        let pause = proxy.pause_at(number, phase);
        let mut running = place.start(&["--access", "full"])?;
        if reached(&pause, &mut running) {
            running.signal("KILL").map_err(text)?;
            let done = running.wait(PATIENCE).map_err(text)?;
            assert_eq!((done.code, done.stdout.as_str()), (None, ""), "{done:?}");
        }
        pause.release(Action::Drop);
        Ok(Killed {
            prefix,
            runs: runs_of(&proxy),
        })
    }

    /// Kills a run at every request that is asked for, before and after the server has done it.
    fn kill_all(&self, numbers: &[usize]) -> Result<Vec<Killed>, String> {
        let cases: Vec<_> = numbers
            .iter()
            .flat_map(|number| [(*number, Phase::Before), (*number, Phase::After)])
            .collect();
        side_by_side(&cases, |(number, phase)| self.kill(*number, *phase))
    }

    /// Sweeps every folder by one run each and returns how much was removed.
    fn sweep_all(&self, killed: &[Killed]) -> Result<u64, String> {
        let swept = side_by_side(killed, |it| {
            let run = (self.sweep)(&it.prefix)?.ended(PASSED, Verdict::Passed);
            Ok(run.report.cleanup.swept)
        })?;
        Ok(swept.into_iter().sum())
    }
}

/// Waits until a request is held; returns whether it was before the run ended.
pub(super) fn reached(pause: &Pause, running: &mut Running) -> bool {
    loop {
        let alive = running.is_running();
        if pause.wait(Duration::from_millis(20)).is_ok() {
            return true;
        }
        if !alive {
            return false;
        }
    }
}

/// Returns the ids of the runs whose keys went through a proxy.
fn runs_of(proxy: &Proxy) -> Vec<String> {
    let is_id = |id: &&str| id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let requests = proxy.requests();
    let folders = requests
        .iter()
        .filter_map(|seen| seen.target.split("/.backstop/").nth(1)?.split('/').next());
    let mut runs: Vec<String> = folders.filter(is_id).map(str::to_owned).collect();
    runs.sort();
    runs.dedup();
    runs
}

/// Does something about every case, a few at the same time.
fn side_by_side<T: Sync, R: Send>(
    cases: &[T],
    of: impl Fn(&T) -> Result<R, String> + Sync,
) -> Result<Vec<R>, String> {
    let work = |worker: usize| -> Result<Vec<R>, String> {
        cases
            .iter()
            .skip(worker)
            .step_by(WORKERS)
            .map(&of)
            .collect()
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|it| scope.spawn(move || work(it)))
            .collect();
        let mut done = Vec::new();
        for worker in workers {
            done.extend(worker.join().map_err(|_| "a worker panicked")??);
        }
        Ok(done)
    })
}

/// Kills runs on a bucket of MinIO at every `step`-th request and sweeps what they left.
fn on_minio(kind: Bucket, step: usize) -> Told {
    let server = Minio::start_fresh().map_err(text)?;
    let bucket = server.fresh_bucket(kind).map_err(text)?;
    let keys = root(&server);
    let ground = Ground {
        upstream: server.host().parse().map_err(text)?,
        place: &|address, prefix| Place::minio(address, &format!("{bucket}/{prefix}"), keys),
        sweep: &|prefix| {
            let table = minio_table(&server.endpoint(), &bucket, prefix);
            sweeping(&Place::new("t").keys(keys), &table)
        },
    };
    let numbers: Vec<usize> = (1..=ground.requests()?).step_by(step).collect();
    let killed = ground.kill_all(&numbers)?;
    let littered = server.residue(&bucket, "").map_err(text)?;
    assert!(
        littered.versions > numbers.len() && littered.uploads > 0,
        "{littered:?}"
    );
    let swept = ground.sweep_all(&killed)?;
    assert!(swept > 0, "nothing was swept");
    for it in &killed {
        for key in uploaded(it) {
            let open = server.open_uploads(&bucket, &key).map_err(text)?;
            assert_eq!(open, 0, "an upload on {key} is open");
        }
    }
    let found = server.residue(&bucket, "").map_err(text)?;
    assert_eq!(found, Residue::default());
    Ok(())
}

/// Returns every key of a killed run on which an upload may be open.
fn uploaded(killed: &Killed) -> impl Iterator<Item = String> {
    let folders = killed.runs.iter();
    folders.flat_map(|run| UPLOADED.map(|name| format!("{}/.backstop/{run}/{name}", killed.prefix)))
}

pub(crate) fn what_a_killed_run_leaves_is_swept_by_the_next() -> Told {
    on_minio(Bucket::Plain, 1)
}

pub(crate) fn what_a_killed_run_leaves_in_versions_is_swept_by_the_next() -> Told {
    on_minio(Bucket::Versioned, 3)
}

pub(crate) fn what_a_killed_run_leaves_on_azurite_is_swept_by_the_next() -> Told {
    let server = Azurite::start_fresh().map_err(text)?;
    let container = server.fresh_container().map_err(text)?;
    let account = server.account();
    let ground = Ground {
        upstream: server.address(),
        place: &|address, prefix| {
            Place::new(format!("azure://{account}/{container}/{prefix}"))
                .flag("--endpoint-url", format!("http://{address}/{account}"))
                .set("AZURE_STORAGE_KEY", server.key())
        },
        sweep: &|prefix| {
            let keys = Place::new("t").set("AZURE_STORAGE_KEY", server.key());
            sweeping(&keys, &azure_table(&server, &container, prefix))
        },
    };
    let numbers: Vec<usize> = (1..=ground.requests()?).step_by(3).collect();
    let killed = ground.kill_all(&numbers)?;
    let littered = server.residue(&container, "").map_err(text)?;
    assert!(littered.versions > numbers.len(), "{littered:?}");
    assert!(ground.sweep_all(&killed)? > 0, "nothing was swept");
    let found = server.residue(&container, "").map_err(text)?;
    assert_eq!(found, Residue::default());
    Ok(())
}
