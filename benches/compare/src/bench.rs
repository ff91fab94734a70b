//! The figures that were asked for, and what was reached.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{env, fs};

use backstop_testkit::{Action, BlackHole, Bucket, Minio, Phase, Proxy, Scratch, Servers};

use crate::Result;
use crate::peers::{self, PEERS};
use crate::sample::{Sample, sample};
use crate::transfers;
use crate::trips::Log;

const PUT_GET_DELETE: &str = "$self --cycle http://$host $bucket $from $to";
const VERIFY: &str = "$backstop verify minio+http://$host/$bucket --access full --quiet";
/// The round trip that the proxy adds; half of it is the way back.
const TRIP: Duration = Duration::from_millis(50);

/// What everything is measured with.
pub(crate) struct Bench {
    pub(crate) home: Scratch,
    pub(crate) minio: &'static Minio,
    pub(crate) runs: usize,
}

/// A name and its samples.
type Contender = (String, Vec<Sample>);

/// Measures everything and prints it.
pub(crate) fn print(runs: Option<&str>) -> Result<()> {
    let bench = Bench {
        home: Scratch::new()?,
        minio: Servers::shared().native_minio()?,
        runs: runs.map_or(Ok(11), str::parse)?,
    };
    fs::write(bench.home.path().join("from"), vec![b'b'; 64 * 1024])?;
    print_head();
    let size = fs::metadata(env::current_exe()?.with_file_name("backstop"))?.len();
    let size = f64::from(u32::try_from(size >> 10)?) / 1024.0;
    figure("release binary, MiB", 20.0, size, "");
    let started = bench.repeat("$backstop --version", bench.minio.host(), "")?;
    let started = 1e3 * median(&started, |it| it.wall);
    figure("backstop --version, ms", 5.0, started, "");
    let contenders = bench.side_by_side()?;
    let bucket = bench.minio.fresh_bucket(Bucket::Plain)?;
    let large = format!("{VERIFY} --size 1GiB --timeout 10m");
    let large = bench.passing(&large, bench.minio.host(), &bucket)?;
    let remark = format!(" in {:.1} s", large.wall);
    figure("verify --size 1GiB, peak MiB", 64.0, large.peak, &remark);
    bench.round_trips(&bucket)?;
    bench.no_answer(&bucket)?;
    print_for_readme(&contenders);
    Ok(())
}

/// Measures what moves a large object, and prints it.
pub(crate) fn print_transfers(runs: Option<&str>) -> Result<()> {
    let bench = Bench {
        home: Scratch::new()?,
        minio: Servers::shared().native_minio()?,
        runs: runs.map_or(Ok(transfers::RUNS), str::parse)?,
    };
    print_head();
    bench.transfers()
}

fn print_head() {
    println!("{:<72} {:>8} {:>20}  met", "figure", "at most", "reached");
}

impl Bench {
    /// Runs a template once, however it ends.
    fn sample(&self, template: &str, host: &str, bucket: &str) -> Result<Sample> {
        let this = env::current_exe()?;
        let in_home = |name| self.home.path().join(name).display().to_string();
        let mut places = vec![
            ("$self", this.display().to_string()),
            (
                "$backstop",
                this.with_file_name("backstop").display().to_string(),
            ),
            (
                "$remote",
                ":s3,env_auth,provider=Minio,endpoint='http://$host'".to_owned(),
            ),
            ("$host", host.to_owned()),
            ("$bucket", bucket.to_owned()),
            ("$from", in_home("from")),
            ("$to", in_home("to")),
            ("$large", in_home("large")),
            ("$folder", in_home("folder")),
        ];
        let peers = ["$mc", "$aws", "$s5cmd", "$rclone"];
        places.extend(peers.map(|place| (place, peers::find(&place[1..]))));
        let words = template.split_whitespace().map(|word| {
            let fill = |word: String, (place, value): &(&str, String)| word.replace(place, value);
            places.iter().fold(word.to_owned(), fill)
        });
        let (id, secret) = (self.minio.access_key(), self.minio.secret_key());
        let environment = [
            ("PATH", env::var("PATH")?),
            ("HOME", in_home("")),
            ("AWS_ACCESS_KEY_ID", id.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", secret.to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            (
                "MC_HOST_t",
                format!("http://{id}:{secret}@{}", self.minio.host()),
            ),
            ("RCLONE_CONFIG", String::new()),
        ];
        sample(&words.collect::<Vec<_>>(), &environment)
    }

    /// Runs a template once; it has to end well.
    pub(crate) fn passing(&self, template: &str, host: &str, bucket: &str) -> Result<Sample> {
        let sample = self.sample(template, host, bucket)?;
        match sample.code {
            0 => Ok(sample),
            code => Err(format!("exit code {code}: {template}").into()),
        }
    }

    fn repeat(&self, template: &str, host: &str, bucket: &str) -> Result<Vec<Sample>> {
        self.passing(template, host, bucket)?;
        (0..self.runs)
            .map(|_| self.passing(template, host, bucket))
            .collect()
    }

    fn side_by_side(&self) -> Result<Vec<Contender>> {
        let bucket = self.minio.fresh_bucket(Bucket::Plain)?;
        let mut all = vec![
            (
                "Backstop's library, one process".to_owned(),
                PUT_GET_DELETE,
                vec![],
            ),
            ("the whole `backstop verify`".to_owned(), VERIFY, vec![]),
        ];
        for (name, ask, template) in PEERS {
            match peers::version(name, ask) {
                Some(version) => {
                    println!("({name}: {version})");
                    all.push((name.to_owned(), template, vec![]));
                }
                None => println!("({name}: not installed; benches/install-peers does it)"),
            }
        }
        // All take turns, so that noise is everybody's; the first round only warms up.
        for round in 0..=self.runs {
            for (_, template, samples) in &mut all {
                let sample = self.passing(template, self.minio.host(), &bucket)?;
                samples.extend((round > 0).then_some(sample));
            }
        }
        let ratio = |what, most, ours: usize, of: fn(&Sample) -> f64| {
            let (ours, mc) = (&all[ours].2, &all[2].2);
            let best = least(ours, of) / least(mc, of);
            let remark = format!(" (best {best:.3})");
            figure(what, most, median(ours, of) / median(mc, of), &remark);
        };
        ratio(
            "put+get+delete of 64 KiB, of mc's wall time",
            0.15,
            0,
            |it| it.wall,
        );
        ratio(
            "put+get+delete of 64 KiB, of mc's CPU time",
            0.10,
            0,
            |it| it.cpu,
        );
        ratio("verify, of the wall time of mc's three", 0.75, 1, |it| {
            it.wall
        });
        let peak = all[1].2.iter().map(|it| it.peak).fold(0.0, f64::max);
        figure("verify, largest peak MiB of all runs", 24.0, peak, "");
        Ok(all
            .into_iter()
            .map(|(name, _, samples)| (name, samples))
            .collect())
    }

    fn round_trips(&self, bucket: &str) -> Result<()> {
        let proxy = Proxy::start(self.minio.host().parse()?)?;
        proxy.set_latency(TRIP / 2, TRIP / 2);
        let host = proxy.address().to_string();
        let run = |_| {
            let log = Log::start(&proxy, TRIP / 2);
            let wall = self.passing(VERIFY, &host, bucket)?.wall;
            let counts = (proxy.requests().len(), proxy.connections());
            Ok((wall / TRIP.as_secs_f64(), counts, log))
        };
        let mut all = (0..self.runs).map(run).collect::<Result<Vec<_>>>()?;
        all.sort_by(|one, other| one.0.total_cmp(&other.0));
        let (trips, (requests, connections), log) = &all[all.len() / 2];
        let remark = format!(" (best {:.2})", all[0].0);
        figure(
            "verify with 50 ms of round trip, round trips",
            14.0,
            *trips,
            &remark,
        );
        if *trips > 14.0 || env::var_os("BACKSTOP_BENCH_PATH").is_some() {
            println!("  of {requests} requests on {connections} connections, from and to:");
            print!("{}", log.critical_path(TRIP));
        }
        Ok(())
    }

    fn no_answer(&self, bucket: &str) -> Result<()> {
        let verify = format!("{VERIFY} --timeout 2s");
        let over = |host: &str| Ok(1e3 * (self.sample(&verify, host, bucket)?.wall - 2.0));
        let hole = BlackHole::start()?;
        let late: Result<f64> = over(&hole.address().to_string());
        figure(
            "store that never answers, ms over --timeout 2s",
            250.0,
            late?,
            "",
        );
        let proxy = Proxy::start(self.minio.host().parse()?)?;
        let gone = Arc::new(AtomicBool::new(false));
        let is_gone = Arc::clone(&gone);
        proxy.on_request(move |seen, phase| {
            // Only the clean-up deletes this key.
            let path = seen.target.split('?').next().unwrap_or_default();
            if phase == Phase::Before && seen.method == "DELETE" && path.ends_with("/multipart") {
                is_gone.store(true, Ordering::SeqCst);
            }
            if is_gone.load(Ordering::SeqCst) {
                Action::BlackHole
            } else {
                Action::Pass
            }
        });
        let late = over(&proxy.address().to_string())?;
        if !gone.load(Ordering::SeqCst) {
            return Err("the clean-up was never reached".into());
        }
        figure(
            "store gone before the clean-up, ms over --timeout 2s",
            250.0,
            late,
            "",
        );
        Ok(())
    }
}

pub(crate) fn median(samples: &[Sample], of: fn(&Sample) -> f64) -> f64 {
    let mut values: Vec<f64> = samples.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn least(samples: &[Sample], of: fn(&Sample) -> f64) -> f64 {
    samples.iter().map(of).fold(f64::INFINITY, f64::min)
}

pub(crate) fn figure(what: &str, most: f64, reached: f64, remark: &str) {
    let met = if reached <= most { "yes" } else { "NO" };
    let reached = format!("{reached:.3}{remark}");
    println!("{what:<72} {most:>8.2} {reached:>20}  {met}");
}

fn print_for_readme(contenders: &[Contender]) {
    println!(
        "\n| put, get and delete 64 KiB; mc's three commands are 1 | wall time | CPU time | peak memory |"
    );
    println!("| --- | ---: | ---: | ---: |");
    let kinds: [fn(&Sample) -> f64; 3] = [|it| it.wall, |it| it.cpu, |it| it.peak];
    for (name, samples) in contenders {
        let [wall, cpu, peak] = kinds.map(|of| median(samples, of) / median(&contenders[2].1, of));
        println!("| {name} | {wall:.2} | {cpu:.2} | {peak:.2} |");
    }
    println!("\nHere, in ms of wall time, ms of CPU time and MiB, medians of one run:");
    for (name, samples) in contenders {
        let [wall, cpu, peak] = kinds.map(|of| median(samples, of));
        println!("{:8.1} {:8.1} {peak:8.1}  {name}", 1e3 * wall, 1e3 * cpu);
    }
}
