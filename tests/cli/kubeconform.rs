//! kubeconform and the schemas it reads, installed once below `target/test-servers/`.
//!
//! # Why
//!
//! kubeconform would fetch its schemas from the network. They are made here of the `OpenAPI`
//! documents that Kubernetes' own Go client carries for its tests, so that nothing but Go's module
//! proxy is needed, and that once.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};

use super::harness::{put, read};

const KUBECONFORM: &str = "v0.8.0";
const CLIENT_GO: &str = "v0.37.2";

/// The file of a schema, the document it is made of, and the kind's name there.
const SCHEMAS: [(&str, &str, &str); 2] = [
    (
        "configmap-v1.json",
        "api__v1_openapi.json",
        "io.k8s.api.core.v1.ConfigMap",
    ),
    (
        "job-batch-v1.json",
        "apis__batch__v1_openapi.json",
        "io.k8s.api.batch.v1.Job",
    ),
];

/// The program and its schemas.
pub(super) struct Kubeconform {
    program: PathBuf,
    schemas: PathBuf,
}

impl Kubeconform {
    /// Returns the installed program, installing it where it is not yet.
    pub(super) fn installed() -> Result<Self, String> {
        let program = once(&format!("kubeconform-{KUBECONFORM}"), |folder| {
            let package = "github.com/yannh/kubeconform/cmd/kubeconform";
            go(folder, &["install", &format!("{package}@{KUBECONFORM}")]).map(|_| ())
        })?;
        let schemas = once(&format!("kubernetes-schemas-{CLIENT_GO}"), |folder| {
            let module = format!("k8s.io/client-go@{CLIENT_GO}");
            let told = go(folder, &["mod", "download", "-json", &module])?;
            let told: Value = parsed(&told)?;
            let module = told["Dir"].as_str().ok_or("go told no folder")?;
            let documents = Path::new(module).join("openapi/openapitest/testdata");
            SCHEMAS.iter().try_for_each(|(file, document, kind)| {
                let document = parsed(&read(&documents.join(document))?)?;
                put(&folder.join(file), &schema(document, kind)?.to_string())
            })
        })?;
        Ok(Self {
            program: program.join("kubeconform"),
            schemas,
        })
    }

    /// Validates a file of so many documents; the error is what kubeconform says.
    pub(super) fn validate(&self, path: &Path, documents: usize) -> Result<(), String> {
        let output = Command::new(&self.program)
            .args(["-strict", "-verbose", "-schema-location"])
            .arg(self.schemas.join("{{.ResourceKind}}{{.KindSuffix}}.json"))
            .arg(path)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("{}: {error}", self.program.display()))?;
        let told = String::from_utf8_lossy(&output.stdout);
        // What was not looked at is not valid.
        let valid = told.lines().filter(|line| line.ends_with("is valid"));
        if output.status.success() && valid.count() == documents {
            return Ok(());
        }
        Err(format!("{told}{}", String::from_utf8_lossy(&output.stderr)))
    }
}

/// Returns the schema of a kind that stands alone and takes no field it does not know.
fn schema(mut document: Value, kind: &str) -> Result<Value, String> {
    let schemas = document["components"]["schemas"].take();
    let Value::Object(mut schemas) = schemas else {
        return Err("there are no schemas in the document".to_owned());
    };
    if !schemas.contains_key(kind) {
        return Err(format!("there is no {kind} in the document"));
    }
    schemas.values_mut().for_each(close);
    Ok(json!({
        "$ref": format!("#/components/schemas/{kind}"),
        "components": { "schemas": Map::from_iter(schemas) },
    }))
}

fn close(schema: &mut Value) {
    if let Value::Object(schema) = schema
        && schema.contains_key("properties")
    {
        schema.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
}

fn parsed(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn go(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("go")
        .args(arguments)
        .env("GOBIN", folder)
        .env("GOFLAGS", "")
        .env("CGO_ENABLED", "0")
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("go could not be started ({error}): install Go"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let told = String::from_utf8_lossy(&output.stderr);
    Err(format!("go {}: {told}", arguments.join(" ")))
}

/// Fills a folder once, even when several processes ask for it at the same time.
fn once(name: &str, fill: impl FnOnce(&Path) -> Result<(), String>) -> Result<PathBuf, String> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    let cache = target.ok_or("no target folder")?.join("test-servers");
    let done = cache.join(name);
    let failed = |error: std::io::Error| format!("preparing {}: {error}", done.display());
    fs::create_dir_all(&cache).map_err(failed)?;
    let lock = File::create(cache.join(format!("{name}.lock"))).map_err(failed)?;
    lock.lock().map_err(failed)?;
    if !done.is_dir() {
        // What an interrupted installation left is started over: only the rename makes it count.
        let partial = cache.join(format!("{name}.partial"));
        if partial.exists() {
            fs::remove_dir_all(&partial).map_err(failed)?;
        }
        fs::create_dir(&partial).map_err(failed)?;
        fill(&partial)?;
        fs::rename(&partial, &done).map_err(failed)?;
    }
    Ok(done)
}
