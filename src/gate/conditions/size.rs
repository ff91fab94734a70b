//! `size`: is the backup as large as it has to be?

use crate::gate::asked::Asked;
use crate::gate::condition::{Answer, Condition};
use crate::gate::facts::{Facts, Previous, Way};
use crate::gate::words;

/// What is fixed about the condition.
pub(in crate::gate) static CONDITION: Condition = Condition {
    id: "size",
    on_request: false,
    docs: "\
## What it asks
Whether the backup is no smaller than `--min-size`, else than `min_size` of its kind in the \
configuration, and not smaller than the one before it by more than `--shrink`, 50% unless another is \
given. Where backups can be listed, that is the largest of the three before it: what was cut off and \
made again would else be compared with itself. Of one of ours that is asked for by `--backup` it is the \
one that its manifest names. A backup of no bytes is none, whatever is allowed.

## Why an upgrade depends on it
A dump that failed behind a pipe leaves an archive of 20 bytes, complete and with the right hash. It \
looks like every other backup, and is the newest.

## How it blocks
It fails where the backup is smaller than either limit, or empty.

## How to fix it
Look at the log of the program that makes the backup: it was probably cut off. Where the data really \
shrank, say by how much it may: `--shrink 90%`, or `--shrink 100%` for any.
",
    judge,
};

fn judge(asked: &Asked, facts: &Facts) -> Answer {
    let Some(found) = facts.candidate() else {
        return Answer::no_backup();
    };
    let told = words::size(found.bytes);
    if found.bytes == 0 {
        return Answer::fails("the backup has no bytes at all", LOOK);
    }
    if let Some(least) = asked.min_size.filter(|least| found.bytes < *least) {
        return Answer::fails(
            format!(
                "it has {told}, less than the {} it must have",
                words::size(least)
            ),
            LOOK,
        );
    }
    let Some(previous) = &found.previous else {
        let none = match found.way {
            Way::List => "there is none before it to compare with",
            Way::Pointer | Way::Id => "none before it is known to compare with",
        };
        return Answer::holds(format!("{told}; {none}"));
    };
    let Previous { id, bytes } = previous;
    let before = words::size(*bytes);
    if shrank(found.bytes, *bytes, asked.shrink_percent) {
        return Answer::fails(
            format!(
                "it has {told}, and {id} before it has {before}: more than {}% less",
                asked.shrink_percent
            ),
            format!("{LOOK} Where the data really shrank, say so with --shrink 90%."),
        );
    }
    Answer::holds(format!("{told}, {before} before"))
}

const LOOK: &str = "Look at the log of the program that makes the backup; it was probably cut off. Then \
                    make a new one.";

/// Returns whether a size lies more than so many percent under another.
fn shrank(bytes: u64, before: u64, percent: u8) -> bool {
    let kept = u128::from(100 - percent.min(100));
    u128::from(bytes) * 100 < u128::from(before) * kept
}

#[cfg(test)]
mod tests {
    use super::shrank;

    #[test]
    fn the_limit_itself_is_allowed() {
        for (bytes, before, percent, expected) in [
            (50, 100, 50, false),
            (49, 100, 50, true),
            (1, 100, 100, false),
            (99, 100, 0, true),
            (100, 100, 0, false),
            (u64::MAX / 2, u64::MAX, 49, true),
            (1, 0, 50, false),
        ] {
            assert_eq!(shrank(bytes, before, percent), expected, "{bytes} {before}");
        }
    }
}
