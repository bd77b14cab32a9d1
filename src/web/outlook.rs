//! How long the room for recordings lasts, in a sentence.

use super::format;

/// Beyond this a number of days says nothing.
const FAR_DAYS: i64 = 3650;

/// What the future is told from. All in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// What recordings grow by in a day, before anything is erased.
    pub per_day: i64,
    /// What they take now.
    pub taken: i64,
    /// What they will take when retention erases as much as comes; `None` when some are kept for ever.
    pub levels_at: Option<i64>,
    /// What the disk takes until uploads are refused, if that is known.
    pub disk_room: Option<i64>,
    /// The size that the database may have, with what is left of it.
    pub budget: Option<(i64, i64)>,
}

impl Outlook {
    /// What will happen first, and when.
    pub fn sentence(&self) -> String {
        let budget_room = self.budget.map(|(_, room)| room);
        let limit = self.budget.map(|(budget, _)| format::bytes(budget)).unwrap_or_default();
        let room = self.disk_room.into_iter().chain(budget_room).min();
        if self.disk_room.is_some_and(|room| room <= 0) {
            return "The disk is full: nothing more is recorded until there is room on it.".to_owned();
        }
        if budget_room.is_some_and(|room| room <= 0) {
            return format!("The limit of {limit} is reached: the oldest sessions make room for new ones.");
        }
        if self.per_day <= 0 {
            return "Nothing was recorded in the last 7 days.".to_owned();
        }
        let Some(room) = room else {
            return "How much room the disk has is not known.".to_owned();
        };
        if let Some(level) = self.levels_at.filter(|level| level.saturating_sub(self.taken) <= room) {
            let level = format::bytes(level);
            return format!("At this pace recordings level off at about {level}, for which there is room.");
        }
        let days = in_days(room / self.per_day);
        if budget_room == Some(room) {
            format!(
                "At this pace the limit of {limit} is reached {days}; from then on the oldest sessions make room for new ones."
            )
        } else {
            format!("At this pace the disk is full {days}.")
        }
    }
}

fn in_days(days: i64) -> String {
    match days {
        ..=0 => "within a day".to_owned(),
        days if days > FAR_DAYS => "in more than 10 years".to_owned(),
        days => format!("in {}", format::count(days, "day")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: i64 = 1_000_000_000;

    #[test]
    fn what_comes_first_is_told() {
        let pace =
            Outlook { per_day: GB, taken: 10 * GB, levels_at: None, disk_room: Some(212 * GB), budget: None };
        for (outlook, sentence) in [
            (pace, "At this pace the disk is full in 212 days."),
            (Outlook { disk_room: Some(GB - 1), ..pace }, "At this pace the disk is full within a day."),
            (Outlook { disk_room: Some(GB), ..pace }, "At this pace the disk is full in 1 day."),
            (Outlook { per_day: 1, ..pace }, "At this pace the disk is full in more than 10 years."),
            (Outlook { per_day: 0, ..pace }, "Nothing was recorded in the last 7 days."),
            (
                Outlook { disk_room: Some(-1), per_day: 0, ..pace },
                "The disk is full: nothing more is recorded until there is room on it.",
            ),
            (Outlook { disk_room: None, ..pace }, "How much room the disk has is not known."),
            (
                Outlook { budget: Some((20 * GB, 10 * GB)), ..pace },
                "At this pace the limit of 20.0 GB is reached in 10 days; from then on the oldest sessions make room for new ones.",
            ),
            (
                Outlook { budget: Some((2000 * GB, 1990 * GB)), ..pace },
                "At this pace the disk is full in 212 days.",
            ),
            (
                Outlook { budget: Some((10 * GB, 0)), ..pace },
                "The limit of 10.0 GB is reached: the oldest sessions make room for new ones.",
            ),
            (
                Outlook { levels_at: Some(30 * GB), ..pace },
                "At this pace recordings level off at about 30.0 GB, for which there is room.",
            ),
            (Outlook { levels_at: Some(300 * GB), ..pace }, "At this pace the disk is full in 212 days."),
        ] {
            assert_eq!(outlook.sentence(), sentence, "{outlook:?}");
        }
    }
}
