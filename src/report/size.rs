//! A size in words.

/// Tells a size in the largest unit of which there is one, with one digit behind the point.
pub(crate) fn size(bytes: u64) -> String {
    let units = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
    for (power, unit) in units {
        if bytes >> power > 0 {
            let tenths = (u128::from(bytes) * 10) >> power;
            return match tenths % 10 {
                0 => format!("{} {unit}", tenths / 10),
                tenth => format!("{}.{tenth} {unit}", tenths / 10),
            };
        }
    }
    format!("{bytes} B")
}
