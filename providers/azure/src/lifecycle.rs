//! Reads the rules of a storage account that act by age.
//!
//! See <https://learn.microsoft.com/azure/storage/blobs/lifecycle-management-policy-structure>.

use backstop_contract::{After, LifecycleEffect, LifecycleRule};
use serde_json::Value;

/// What a rule does to a blob itself, and whether the blob must be fetched back afterwards.
const MOVES: [(&str, &str, bool); 4] = [
    ("tierToCool", "Cool", false),
    ("tierToCold", "Cold", false),
    ("tierToArchive", "Archive", true),
    ("tierToHot", "Hot", false),
];

/// Reads the rules for one container out of a management policy; their prefixes are those of its
/// blobs. Absent where it is no such policy.
pub(crate) fn rules(policy: &Value, container: &str) -> Option<Vec<LifecycleRule>> {
    let all = policy["properties"]["policy"]["rules"].as_array()?;
    let enabled = all.iter().filter(|rule| rule["enabled"] != false);
    Some(enabled.flat_map(|rule| of_rule(rule, container)).collect())
}

fn of_rule(rule: &Value, container: &str) -> Vec<LifecycleRule> {
    let definition = &rule["definition"];
    let filters = &definition["filters"];
    let tagged = filters["blobIndexMatch"]
        .as_array()
        .is_some_and(|tags| !tags.is_empty());
    let prefixes = prefixes(&filters["prefixMatch"], container);
    let effects = effects(&definition["actions"]);
    let mut found = Vec::new();
    for prefix in prefixes {
        for (effect, days) in &effects {
            found.push(LifecycleRule {
                id: rule["name"].as_str().unwrap_or_default().to_owned(),
                prefix: prefix.clone(),
                tagged,
                effect: effect.clone(),
                after: After::Days(*days),
            });
        }
    }
    found
}

/// Returns how the blobs of the container begin that a rule is for: its prefixes begin with the
/// container's name, or with a part of it.
fn prefixes(matched: &Value, container: &str) -> Vec<String> {
    let Some(matched) = matched.as_array().filter(|all| !all.is_empty()) else {
        return vec![String::new()];
    };
    let matched = matched.iter().filter_map(Value::as_str);
    let inside = matched.filter_map(|text| match text.split_once('/') {
        Some((name, prefix)) => (name == container).then(|| prefix.to_owned()),
        None => container.starts_with(text).then(String::new),
    });
    inside.collect()
}

fn effects(actions: &Value) -> Vec<(LifecycleEffect, u32)> {
    let blob = &actions["baseBlob"];
    let mut found = Vec::new();
    found.extend(days(&blob["delete"]).map(|days| (LifecycleEffect::Expires, days)));
    for (action, class, offline) in MOVES {
        let moves = LifecycleEffect::Moves {
            class: class.to_owned(),
            offline,
        };
        found.extend(days(&blob[action]).map(|days| (moves, days)));
    }
    let earlier = days(&actions["version"]["delete"]);
    found.extend(earlier.map(|days| (LifecycleEffect::ExpiresEarlier, days)));
    found
}

/// Returns after how many days an action is taken: a backup is written once and read never, so all
/// ages are counted from the same moment.
fn days(action: &Value) -> Option<u32> {
    let ages = [
        "daysAfterModificationGreaterThan",
        "daysAfterCreationGreaterThan",
        "daysAfterLastAccessTimeGreaterThan",
    ];
    let days = ages.iter().find_map(|age| action[*age].as_f64())?;
    // The service writes whole numbers as 30.0.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "days are few, and never negative"
    )]
    Some(days.clamp(0.0, 1e6) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the documentation, with a rule that is switched off and one for another
    /// container.
    const POLICY: &str = r#"{
      "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a/managementPolicies/default",
      "name": "DefaultManagementPolicy",
      "properties": { "policy": { "rules": [
        { "enabled": true, "name": "old", "type": "Lifecycle", "definition": {
            "filters": { "blobTypes": ["blockBlob"], "prefixMatch": ["backups/production", "sample/x"] },
            "actions": { "baseBlob": {
                "tierToCool": { "daysAfterModificationGreaterThan": 30.0 },
                "tierToArchive": { "daysAfterModificationGreaterThan": 90 },
                "delete": { "daysAfterModificationGreaterThan": 2555 } },
              "version": { "delete": { "daysAfterCreationGreaterThan": 90 } } } } },
        { "enabled": false, "name": "off", "type": "Lifecycle", "definition": {
            "actions": { "baseBlob": { "delete": { "daysAfterModificationGreaterThan": 1 } } } } },
        { "name": "all", "type": "Lifecycle", "definition": {
            "filters": { "blobTypes": ["blockBlob"], "blobIndexMatch": [{ "name": "t", "op": "==", "value": "v" }] },
            "actions": { "baseBlob": { "delete": { "daysAfterLastAccessTimeGreaterThan": 7 } } } } }
      ] } } }"#;

    #[test]
    fn rules_are_those_of_the_container() {
        let policy: Value = serde_json::from_str(POLICY).expect("JSON");
        let told = |container| {
            let rules = rules(&policy, container).expect("a policy");
            let told = rules.into_iter().map(|rule| {
                let After::Days(days) = rule.after else {
                    return String::new();
                };
                let LifecycleRule {
                    id,
                    prefix,
                    tagged,
                    effect,
                    ..
                } = rule;
                format!("{id} {prefix:?} {tagged} {effect:?} {days}")
            });
            told.collect::<Vec<_>>()
        };
        assert_eq!(
            told("backups"),
            [
                "old \"production\" false Expires 2555",
                "old \"production\" false Moves { class: \"Cool\", offline: false } 30",
                "old \"production\" false Moves { class: \"Archive\", offline: true } 90",
                "old \"production\" false ExpiresEarlier 90",
                "all \"\" true Expires 7",
            ]
        );
        assert_eq!(told("other"), ["all \"\" true Expires 7"]);
        assert_eq!(rules(&Value::Null, "backups"), None);
    }
}
