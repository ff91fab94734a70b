//! `job`: prints what has Kubernetes run the same verification where the identity is.
//!
//! A machine that is in no cloud cannot prove a node role or the identity of a service account; a
//! pod can. What is printed holds no secret, is applied to no cluster, and says at its top what is
//! left to do.

use std::fmt::Write as _;
use std::net::IpAddr;

use crate::config::{Environment, StoreConfig, Target};
use crate::engine::RunRequest;

use super::args::JobArgs;
use super::comment::Comment;
use super::console;
use super::exit::Exit;
use super::run::Mistake;
use super::targets::choose;

mod configuration;
mod credentials;
mod manifest;
mod names;
mod sheet;

use manifest::Manifest;

/// The most that fits into a `ConfigMap`, its names counted generously.
const LARGEST: usize = 1_000_000;

/// Prints the documents of one target.
pub(super) fn run(args: &JobArgs, environment: &Environment) -> Result<Exit, Mistake> {
    check(args)?;
    let targets = std::slice::from_ref(&args.target);
    let config = args.file.config.as_deref();
    let chosen = choose(targets, config, &args.url.flags(), environment)?;
    let Some(target) = chosen.targets.first() else {
        return Err(Mistake::new("there is no target"));
    };
    let installation = chosen.file.as_ref().and_then(|file| file.installation());
    let text = documents(args, target, installation)?;
    console::print(text.as_bytes()).map_err(Mistake::stdout)?;
    Ok(Exit::Passed)
}

fn check(args: &JobArgs) -> Result<(), Mistake> {
    names::label("--namespace", &args.namespace)?;
    if let Some(name) = &args.service_account {
        names::subdomain("--service-account", name)?;
    }
    if let Some(name) = &args.secret {
        names::subdomain("--secret", name)?;
    }
    args.image.as_deref().map_or(Ok(()), names::image)
}

fn documents(
    args: &JobArgs,
    target: &Target,
    installation: Option<&str>,
) -> Result<String, Mistake> {
    let named = names::of_target(target);
    let name = names::of_job(&named);
    let written = configuration::write(&named, target, installation);
    let certificates = written.certificates.as_ref().map_or(0, String::len);
    if written.text.len() + certificates > LARGEST {
        return Err(Mistake::new(format!(
            "the certificates to trust are {certificates} bytes, and a ConfigMap takes \
             {LARGEST}; give a CA file that holds only those that the target needs"
        )));
    }
    let image = match &args.image {
        Some(image) => image.clone(),
        None => format!("backstop:{}", env!("CARGO_PKG_VERSION")),
    };
    if args.secret.is_some() && written.keys.is_empty() {
        console::warn("--secret is of no use here: the pod's credentials are its own");
    }
    let manifest = Manifest {
        name: &name,
        target: &named,
        namespace: &args.namespace,
        service_account: args.service_account.as_deref(),
        image: &image,
        secret: args.secret.as_deref().unwrap_or(&name),
        written: &written,
        timeout: target.timeout.unwrap_or(RunRequest::TIMEOUT),
    };
    let mut head = Comment::default();
    explain(&mut head, &manifest, target);
    Ok(format!("{}{}", head.text(), manifest.text()))
}

/// Says what is left to do, and what the pod has instead of this machine's credentials.
fn explain(head: &mut Comment, manifest: &Manifest<'_>, target: &Target) {
    let Manifest {
        name,
        namespace,
        image,
        ..
    } = manifest;
    head.say("Runs `backstop verify` in a cluster, where its identity is.");
    head.line("");
    head.line("  kubectl apply -f FILE");
    head.line(&format!(
        "  kubectl logs --follow job/{name} --namespace {namespace}"
    ));
    head.line("  kubectl delete -f FILE");
    head.line("");
    head.say("A Job cannot be changed: delete it before it is applied again.");
    head.say(&format!(
        "The image must be one that the cluster can pull, {image} or another by --image."
    ));
    if let Some(host) = endpoint_here(target) {
        head.say(&format!(
            "{host} is this machine here, and in the cluster it is the pod itself: give an \
             address that the cluster reaches."
        ));
    }
    for note in &manifest.written.notes {
        head.say(note);
    }
    secrets(head, manifest);
}

/// Says how the Kubernetes Secret is made, without a value.
fn secrets(head: &mut Comment, manifest: &Manifest<'_>) {
    let keys = &manifest.written.keys;
    if keys.is_empty() {
        return;
    }
    head.line("");
    head.say("What is secret comes from a Kubernetes Secret, which is made once:");
    head.line("");
    let mut command = format!(
        "  kubectl create secret generic {} --namespace {}",
        manifest.secret, manifest.namespace
    );
    for key in keys {
        // Writing to a text cannot fail.
        let _ = write!(command, " \\\n    --from-file={}=PATH", key.name);
    }
    command.lines().for_each(|line| head.line(line));
    head.line("");
    head.say(
        "Each PATH is a file that holds the value and nothing else. Here they were read from:",
    );
    for key in keys {
        head.line(&format!("  {}: {}", key.name, key.source));
    }
}

/// Returns the host of the endpoint where it is this machine.
fn endpoint_here(target: &Target) -> Option<&str> {
    let endpoint = match &target.store {
        StoreConfig::S3(store) | StoreConfig::Minio(store) => store.endpoint.as_ref(),
        StoreConfig::Azure(store) => store.endpoint.as_ref(),
    };
    let host = endpoint?.host();
    let bare = host.trim_matches(['[', ']']);
    let address = bare.parse::<IpAddr>();
    let here = address.is_ok_and(|address| address.is_loopback())
        || bare == "localhost"
        || bare.ends_with(".localhost");
    here.then_some(host)
}
