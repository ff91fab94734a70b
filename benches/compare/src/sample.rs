//! One run of some commands: how long it took and what it cost.

use std::env;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4 as _;

use crate::Result;

/// The argument that makes this program run what follows and print what it cost.
pub(crate) const MEASURE: &str = "--measure";
/// What stands between two commands.
const THEN: &str = ";;";

/// What one run cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// From the first command's start to the last one's end, in seconds.
    pub(crate) wall: f64,
    /// User and system time of all commands, in seconds.
    pub(crate) cpu: f64,
    /// The largest resident set of any of them, in MiB.
    pub(crate) peak: f64,
    /// The exit code of the first that failed, or 0.
    pub(crate) code: i32,
}

/// Runs commands with `;;` between them until one fails.
///
/// # Why
///
/// A child's peak is never under that of the process it was split off from. So this program starts
/// itself anew for each sample, which is small while it only measures.
pub(crate) fn sample(words: &[String], environment: &[(&str, String)]) -> Result<Sample> {
    let mut this = Command::new(env::current_exe()?);
    this.arg(MEASURE).args(words).env_clear();
    this.envs(environment.iter().map(|(name, value)| (name, value)));
    let output = this.stdin(Stdio::null()).output()?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<f64> = printed
        .split_whitespace()
        .filter_map(|it| it.parse().ok())
        .collect();
    let (&[wall, cpu, peak], Some(code)) = (&numbers[..], output.status.code()) else {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{words:?}: {said}").into());
    };
    Ok(Sample {
        wall,
        cpu,
        peak,
        code,
    })
}

/// Runs the commands, prints what they cost together and returns the exit code.
pub(crate) fn measure(words: &[&str]) -> Result<u8> {
    let (mut cpu, mut peak, mut code) = (Duration::ZERO, 0, 0);
    let began = Instant::now();
    for words in words.split(|word| *word == THEN) {
        let (program, arguments) = words.split_first().ok_or("no command")?;
        let mut command = Command::new(program);
        command.args(arguments).stdout(Stdio::null());
        let used = command.spawn()?.wait4()?;
        cpu += used.rusage.utime + used.rusage.stime;
        peak = peak.max(used.rusage.maxrss >> 10);
        code = used.status.code().ok_or("ended by a signal")?;
        if code != 0 {
            break;
        }
    }
    let (wall, cpu) = (began.elapsed().as_secs_f64(), cpu.as_secs_f64());
    println!("{wall} {cpu} {}", f64::from(u32::try_from(peak)?) / 1024.0);
    Ok(u8::try_from(code)?)
}
