//! Mappings that come with the product; an administrator copies and changes them.

/// A mapping that comes with the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shipped {
    /// Its name.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! shipped_files {
    ($($name:literal),+ $(,)?) => {
        &[$(Shipped {
            name: $name,
            text: include_str!(concat!("../../../config/mappings/", $name, ".toml")),
        }),+]
    };
}

const SHIPPED: &[Shipped] = shipped_files![
    "1c-clients",
    "1c-loans",
    "1c-payments",
    "1c-schedules",
    "berka-clients",
    "berka-clients-iso",
    "berka-loans",
    "berka-orders",
    "berka-payments",
    "egrul-organisations",
    "lendingclub-loans",
];

/// All mappings that come with the product, by name.
#[must_use]
pub const fn shipped() -> &'static [Shipped] {
    SHIPPED
}

/// One of them.
#[must_use]
pub fn shipped_named(name: &str) -> Option<&'static Shipped> {
    SHIPPED.iter().find(|mapping| mapping.name == name)
}
