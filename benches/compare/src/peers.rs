//! The other clients, and how each puts, gets and deletes one object without further checks.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// The clients: name, how it tells its version, its three commands.
pub(crate) const PEERS: [(&str, &str, &str); 4] = [
    (
        "mc",
        "--version",
        "$mc --quiet cp $from t/$bucket/mc ;; $mc --quiet cp t/$bucket/mc $to ;; \
         $mc --quiet rm t/$bucket/mc",
    ),
    (
        "aws",
        "--version",
        "$aws --endpoint-url http://$host s3 cp --quiet $from s3://$bucket/aws ;; \
         $aws --endpoint-url http://$host s3 cp --quiet s3://$bucket/aws $to ;; \
         $aws --endpoint-url http://$host s3 rm --quiet s3://$bucket/aws",
    ),
    (
        "s5cmd",
        "version",
        "$s5cmd --endpoint-url http://$host cp $from s3://$bucket/s5cmd ;; \
         $s5cmd --endpoint-url http://$host cp s3://$bucket/s5cmd $to ;; \
         $s5cmd --endpoint-url http://$host rm s3://$bucket/s5cmd",
    ),
    (
        "rclone",
        "version",
        "$rclone --s3-no-check-bucket copyto $from $remote:$bucket/rclone ;; \
         $rclone copyto $remote:$bucket/rclone $to ;; $rclone deletefile $remote:$bucket/rclone",
    ),
];

/// The clients: name, how it tells its version, and how each sends and reads a large object.
pub(crate) const TRANSFERS: [(&str, &str, &str, &str); 4] = [
    (
        "mc",
        "--version",
        "$mc --quiet cp $large t/$bucket/mc",
        "$mc --quiet cp t/$bucket/mc $to",
    ),
    (
        "aws",
        "--version",
        "$aws --endpoint-url http://$host s3 cp --quiet $large s3://$bucket/aws",
        "$aws --endpoint-url http://$host s3 cp --quiet s3://$bucket/aws $to",
    ),
    (
        "s5cmd",
        "version",
        "$s5cmd --endpoint-url http://$host cp $large s3://$bucket/s5cmd",
        "$s5cmd --endpoint-url http://$host cp s3://$bucket/s5cmd $to",
    ),
    (
        "rclone",
        "version",
        "$rclone --s3-no-check-bucket copyto --ignore-times $large $remote:$bucket/rclone",
        "$rclone copyto --ignore-times $remote:$bucket/rclone $to",
    ),
];

/// Returns where a client is: `target/` comes before `PATH`.
pub(crate) fn find(name: &str) -> String {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let target = workspace.join(target);
    let servers = fs::read_dir(target.join("test-servers")).into_iter();
    servers
        .flatten()
        .flatten()
        .map(|entry| entry.path().join(name))
        .chain([target.join("bench-peers").join(name)])
        .find(|program| program.is_file())
        .map_or_else(|| name.to_owned(), |it| it.to_string_lossy().into_owned())
}

/// Returns what a client says of its version; absent when it is not installed.
pub(crate) fn version(name: &str, ask: &str) -> Option<String> {
    let answer = Command::new(find(name)).arg(ask).output().ok()?;
    let text = String::from_utf8_lossy(&answer.stdout).into_owned();
    let first = text.lines().next().filter(|_| answer.status.success());
    first.map(str::to_owned)
}
