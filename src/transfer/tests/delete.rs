//! Deletes.

use backstop_contract::memory::MemoryOptions;
use backstop_contract::{Capability, DeleteOptions, ObjectStoreExt, Operation, PutOptions};

use super::troubled::{Trouble, Troubled};
use super::*;

#[tokio::test(start_paused = true)]
async fn a_lost_reply_to_a_delete_is_settled() {
    for (trouble, well) in [
        (Trouble::LostAfter(1), true),
        (Trouble::LostBefore(1), true),
        (Trouble::LostBefore(2), false),
    ] {
        for lacks in [Vec::new(), vec![Capability::DeleteAbsent]] {
            let options = MemoryOptions {
                lacks,
                ..MemoryOptions::default()
            };
            let whole = MemoryStore::with("b", options);
            let key = key();
            let put = whole.put(&key, "x".into(), PutOptions::default());
            put.await.expect("written");
            let store = Troubled::new(&whole, Operation::DeleteObject, trouble);
            let answer = store.delete_settled(&key, DeleteOptions::default()).await;
            assert_eq!(answer.is_ok(), well, "{trouble:?}: {answer:?}");
            assert_eq!(whole.contents().objects == 0, well, "{trouble:?}");
        }
    }
}
