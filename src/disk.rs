//! The room on the data folder's disk: how much there is, and a ballast for when there is none.
//!
//! Uploads are refused before the disk is full, so that reading, erasing and the last
//! commits still work. It watches and says; it does not erase anything, and knows
//! nothing of databases.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use rustix::fs::{FallocateFlags, StatVfsMountFlags};

use crate::config;
use crate::stop::Stopping;

/// How often the disk is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// It is looked at sooner once so many bytes were written: a fast disk fills in less time.
const LOOK_AFTER_BYTES: u64 = 1024 * 1024;

/// The ballast's name in the data folder.
const BALLAST: &str = "ballast";

/// Above the mark by this part of it, uploads are taken again.
const HYSTERESIS: u64 = 8;

/// Whether there is room for more recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Room {
    /// There is.
    Enough,
    /// Too little: what is there can be read and erased.
    Low,
    /// Nothing can be written.
    ReadOnly,
}

/// The disk of a data folder. Clones share what is known of it.
#[derive(Clone)]
pub struct Disk(Arc<Shared>);

struct Shared {
    folder: PathBuf,
    /// The write-ahead log: folding it in takes as much room again.
    log: PathBuf,
    room: AtomicU8,
    /// Set while it is watched.
    settings: ArcSwapOption<config::Disk>,
    /// Bytes that were written since the last look.
    unseen: AtomicU64,
}

impl Disk {
    /// A disk that is believed to have room until it is looked at.
    pub fn of(folder: &Path, log: &Path) -> Self {
        Self::with(folder, log, Room::Enough)
    }

    /// A disk that nothing is to be written to.
    pub fn read_only(folder: &Path, log: &Path) -> Self {
        Self::with(folder, log, Room::ReadOnly)
    }

    fn with(folder: &Path, log: &Path, room: Room) -> Self {
        Self(Arc::new(Shared {
            folder: folder.to_owned(),
            log: log.to_owned(),
            room: AtomicU8::new(room as u8),
            settings: ArcSwapOption::empty(),
            unseen: AtomicU64::new(0),
        }))
    }

    /// Whether there is room, as of the last look.
    pub fn room(&self) -> Room {
        match self.0.room.load(Ordering::Relaxed) {
            0 => Room::Enough,
            1 => Room::Low,
            _ => Room::ReadOnly,
        }
    }

    /// To be told when a write found the disk full all the same: gives the ballast up.
    pub fn note_full(&self) {
        // Unless somebody looks again soon, it would stay so.
        if self.0.settings.load().is_some() && self.set(Room::Low) != Room::Low {
            tracing::warn!("the disk is full: uploads are refused");
        }
        if std::fs::remove_file(self.ballast()).is_ok() {
            tracing::warn!("the disk is full: the ballast is given up, so that something can be erased");
        }
    }

    /// To be told what was written, so that the mark is not overrun between two looks.
    pub fn note_written(&self, bytes: u64) {
        let settings = self.0.settings.load();
        let Some(settings) = settings.as_deref() else { return };
        if self.0.unseen.fetch_add(bytes, Ordering::Relaxed) + bytes > LOOK_AFTER_BYTES {
            self.look(settings);
        }
    }

    /// Looks at the disk by these settings from now on, if it is watched.
    pub fn set_settings(&self, settings: &config::Disk) {
        if self.0.settings.load().is_some() {
            self.0.settings.store(Some(Arc::new(settings.clone())));
        }
    }

    /// Looks at the disk until the server stops.
    pub async fn watch(self, settings: config::Disk, mut stopping: Stopping) {
        self.0.settings.store(Some(Arc::new(settings)));
        loop {
            let disk = self.clone();
            // Allocating a file may take a moment.
            let look = move || disk.0.settings.load_full().map(|settings| disk.tend(&settings));
            if tokio::task::spawn_blocking(look).await.is_err() {
                tracing::error!("looking at the disk panicked");
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = stopping.wait() => return,
            }
        }
    }

    /// Looks at the disk once, and makes the ballast where there is room well above the mark.
    pub fn tend(&self, settings: &config::Disk) {
        if let Some((free, mark)) = self.look(settings)
            && self.room() == Room::Enough
        {
            self.keep_ballast(settings.ballast_bytes, free, mark);
        }
    }

    /// Looks at the disk once; returns what is free there and the mark, in bytes.
    fn look(&self, settings: &config::Disk) -> Option<(u64, u64)> {
        self.0.unseen.store(0, Ordering::Relaxed);
        let stat = match rustix::fs::statvfs(&self.0.folder) {
            Ok(stat) => stat,
            Err(error) => {
                tracing::warn!(%error, "the room on the disk is not known");
                return None;
            }
        };
        let free = stat.f_bavail.saturating_mul(stat.f_frsize);
        let log_bytes = std::fs::metadata(&self.0.log).map_or(0, |log| log.len());
        let mark = settings.low_water_bytes.max(2 * log_bytes);
        let room = match stat.f_flag.contains(StatVfsMountFlags::RDONLY) {
            true => Room::ReadOnly,
            false => room(self.room(), free, mark),
        };
        if self.set(room) != room {
            say(room, free, mark);
        }
        Some((free, mark))
    }

    fn set(&self, room: Room) -> Room {
        let before = self.room();
        self.0.room.store(room as u8, Ordering::Relaxed);
        before
    }

    fn ballast(&self) -> PathBuf {
        self.0.folder.join(BALLAST)
    }

    fn keep_ballast(&self, wanted: u64, free: u64, mark: u64) {
        let there = std::fs::metadata(self.ballast()).map_or(0, |ballast| ballast.len());
        if there == wanted || (there < wanted && free.saturating_add(there) < 2 * mark + wanted) {
            return;
        }
        if let Err(error) = self.make_ballast(wanted) {
            tracing::debug!(%error, "no ballast is made");
            let _ = std::fs::remove_file(self.ballast());
        }
    }

    fn make_ballast(&self, bytes: u64) -> std::io::Result<()> {
        let path = self.ballast();
        if path.exists() {
            std::fs::remove_file(&path)?;
        }
        if bytes > 0 {
            rustix::fs::fallocate(File::create_new(&path)?, FallocateFlags::empty(), 0, bytes)?;
        }
        Ok(())
    }
}

fn room(before: Room, free: u64, mark: u64) -> Room {
    let enough = if before == Room::Low { mark.saturating_add(mark / HYSTERESIS) } else { mark };
    if free < enough { Room::Low } else { Room::Enough }
}

fn say(room: Room, free: u64, mark: u64) {
    match room {
        Room::Enough => tracing::info!(free, "there is room on the disk: uploads are taken"),
        Room::Low => tracing::warn!(free, mark, "the disk is nearly full: uploads are refused"),
        Room::ReadOnly => tracing::warn!("the disk is read-only: uploads are refused"),
    }
}

/// How many bytes can still be written to the disk that holds a folder, and how many it
/// has in all.
pub fn space(folder: &Path) -> std::io::Result<(u64, u64)> {
    let stat = rustix::fs::statvfs(folder)?;
    Ok((stat.f_bavail.saturating_mul(stat.f_frsize), stat.f_blocks.saturating_mul(stat.f_frsize)))
}

/// Makes what was created, renamed or removed in a folder survive a power cut.
pub fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The folder that a file stands in.
pub fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_has_more_room_than_is_free() {
        let folder = tempfile::tempdir().expect("a folder");
        let (free, total) = space(folder.path()).expect("the system says");
        assert!(0 < free && free <= total, "{free} of {total}");
        space(&folder.path().join("nowhere")).expect_err("there is no such folder");
    }

    #[test]
    fn uploads_are_taken_again_somewhat_above_the_mark() {
        for (before, free, then) in [
            (Room::Enough, 800, Room::Enough),
            (Room::Enough, 799, Room::Low),
            (Room::Low, 899, Room::Low),
            (Room::Low, 900, Room::Enough),
            (Room::ReadOnly, 800, Room::Enough),
        ] {
            assert_eq!(room(before, free, 800), then, "{before:?} with {free} free");
        }
    }

    #[test]
    fn the_ballast_is_made_given_up_and_made_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let disk = Disk::of(folder.path(), &folder.path().join("log"));
        let size = || std::fs::metadata(disk.ballast()).map(|ballast| ballast.len()).ok();
        let settings = |ballast_bytes| config::Disk { low_water_bytes: 4096, ballast_bytes };
        disk.tend(&settings(8192));
        assert_eq!((disk.room(), size()), (Room::Enough, Some(8192)));
        disk.note_full();
        assert_eq!((disk.room(), size()), (Room::Enough, None), "nobody watches it");
        disk.0.settings.store(Some(Arc::new(settings(4096))));
        disk.note_full();
        assert_eq!(disk.room(), Room::Low);
        disk.tend(&settings(4096));
        assert_eq!((disk.room(), size()), (Room::Enough, Some(4096)));
        disk.tend(&settings(0));
        assert_eq!(size(), None);
        disk.tend(&config::Disk { low_water_bytes: u64::MAX / 4, ballast_bytes: 1 });
        assert_eq!((disk.room(), size()), (Room::Low, None));
    }
}
