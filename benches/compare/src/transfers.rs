//! 1 GiB to the store and back, side by side.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use backstop_testkit::Bucket;

use crate::Result;
use crate::bench::{Bench, figure, median};
use crate::peers::{self, TRANSFERS};
use crate::sample::Sample;

/// How large the object is, in bytes.
const SIZE: usize = 1 << 30;
/// How often each client sends and reads it, unless it is said otherwise.
pub(crate) const RUNS: usize = 3;

/// Ours: one object, whose length is proven, and a backup, of which every byte is.
const OURS: [(&str, &str, &str); 2] = [
    (
        "`backstop object`",
        "$backstop object put $large minio+http://$host/$bucket backstop --quiet",
        "$backstop object get minio+http://$host/$bucket backstop $to --quiet",
    ),
    (
        "`backstop backup`",
        "$backstop backup push $large minio+http://$host/$bucket --kind upgrade --quiet",
        "$backstop backup pull latest minio+http://$host/$bucket $folder --quiet",
    ),
];

/// A client, and its samples of both directions.
type Contender = (&'static str, [(&'static str, Vec<Sample>); 2]);

impl Bench {
    /// Pushes and pulls, all clients in turns.
    pub(crate) fn transfers(&self) -> Result<()> {
        write_large(&self.home.path().join("large"))?;
        let bucket = self.minio.fresh_bucket(Bucket::Plain)?;
        let ours = OURS.map(|(name, push, pull)| (name, [(push, vec![]), (pull, vec![])]));
        let mut all: Vec<Contender> = ours.into();
        for (name, ask, push, pull) in TRANSFERS {
            match peers::version(name, ask) {
                Some(_) => all.push((name, [(push, vec![]), (pull, vec![])])),
                None => println!("({name}: not installed; benches/install-peers does it)"),
            }
        }
        // The first round only warms up.
        for round in 0..=self.runs {
            for (_, both) in &mut all {
                for (template, samples) in both {
                    // Nobody may find there what it wrote before.
                    let _ = fs::remove_file(self.home.path().join("to"));
                    let _ = fs::remove_dir_all(self.home.path().join("folder"));
                    let sample = self.passing(template, self.minio.host(), &bucket)?;
                    samples.extend((round > 0).then_some(sample));
                }
            }
        }
        for (at, what) in ["push", "pull"].into_iter().enumerate() {
            compare(&all, at, what);
        }
        print_for_readme(&all);
        Ok(())
    }
}

fn compare(all: &[Contender], at: usize, what: &str) {
    let of = |contender: &Contender, kind| median(&contender.1[at].1, kind);
    let (ours, peers) = all.split_at(OURS.len());
    let wall = |it: &Sample| it.wall;
    let fastest = peers
        .iter()
        .min_by(|one, other| of(one, wall).total_cmp(&of(other, wall)));
    let cpu = |it: &Sample| it.cpu;
    let mc = peers.iter().find(|contender| contender.0 == "mc");
    for our in ours {
        let what = format!("{what} 1 GiB, {}", our.0.replace('`', ""));
        if let Some(fastest) = fastest {
            let ratio = of(our, wall) / of(fastest, wall);
            let what = format!("{what}, of the fastest one's wall time");
            figure(&what, 1.0, ratio, &format!(" ({})", fastest.0));
        }
        if let Some(mc) = mc {
            let ratio = of(our, cpu) / of(mc, cpu);
            figure(&format!("{what}, of mc's CPU time"), 0.7, ratio, "");
        }
        let peak = our.1[at].1.iter().map(|it| it.peak).fold(0.0, f64::max);
        figure(&format!("{what}, peak MiB"), 64.0, peak, "");
    }
}

/// Writes bytes that do not compress and repeat nowhere near.
fn write_large(path: &Path) -> Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..SIZE / 8 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out.write_all(&state.to_le_bytes())?;
    }
    Ok(out.flush()?)
}

fn print_for_readme(all: &[Contender]) {
    println!(
        "\n| 1 GiB; mc is 1 | push, wall | push, CPU | pull, wall | pull, CPU | peak memory |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    let kinds: [fn(&Sample) -> f64; 2] = [|it| it.wall, |it| it.cpu];
    let peak = |contender: &Contender| {
        let samples = contender.1.iter().flat_map(|(_, samples)| samples);
        samples.map(|it| it.peak).fold(0.0, f64::max)
    };
    let mc = all.iter().find(|contender| contender.0 == "mc");
    let mc = mc.unwrap_or(&all[0]);
    for contender in all {
        let ratios = (0..2).flat_map(|at| {
            kinds.map(|of| median(&contender.1[at].1, of) / median(&mc.1[at].1, of))
        });
        let ratios: Vec<_> = ratios.map(|it| format!("{it:.2}")).collect();
        let peak = peak(contender) / peak(mc);
        println!("| {} | {} | {peak:.2} |", contender.0, ratios.join(" | "));
    }
    println!("\nHere, in ms of wall time, ms of CPU time and MiB, medians of one run:");
    for (name, both) in all {
        for ((_, samples), what) in both.iter().zip(["push", "pull"]) {
            let (wall, cpu) = (median(samples, kinds[0]), median(samples, kinds[1]));
            let peak = median(samples, |it| it.peak);
            println!(
                "{:8.0} {:8.0} {peak:8.1}  {name} {what}",
                1e3 * wall,
                1e3 * cpu
            );
        }
    }
}
