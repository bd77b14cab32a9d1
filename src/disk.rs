//! The disk that the data stands on.

use std::path::Path;

/// How many bytes can still be written to the disk that holds a folder, and how many it
/// has in all. `None` when the system does not say.
pub fn disk_space(folder: &Path) -> Option<(u64, u64)> {
    let stat = rustix::fs::statvfs(folder).ok()?;
    Some((stat.f_bavail.saturating_mul(stat.f_frsize), stat.f_blocks.saturating_mul(stat.f_frsize)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_has_more_room_than_is_free() {
        let folder = tempfile::tempdir().expect("a folder");
        let (free, total) = disk_space(folder.path()).expect("the system says");
        assert!(0 < free && free <= total, "{free} of {total}");
        assert_eq!(disk_space(&folder.path().join("nowhere")), None);
    }
}
