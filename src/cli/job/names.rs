//! Names that Kubernetes takes: those that are given, and those that are made of a target's name.

use crate::config::{StoreConfig, Target, is_url};

use super::super::run::Mistake;

/// The longest DNS label.
const LABEL: usize = 63;
/// The longest DNS subdomain.
const SUBDOMAIN: usize = 253;

/// Refuses the value of a flag that is not a DNS label, as namespaces are.
pub(super) fn label(flag: &str, value: &str) -> Result<(), Mistake> {
    if value.len() <= LABEL && is_label(value) {
        return Ok(());
    }
    Err(Mistake::new(format!(
        "{flag}: {value:?} is no name of Kubernetes; expected at most {LABEL} of a-z, 0-9 and '-', \
         beginning and ending with a letter or digit"
    )))
}

/// Refuses the value of a flag that is not a DNS subdomain, as secrets and service accounts are.
pub(super) fn subdomain(flag: &str, value: &str) -> Result<(), Mistake> {
    if value.len() <= SUBDOMAIN && value.split('.').all(is_label) {
        return Ok(());
    }
    Err(Mistake::new(format!(
        "{flag}: {value:?} is no name of Kubernetes; expected at most {SUBDOMAIN} of a-z, 0-9, '-' \
         and '.', each part beginning and ending with a letter or digit"
    )))
}

/// Refuses the value of `--image` that cannot be the reference of an image.
pub(super) fn image(value: &str) -> Result<(), Mistake> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".-_/:@".contains(c);
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let edges = edge(value.chars().next()) && edge(value.chars().last());
    if edges && value.chars().all(allowed) {
        return Ok(());
    }
    Err(Mistake::new(format!(
        "--image: {value:?} is not the reference of an image; expected one such as \
         registry.example.com/backstop:1.0"
    )))
}

fn is_label(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let edge = |c: char| c != '-';
    !text.is_empty() && text.chars().all(allowed) && text.starts_with(edge) && text.ends_with(edge)
}

/// Returns the target's name in the configuration of the Job.
///
/// One that was given as a URL is named after its bucket. Letters that a shell, Kubernetes
/// (`$(NAME)`) or the command line (`--x`) would take for something else are replaced.
pub(super) fn of_target(target: &Target) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name = target.name.as_str();
    if is_url(name) {
        let bucket = match &target.store {
            StoreConfig::S3(store) | StoreConfig::Minio(store) => &store.bucket,
            StoreConfig::Azure(store) => &store.container,
        };
        return cut(&labelled(bucket), LABEL).to_owned();
    }
    if name.chars().all(plain) && name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return name.to_owned();
    }
    cut(&labelled(name), LABEL).to_owned()
}

/// Returns the name of the Job and of what belongs to it.
pub(super) fn of_job(target: &str) -> String {
    let name = format!("backstop-{}", labelled(target));
    cut(&name, LABEL).to_owned()
}

fn labelled(text: &str) -> String {
    let mut label = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter.to_ascii_lowercase() {
            letter if letter.is_ascii_lowercase() || letter.is_ascii_digit() => label.push(letter),
            _ if label.is_empty() || label.ends_with('-') => {}
            _ => label.push('-'),
        }
    }
    match label.trim_end_matches('-') {
        "" => "target".to_owned(),
        label => label.to_owned(),
    }
}

fn cut(label: &str, length: usize) -> &str {
    label.get(..length).unwrap_or(label).trim_end_matches('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_has_a_name_of_kubernetes_whatever_the_target_has() {
        for (target, expected) in [
            ("primary", "backstop-primary"),
            ("Prod_EU.west", "backstop-prod-eu-west"),
            ("--x--", "backstop-x"),
            ("日本", "backstop-target"),
            ("a  b", "backstop-a-b"),
        ] {
            assert_eq!(of_job(target), expected);
        }
        let long = of_job(&format!("{}-{}", "a".repeat(53), "b".repeat(40)));
        assert_eq!(long, format!("backstop-{}", "a".repeat(53)));
        label("--x", &long).expect("a label");
    }

    #[test]
    fn flags_follow_the_rules_of_kubernetes() {
        let long = "a".repeat(64);
        for good in ["default", "1", "a-b"] {
            label("--namespace", good).expect(good);
            subdomain("--secret", good).expect(good);
        }
        subdomain("--secret", "a.b-c.d").expect("a subdomain");
        subdomain("--secret", &long).expect("a long subdomain");
        let quoted = "a\"\n  b: c";
        for bad in ["", "A", "a_b", "-a", "a-", "a b", "ä", "a.b", &long, quoted] {
            let told = label("--namespace", bad).expect_err(bad).to_string();
            assert!(told.starts_with("--namespace: "), "{told}");
            assert!(!told.contains('\n'), "{told}");
        }
        for bad in [
            "",
            "A",
            "a..b",
            ".a",
            "a.",
            "a.-b",
            &"a".repeat(254),
            quoted,
        ] {
            let told = subdomain("--secret", bad).expect_err(bad).to_string();
            assert!(told.starts_with("--secret: "), "{told}");
        }
        let digest = "r.example.com:5000/a/b_c:1.0@sha256:0123abcd";
        for good in ["backstop", "backstop:0.1.0", digest] {
            image(good).expect(good);
        }
        for bad in ["", "a b", "-a", ":1", "a:", "a\n", "a\"", "$(X)"] {
            image(bad).expect_err(bad);
        }
    }
}
