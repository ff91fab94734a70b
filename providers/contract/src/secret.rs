//! A secret that cannot be printed by accident.

use zeroize::Zeroizing;

/// A secret text, wiped from memory when dropped.
///
/// It has no `Debug`, `Display` or `Serialize`: whatever holds one must say in code how it prints
/// itself without it.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a secret.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Returns the secret's text, to be handed to a provider and to nobody else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}
