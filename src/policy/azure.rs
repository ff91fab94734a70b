//! The role definition of Azure, and its assignment.
//!
//! A role is assigned at the container. What lies below, a prefix, only a condition on the
//! assignment can name; its form is that of [Microsoft's own
//! examples](https://learn.microsoft.com/azure/storage/blobs/storage-auth-abac-examples).

use serde::Serialize;

use super::names::{CONTAINERS, actions};
use super::{Policy, Right, Step, UNPROVEN, Wanted, shell_word};
use crate::report::Access;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Role {
    name: String,
    is_custom: bool,
    description: String,
    actions: Vec<&'static str>,
    not_actions: [&'static str; 0],
    data_actions: Vec<&'static str>,
    not_data_actions: [&'static str; 0],
    assignable_scopes: [String; 1],
}

/// Where the account is; the words in capitals are to be replaced.
const GROUP: &str = "/subscriptions/SUBSCRIPTION_ID/resourceGroups/RESOURCE_GROUP";

/// Returns the role of a container, and how it is assigned.
pub(super) fn policy(wanted: &Wanted, account: &str, container: &str) -> Policy {
    let name = super::name(&format!("{account}-{container}"), wanted.access);
    let condition = condition(wanted);
    let role = role(wanted, &name, account, container);
    let scope = format!(
        "{GROUP}/providers/Microsoft.Storage/storageAccounts/{account}/blobServices/default/\
         containers/{container}"
    );
    Policy {
        document: super::pretty(&role),
        reasons: super::reasons(wanted),
        notes: notes(wanted, condition.is_some()),
        proof: UNPROVEN,
        steps: steps(
            wanted,
            &name,
            &scope,
            condition.is_some(),
            account,
            container,
        ),
        beside: condition.map(|text| ("condition.txt", text)),
        name,
    }
}

fn role(wanted: &Wanted, name: &str, account: &str, container: &str) -> Role {
    let (data_actions, actions) = granted(wanted)
        .into_iter()
        .partition(|action| is_data(action));
    Role {
        name: name.to_owned(),
        is_custom: true,
        description: format!(
            "What {} needs on the container {container} of {account}, and nothing more",
            wanted.access.name()
        ),
        actions,
        not_actions: [],
        data_actions,
        not_data_actions: [],
        assignable_scopes: [GROUP.to_owned()],
    }
}

/// Returns the actions that the access needs, each once.
fn granted(wanted: &Wanted) -> Vec<&'static str> {
    let mut granted = Vec::new();
    for right in wanted.rights() {
        for action in actions(&wanted.place, right) {
            if !granted.contains(action) {
                granted.push(*action);
            }
        }
    }
    granted
}

/// Returns whether an action is one on data: those on containers are not.
fn is_data(action: &str) -> bool {
    action
        .strip_prefix(CONTAINERS)
        .is_some_and(|end| end.starts_with("blobs/"))
}

/// Returns the condition that holds the assignment to the prefix, where there is one and it can be
/// written.
fn condition(wanted: &Wanted) -> Option<String> {
    let prefix = wanted.prefix.as_str();
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/-_. +=@,:".contains(letter);
    if prefix.is_empty() || !prefix.chars().all(plain) {
        return None;
    }
    let read = format!("{CONTAINERS}blobs/read");
    let granted = granted(wanted);
    let mut tests: Vec<String> = granted
        .iter()
        .filter(|action| is_data(action) && **action != read)
        .map(|action| format!("!(ActionMatches{{'{action}'}})"))
        .collect();
    let reads = granted.contains(&read.as_str());
    if reads {
        tests.insert(
            0,
            format!("!(ActionMatches{{'{read}'}} AND NOT SubOperationMatches{{'Blob.List'}})"),
        );
    }
    let path = format!("@Resource[{CONTAINERS}blobs:path] StringStartsWith '{prefix}'");
    let mut text = clause(&tests, &path);
    if reads {
        let lists = format!("!(ActionMatches{{'{read}'}} AND SubOperationMatches{{'Blob.List'}})");
        let asked = format!("@Request[{CONTAINERS}blobs:prefix] StringStartsWith '{prefix}'");
        text.push_str("AND\n");
        text.push_str(&clause(&[lists], &asked));
    }
    Some(text)
}

/// Writes that none of the actions is asked for, or the attribute fits.
fn clause(tests: &[String], fits: &str) -> String {
    let tests = tests.join("\n  AND\n  ");
    format!("(\n (\n  {tests}\n )\n OR\n (\n  {fits}\n )\n)\n")
}

fn notes(wanted: &Wanted, bound: bool) -> Vec<String> {
    let mut notes = wanted.notes();
    if !wanted.prefix.as_str().is_empty() && !bound {
        notes.push(
            "A role ends at the container, and the prefix has characters that a condition cannot \
             be trusted with: the role reaches the whole container."
                .to_owned(),
        );
    } else if !bound {
        notes.push("A role ends at the container.".to_owned());
    }
    if wanted.rights().contains(&Right::Get) && !wanted.rights().contains(&Right::List) {
        notes.push("On Azure, who may read blobs may list them too.".to_owned());
    }
    if wanted.posture {
        notes.push(
            "What the account says for all its containers, its soft delete and its lifecycle, is \
             read with blobServices/read and managementPolicies/read on the account, which no role \
             at the container has."
                .to_owned(),
        );
    }
    notes.push(match wanted.access {
        Access::Full => "The built-in role Storage Blob Data Contributor fits too.".to_owned(),
        Access::ReadOnly => "The built-in role Storage Blob Data Reader fits too.".to_owned(),
        _ => "Of the built-in roles Storage Blob Data Contributor would do, but it may delete."
            .to_owned(),
    });
    notes.push(
        "A new assignment may take ten minutes to arrive: verify with --wait 10m.".to_owned(),
    );
    notes
}

fn steps(
    wanted: &Wanted,
    name: &str,
    scope: &str,
    bound: bool,
    account: &str,
    container: &str,
) -> Vec<Step> {
    let mut assign = format!(
        "az role assignment create --assignee-object-id OBJECT_ID --assignee-principal-type \
         ServicePrincipal --role {name} --scope {}",
        shell_word(scope)
    );
    if bound {
        assign.push_str(" --condition \"$(cat ");
        assign.push_str(name);
        assign.push_str(".condition.txt)\" --condition-version 2.0");
    }
    let sas = signature(wanted);
    vec![
        Step {
            comment: "Creates the role and assigns it at the container.".to_owned(),
            commands: vec![
                format!("az role definition create --role-definition {name}.json"),
                assign,
            ],
        },
        Step {
            comment: format!(
                "Or, in place of a role, a shared access signature with sp={sas}; it knows no \
                 prefix."
            ),
            commands: vec![format!(
                "az storage container generate-sas --account-name {account} --name {} \
                 --permissions {sas} --expiry YYYY-MM-DDTHH:MMZ --https-only --as-user \
                 --auth-mode login",
                shell_word(container)
            )],
        },
    ]
}

/// Returns the permissions of a shared access signature, in the order that the service asks for.
fn signature(wanted: &Wanted) -> String {
    const LETTERS: [(Right, char); 5] = [
        (Right::Get, 'r'),
        (Right::Put, 'w'),
        (Right::Delete, 'd'),
        (Right::DeleteVersion, 'x'),
        (Right::List, 'l'),
    ];
    let rights = wanted.rights();
    let granted = LETTERS.iter().filter(|(right, _)| rights.contains(right));
    granted.map(|(_, letter)| letter).collect()
}

#[cfg(test)]
mod tests {
    use backstop_contract::KeyPrefix;

    use super::*;
    use crate::policy::Place;

    fn wanted(access: Access, prefix: &str) -> Wanted {
        Wanted {
            place: Place::Azure {
                account: "acme".to_owned(),
                container: "backups".to_owned(),
            },
            prefix: KeyPrefix::new(prefix).expect("prefix"),
            folder: ".backstop".to_owned(),
            access,
            kms_key: None,
            versioned: false,
            posture: false,
        }
    }

    #[test]
    fn every_access_has_its_letters_and_its_actions() {
        for (access, letters, ends) in [
            (Access::Full, "rwdl", &["read", "write", "delete"][..]),
            (Access::PutGet, "rw", &["write", "read"]),
            (Access::PutOnly, "w", &["write"]),
            (Access::AppendOnly, "rwl", &["read", "write"]),
            (Access::ReadOnly, "rl", &["read"]),
        ] {
            let wanted = wanted(access, "");
            assert_eq!(signature(&wanted), letters, "{access:?}");
            let mut granted: Vec<_> = granted(&wanted)
                .iter()
                .filter_map(|action| action.rsplit('/').next())
                .collect();
            granted.sort_unstable();
            let mut ends = ends.to_vec();
            ends.sort_unstable();
            assert_eq!(granted, ends, "{access:?}");
        }
        let mut versioned = wanted(Access::Full, "");
        versioned.versioned = true;
        assert_eq!(signature(&versioned), "rwdxl");
    }

    #[test]
    fn a_prefix_binds_what_is_granted_and_nothing_else() {
        let text = condition(&wanted(Access::PutOnly, "pre")).expect("a condition");
        assert_eq!(
            text,
            "(\n (\n  !(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/\
             blobs/write'})\n )\n OR\n (\n  @Resource[Microsoft.Storage/storageAccounts/\
             blobServices/containers/blobs:path] StringStartsWith 'pre/'\n )\n)\n"
        );
        let text = condition(&wanted(Access::Full, "pre")).expect("a condition");
        assert!(
            text.contains("NOT SubOperationMatches{'Blob.List'}"),
            "{text}"
        );
        assert!(
            text.contains("blobs:prefix] StringStartsWith 'pre/'"),
            "{text}"
        );
        assert!(text.contains("blobs/delete'"), "{text}");
        assert_eq!(condition(&wanted(Access::Full, "")), None);
        for prefix in ["it's", "a*b", "${x}"] {
            let wanted = wanted(Access::Full, prefix);
            assert_eq!(condition(&wanted), None, "{prefix}");
            let notes = wanted.policy().notes.join(" ");
            assert!(notes.contains("the whole container"), "{notes}");
        }
    }

    #[test]
    fn questions_are_no_actions_on_data() {
        let mut asks = wanted(Access::ReadOnly, "");
        asks.posture = true;
        let document = asks.policy().document;
        let document: serde_json::Value = serde_json::from_str(&document).expect("json");
        assert_eq!(
            document["Actions"],
            serde_json::json!([format!("{CONTAINERS}read")])
        );
        assert_eq!(
            document["DataActions"],
            serde_json::json!([format!("{CONTAINERS}blobs/read")])
        );
    }
}
