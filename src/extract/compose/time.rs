//! Unquoted points in time: a YAML 1.1 type that compose's reader still knows → how compose prints it.

/// What compose prints of a date, or a date with a time, in the forms that its reader takes for one.
pub(super) fn printed(text: &str) -> Option<String> {
    let end = text.find(['T', 't', ' ']).unwrap_or(text.len());
    let date = date(&text[..end])?;
    let Some(separator) = text[end..].chars().next() else { return Some(format!("{date} 00:00:00 +0000 UTC")) };
    let rest = &text[end + 1..];
    // Behind a blank no zone may stand, behind a letter one must.
    let (clock, zone) = match rest.find(['Z', '+', '-']) {
        Some(at) if separator != ' ' => (&rest[..at], zone(&rest[at..])?),
        None if separator == ' ' => (rest, "+0000 UTC".to_owned()),
        _ => return None,
    };
    Some(format!("{date} {} {zone}", time(clock)?))
}

fn date(text: &str) -> Option<String> {
    let [year, month, day] = numbers(text, '-', 3)?.try_into().ok()?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let four = text.split('-').next()?.len() == 4;
    (four && (1..=days).contains(&day)).then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// `15:4:5.25`; a fraction is printed without the zeros at its end.
fn time(text: &str) -> Option<String> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let [hour, minute, second] = numbers(clock, ':', 3)?.try_into().ok()?;
    if hour > 23 || minute > 59 || second > 59 || fraction.is_empty() || !is_digits(fraction) {
        return None;
    }
    let fraction = fraction[..fraction.len().min(NANOSECONDS)].trim_end_matches('0');
    let dot = if fraction.is_empty() { "" } else { "." };
    Some(format!("{hour:02}:{minute:02}:{second:02}{dot}{fraction}"))
}

/// `Z`, `+02:00`.
fn zone(text: &str) -> Option<String> {
    if text == "Z" {
        return Some("+0000 UTC".to_owned());
    }
    let (sign, offset) = text.split_at_checked(1)?;
    let (hours, minutes) = offset.split_once(':')?;
    let valid = [hours, minutes].iter().all(|part| part.len() == 2 && is_digits(part));
    match (valid, format!("{sign}{hours}{minutes}")) {
        (true, offset) if offset[1..] == *"0000" => Some("+0000 UTC".to_owned()),
        (true, offset) => Some(format!("{offset} {offset}")),
        _ => None,
    }
}

/// Numbers of at most two digits, but for the first, which may be a year.
fn numbers(text: &str, separator: char, count: usize) -> Option<Vec<u32>> {
    let parts: Vec<&str> = text.split(separator).collect();
    let fits = |(at, part): (usize, &&str)| is_digits(part) && part.len() <= if at == 0 { 4 } else { 2 };
    let valid = parts.len() == count && parts.iter().enumerate().all(fits);
    valid.then(|| parts.iter().filter_map(|part| part.parse().ok()).collect())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Digits of a fraction that count.
const NANOSECONDS: usize = 9;

#[cfg(test)]
mod tests {
    use super::printed;

    #[test]
    fn points_in_time_are_printed_as_compose_does() {
        for (text, expected) in [
            ("2001-1-31", "2001-01-31 00:00:00 +0000 UTC"),
            ("2024-02-29", "2024-02-29 00:00:00 +0000 UTC"),
            ("2001-01-31T01:02:03Z", "2001-01-31 01:02:03 +0000 UTC"),
            ("2001-01-31t01:02:03.5+02:00", "2001-01-31 01:02:03.5 +0200 +0200"),
            ("2001-1-3 1:2:3", "2001-01-03 01:02:03 +0000 UTC"),
            ("2001-01-31 1:2:3.10", "2001-01-31 01:02:03.1 +0000 UTC"),
            ("2001-01-31T01:02:03-05:30", "2001-01-31 01:02:03 -0530 -0530"),
        ] {
            assert_eq!(printed(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_close_stays_a_string() {
        for text in [
            "2023-02-29",
            "2001-13-01",
            "2001-01",
            "2001-01-01-1",
            "20x1-01-01",
            "01-01-2001",
            "",
            "2001-01-31T01:02",
            "2001-01-31T01:02:03",
            "2001-01-31 01:02:03 +01:00",
            "2001-01-31T25:02:03Z",
            "2001-01-31 1:2:3.",
        ] {
            assert_eq!(printed(text), None, "{text}");
        }
    }
}
