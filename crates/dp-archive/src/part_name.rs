//! File names under which Google delivers the parts of an export, also as browsers rename them.

const DAY_US: i64 = 86_400_000_000;

/// What the name of a part says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartName {
    /// Names the export: `takeout-20240516T230250Z`.
    pub(crate) export: String,
    /// When the export was made, in microseconds since 1970 UTC.
    pub(crate) exported_at_us: Option<i64>,
    /// Group number, in names given since 2025.
    pub(crate) group: Option<u32>,
    /// Number within the group, from 1.
    pub(crate) part: Option<u32>,
}

impl PartName {
    /// Reads a file or folder name; nothing if it does not begin as parts do.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let stem = without_copy_mark(without_extension(name));
        let head = stem.get(..24)?;
        let prefix = head.get(..8)?;
        let stamp = head.get(8..)?;
        if !prefix.eq_ignore_ascii_case("takeout-") {
            return None;
        }
        let bytes = stamp.as_bytes();
        let shaped = bytes.iter().enumerate().all(|(index, byte)| match index {
            8 => byte.eq_ignore_ascii_case(&b'T'),
            15 => byte.eq_ignore_ascii_case(&b'Z'),
            _ => byte.is_ascii_digit(),
        });
        if !shaped {
            return None;
        }
        let rest = &stem[24..];
        let numbers: Option<Vec<u32>> = rest.strip_prefix('-').map_or_else(
            || rest.is_empty().then(Vec::new),
            |numbers| numbers.split('-').map(|number| number.parse().ok()).collect(),
        );
        let (group, part) = match numbers.as_deref() {
            Some([part]) => (None, Some(*part)),
            Some([group, part]) => (Some(*group), Some(*part)),
            _ => (None, None),
        };
        let export = format!("takeout-{}", stamp.to_ascii_uppercase());
        Some(Self { export, exported_at_us: parse_stamp(stamp), group, part })
    }
}

/// The name without `.zip`, `.tgz`, `.tar.gz` or `.tar`.
pub(crate) fn without_extension(name: &str) -> &str {
    ARCHIVE_EXTENSIONS
        .iter()
        .find_map(|extension| {
            let cut = name.len().checked_sub(extension.len()).filter(|cut| *cut > 0)?;
            name.get(cut..)?.eq_ignore_ascii_case(extension).then(|| &name[..cut])
        })
        .unwrap_or(name)
}

/// Whether the name has the extension of an archive this crate opens.
pub(crate) fn has_archive_extension(name: &str) -> bool {
    without_extension(name).len() < name.len()
}

const ARCHIVE_EXTENSIONS: [&str; 4] = [".tar.gz", ".zip", ".tgz", ".tar"];

/// The stem without what browsers, Drive and file managers append to a second copy:
/// `(1)`, ` (2)`, ` 2`, ` copy`, ` - Copy`.
fn without_copy_mark(stem: &str) -> &str {
    let stem = stem.trim_end();
    let cut = if let Some(open) = stem.strip_suffix(')').and_then(|inner| inner.rfind('(')) {
        let digits = &stem[open + 1..stem.len() - 1];
        (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(open)
    } else {
        stem.rfind(' ').filter(|space| {
            let word = &stem[space + 1..];
            word.eq_ignore_ascii_case("copy") || word.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    match cut {
        Some(cut) if cut > 0 => without_copy_mark(stem[..cut].trim_end_matches([' ', '-'])),
        _ => stem,
    }
}

/// `20240516T230250Z` in microseconds since 1970 UTC, if it is a date.
fn parse_stamp(stamp: &str) -> Option<i64> {
    let number = |from: usize, to: usize| stamp.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let (hour, minute, second) = (number(9, 11)?, number(11, 13)?, number(13, 15)?);
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let month_days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=month_days).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = hour * 3600 + minute * 60 + second;
    Some(days_since_1970(year, month, day) * DAY_US + seconds * 1_000_000)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, counting years from March.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expected: Option<(&str, Option<u32>, Option<u32>)>) {
        let parsed = PartName::parse(name);
        let got = parsed.as_ref().map(|part| (part.export.as_str(), part.group, part.part));
        assert_eq!(got, expected, "{name}");
    }

    #[test]
    fn every_style_of_part_name_gives_export_group_and_number() {
        let old = "takeout-20240516T230250Z";
        let new = "takeout-20250921T101500Z";
        check("takeout-20240516T230250Z-001.zip", Some((old, None, Some(1))));
        check("takeout-20240516T230250Z-1042.zip", Some((old, None, Some(1042))));
        check("takeout-20250921T101500Z-3-009.zip", Some((new, Some(3), Some(9))));
        check("takeout-20250921T101500Z-001.tgz", Some((new, None, Some(1))));
        check("takeout-20250921T101500Z-1-002.tar.gz", Some((new, Some(1), Some(2))));
        check("takeout-20240516T230250Z-001(1).zip", Some((old, None, Some(1))));
        check("takeout-20240516T230250Z-001 (2).zip", Some((old, None, Some(1))));
        check("takeout-20240516T230250Z-001 copy.zip", Some((old, None, Some(1))));
        check("takeout-20240516T230250Z-001 - Copy (3).ZIP", Some((old, None, Some(1))));
        check("takeout-20240516T230250Z-001 2", Some((old, None, Some(1))));
        check("Takeout-20240516t230250z-001.zip", Some((old, None, Some(1))));
        check("takeout-20240516T230250Z (2).zip", Some((old, None, None)));
        check("takeout-20240516T230250Z-photos.zip", Some((old, None, None)));
        for other in [
            "takeout.zip",
            "takeout-2024.zip",
            "takeout-20240516T23025Z-001.zip",
            "täkeout-20240516T230250Z",
            "(1)",
            "",
        ] {
            check(other, None);
        }
    }

    #[test]
    fn time_of_the_export_comes_from_the_name() {
        let at = |name: &str| PartName::parse(name).and_then(|part| part.exported_at_us);
        assert_eq!(at("takeout-20240516T230250Z-001.zip"), Some(1_715_900_570_000_000));
        assert_eq!(at("takeout-20240229T000000Z-001.zip"), Some(1_709_164_800_000_000));
        assert_eq!(at("takeout-19700101T000000Z-001.zip"), Some(0));
        assert_eq!(at("takeout-20230229T000000Z-001.zip"), None);
        assert_eq!(at("takeout-20241301T000000Z-001.zip"), None);
    }
}
