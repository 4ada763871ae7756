//! Figures and what stands at them, in words: amounts of money, years, times
//! of day, units, ranges, versions.

use crate::numbers;

/// Units after a number: as written, one, many.
const UNITS: [(&str, &str, &str); 34] = [
    ("ns", "nanosecond", "nanoseconds"),
    ("us", "microsecond", "microseconds"),
    ("ms", "millisecond", "milliseconds"),
    ("s", "second", "seconds"),
    ("sec", "second", "seconds"),
    ("min", "minute", "minutes"),
    ("h", "hour", "hours"),
    ("hr", "hour", "hours"),
    ("hrs", "hour", "hours"),
    ("d", "day", "days"),
    ("B", "byte", "bytes"),
    ("KB", "kilobyte", "kilobytes"),
    ("kB", "kilobyte", "kilobytes"),
    ("MB", "megabyte", "megabytes"),
    ("GB", "gigabyte", "gigabytes"),
    ("TB", "terabyte", "terabytes"),
    ("PB", "petabyte", "petabytes"),
    ("KiB", "kibibyte", "kibibytes"),
    ("MiB", "mebibyte", "mebibytes"),
    ("GiB", "gibibyte", "gibibytes"),
    ("Mbps", "megabit per second", "megabits per second"),
    ("Gbps", "gigabit per second", "gigabits per second"),
    ("Hz", "hertz", "hertz"),
    ("kHz", "kilohertz", "kilohertz"),
    ("MHz", "megahertz", "megahertz"),
    ("GHz", "gigahertz", "gigahertz"),
    ("m", "meter", "meters"),
    ("mm", "millimeter", "millimeters"),
    ("cm", "centimeter", "centimeters"),
    ("km", "kilometer", "kilometers"),
    ("kg", "kilogram", "kilograms"),
    ("px", "pixel", "pixels"),
    ("rps", "request per second", "requests per second"),
    ("qps", "query per second", "queries per second"),
];

/// Everything that is a number with something at it.
pub(super) fn numeric(core: &str) -> Option<String> {
    if !core.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    for (mark, before) in [
        ("~", "about "),
        ("<=", "at most "),
        (">=", "at least "),
        ("<", "less than "),
        (">", "more than "),
        ("#", "number "),
        ("+", "plus "),
        ("-", "minus "),
    ] {
        if let Some(rest) = core.strip_prefix(mark) {
            return numeric(rest).map(|said| format!("{before}{said}"));
        }
    }
    for (mark, one, many) in [
        ("$", "dollar", "dollars"),
        ("\u{20ac}", "euro", "euros"),
        ("\u{a3}", "pound", "pounds"),
    ] {
        if let Some(rest) = core.strip_prefix(mark) {
            return money(rest, one, many);
        }
    }
    year(core)
        .or_else(|| numbers::number(core))
        .or_else(|| time(core))
        .or_else(|| with_ending(core))
        .or_else(|| range(core))
        .or_else(|| version(core))
}

fn money(amount: &str, one: &str, many: &str) -> Option<String> {
    let (amount, scale) = scaled(amount);
    let words = match amount.split_once('.') {
        Some((whole, cents)) if cents.len() == 2 && scale.is_empty() => {
            let whole = numbers::number(whole)?;
            let cents = numbers::number(cents.trim_start_matches('0'));
            return Some(match cents {
                Some(cents) => format!("{whole} {many} {cents}"),
                None => format!("{whole} {many}"),
            });
        }
        _ => numbers::number(amount)?,
    };
    let unit = if amount == "1" && scale.is_empty() {
        one
    } else {
        many
    };
    Some(format!("{words}{scale} {unit}"))
}

/// `5k`, `3M`, `2B` as an amount and the word for its scale.
fn scaled(amount: &str) -> (&str, &'static str) {
    for (mark, scale) in [
        ("k", " thousand"),
        ("K", " thousand"),
        ("M", " million"),
        ("bn", " billion"),
        ("B", " billion"),
    ] {
        if let Some(rest) = amount.strip_suffix(mark) {
            return (rest, scale);
        }
    }
    (amount, "")
}

fn year(core: &str) -> Option<String> {
    let digits = core.len() == 4 && core.bytes().all(|b| b.is_ascii_digit());
    let n: u64 = core.parse().ok().filter(|_| digits)?;
    (1900..2100).contains(&n).then(|| numbers::year(n))
}

/// `10:30`, `9am`, `10:30pm`.
fn time(core: &str) -> Option<String> {
    let lower = core.to_ascii_lowercase();
    let (clock, half) = match (lower.strip_suffix("am"), lower.strip_suffix("pm")) {
        (Some(clock), _) => (clock, " A M"),
        (_, Some(clock)) => (clock, " P M"),
        _ => (&*lower, ""),
    };
    let (hour, minute) = match clock.split_once(':') {
        Some((hour, minute)) if minute.len() == 2 => (hour, minute.parse::<u64>().ok()?),
        None if !half.is_empty() => (clock, 0),
        _ => return None,
    };
    let hour: u64 = hour.parse().ok().filter(|h| *h < 25)?;
    let minutes = match minute {
        0 if half.is_empty() => " o'clock".to_owned(),
        0 => String::new(),
        1..=9 => format!(" oh {}", numbers::cardinal(minute)),
        10..60 => format!(" {}", numbers::cardinal(minute)),
        _ => return None,
    };
    Some(format!("{}{minutes}{half}", numbers::cardinal(hour)))
}

/// `5%`, `21st`, `1990s`, `3x`, `10k`, `300ms`, `5+`.
fn with_ending(core: &str) -> Option<String> {
    let at = core.rfind(|c: char| c.is_ascii_digit())? + 1;
    let (amount, ending) = core.split_at(at);
    if let (Some((low, high)), false) = (amount.split_once('-'), ending.is_empty()) {
        // "5-10%", "2-3x"
        let low = numbers::number(low)?;
        return Some(format!(
            "{low} to {}",
            with_ending(&format!("{high}{ending}"))?
        ));
    }
    let said = numbers::number(amount)?;
    let whole = amount.replace(',', "").parse::<u64>();
    Some(match (ending, whole) {
        ("%", _) => format!("{said} percent"),
        ("+", _) => format!("{said} plus"),
        ("x" | "X", _) => format!("{said} times"),
        ("st" | "nd" | "rd" | "th", Ok(n)) => numbers::ordinal(n),
        ("s", Ok(n)) if n % 10 == 0 && (n >= 1900 || (20..100).contains(&n)) => numbers::decade(n),
        ("k" | "K", _) => format!("{said} thousand"),
        ("M", _) => format!("{said} million"),
        ("bn", _) => format!("{said} billion"),
        (ending, _) => format!("{said} {}", unit(ending, amount == "1")?),
    })
}

pub(super) fn unit(text: &str, one: bool) -> Option<String> {
    if let Some((over, per)) = text.split_once('/') {
        return Some(format!("{} per {}", unit(over, one)?, unit(per, true)?));
    }
    let (_, single, many) = UNITS.iter().find(|(written, ..)| *written == text)?;
    Some((if one { single } else { many }).to_string())
}

/// `3-5`, `2019-2021`, `1/2`, `2024-05-01`.
fn range(core: &str) -> Option<String> {
    let say = |s: &str| year(s).or_else(|| numbers::number(s));
    let parts: Vec<&str> = core.split('-').collect();
    match parts[..] {
        [y, m, d] if y.len() == 4 && m.len() == 2 && d.len() == 2 => {
            const MONTHS: [&str; 12] = [
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ];
            let month = MONTHS.get(m.parse::<usize>().ok()?.checked_sub(1)?)?;
            let day = d.parse::<u64>().ok().filter(|d| (1..32).contains(d))?;
            Some(format!("{month} {}, {}", numbers::ordinal(day), say(y)?))
        }
        [low, high] => Some(format!("{} to {}", say(low)?, say(high)?)),
        _ => {
            let (top, bottom) = core.split_once('/')?;
            Some(match (top, bottom) {
                ("1", "2") => "one half".to_owned(),
                ("1", "4") => "one quarter".to_owned(),
                ("3", "4") => "three quarters".to_owned(),
                _ => format!("{} over {}", say(top)?, say(bottom)?),
            })
        }
    }
}

/// `v1.2.3`, `3.11.2`, `v2`.
fn version(core: &str) -> Option<String> {
    let (before, rest) = match core.strip_prefix(['v', 'V']) {
        Some(rest) => ("version ", rest),
        None => ("", core),
    };
    let parts: Option<Vec<String>> = rest.split('.').map(numbers::number).collect();
    Some(format!("{before}{}", parts?.join(" point ")))
}
