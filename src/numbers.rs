//! Numbers as words, the way they are said in American English: said for
//! figures, and told from other words.

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] = [
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];
const SCALES: [(u64, &str); 4] = [
    (1_000_000_000_000, "trillion"),
    (1_000_000_000, "billion"),
    (1_000_000, "million"),
    (1_000, "thousand"),
];

/// The number that one word stands for, from "zero" to "nineteen" and the
/// tens up to "ninety". Lower case.
pub(crate) fn value(word: &str) -> Option<u64> {
    let place = |words: &[&str]| words.iter().position(|w| *w == word);
    if word.is_empty() {
        return None;
    }
    let n = place(&SMALL).or_else(|| Some(place(&TENS)? * 10))?;
    Some(n as u64)
}

/// Whether a word, in lower case, is one of those that numbers are made of
/// ("seven", "hundred").
pub(crate) fn is_word(word: &str) -> bool {
    value(word).is_some()
        || matches!(word, "hundred" | "dozen")
        || SCALES.iter().any(|(_, name)| *name == word)
}

/// `1234` as "one thousand two hundred thirty four".
pub(crate) fn cardinal(n: u64) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut rest = n;
    for (scale, name) in SCALES {
        if rest >= scale {
            words.push(cardinal(rest / scale));
            words.push(name.to_owned());
            rest %= scale;
        }
    }
    if rest >= 100 {
        words.push(SMALL[(rest / 100) as usize].to_owned());
        words.push("hundred".to_owned());
        rest %= 100;
    }
    if rest >= 20 {
        words.push(TENS[(rest / 10) as usize].to_owned());
        rest %= 10;
        if rest > 0 {
            words.push(SMALL[rest as usize].to_owned());
        }
    } else if rest > 0 || n == 0 {
        words.push(SMALL[rest as usize].to_owned());
    }
    words.join(" ")
}

/// `21` as "twenty first".
pub(crate) fn ordinal(n: u64) -> String {
    let words = cardinal(n);
    let (before, last) = words
        .rsplit_once(' ')
        .map_or(("", &*words), |(b, l)| (b, l));
    let last = match last {
        "one" => "first".to_owned(),
        "two" => "second".to_owned(),
        "three" => "third".to_owned(),
        "five" => "fifth".to_owned(),
        "eight" => "eighth".to_owned(),
        "nine" => "ninth".to_owned(),
        "twelve" => "twelfth".to_owned(),
        word => match word.strip_suffix('y') {
            Some(stem) => format!("{stem}ieth"),
            None => format!("{word}th"),
        },
    };
    format!("{before} {last}").trim_start().to_owned()
}

/// `1998` as "nineteen ninety eight", `2005` as "two thousand five".
pub(crate) fn year(n: u64) -> String {
    let (century, rest) = (n / 100, n % 100);
    match (n, rest) {
        (2000..=2009, _) | (_, 0) if n % 1000 < 10 => cardinal(n),
        (_, 0) => format!("{} hundred", cardinal(century)),
        (_, 1..=9) => format!("{} oh {}", cardinal(century), cardinal(rest)),
        _ => format!("{} {}", cardinal(century), cardinal(rest)),
    }
}

/// "nineteen nineties" from 1990.
pub(crate) fn decade(n: u64) -> String {
    let words = if n < 100 { cardinal(n) } else { year(n) };
    match words.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{words}s"),
    }
}

/// Each digit by itself.
pub(crate) fn digits(text: &str) -> String {
    let words: Vec<&str> = text
        .chars()
        .filter_map(|c| c.to_digit(10))
        .map(|d| SMALL[d as usize])
        .collect();
    words.join(" ")
}

/// Whole and decimal numbers, with commas between thousands: `1,234.5` as
/// "one thousand two hundred thirty four point five". `None` for anything
/// else.
pub(crate) fn number(text: &str) -> Option<String> {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let all_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let plain = whole.replace(',', "");
    if !all_digits(&plain) || fraction.is_some_and(|f| !all_digits(f)) {
        return None;
    }
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let grouped = whole.contains(',');
    if grouped && (first.len() > 3 || groups.any(|g| g.len() != 3)) {
        return None;
    }
    // Codes and very long numbers are read digit by digit.
    let leading_zero = plain.len() > 1 && plain.starts_with('0');
    let words = match plain.parse::<u64>() {
        Ok(n) if !leading_zero && n < 1_000_000_000_000_000 => cardinal(n),
        _ => digits(&plain),
    };
    Some(match fraction {
        Some(fraction) => format!("{words} point {}", digits(fraction)),
        None => words,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_said_as_people_do() {
        for (text, said) in [
            ("0", "zero"),
            ("13", "thirteen"),
            ("40", "forty"),
            ("1,234", "one thousand two hundred thirty four"),
            ("1000000", "one million"),
            ("3.05", "three point zero five"),
            ("007", "zero zero seven"),
        ] {
            assert_eq!(number(text).as_deref(), Some(said));
        }
        for text in ["", "1,2", "1.2.3", "1.", ".5", "a", "-1"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn words_of_numbers_are_told_from_others() {
        for n in (0..20).chain((20..100).step_by(10)) {
            assert_eq!(value(&cardinal(n)), Some(n));
        }
        for word in ["", "hundred", "twenty one", "first", "tent"] {
            assert_eq!(value(word), None, "{word}");
        }
        for word in ["zero", "ninety", "hundred", "trillion", "dozen"] {
            assert!(is_word(word), "{word}");
        }
        for word in ["", "oh", "and", "numbers"] {
            assert!(!is_word(word), "{word}");
        }
    }

    #[test]
    fn years_ordinals_and_decades() {
        assert_eq!(year(1998), "nineteen ninety eight");
        assert_eq!(year(2005), "two thousand five");
        assert_eq!(year(2024), "twenty twenty four");
        assert_eq!(year(1900), "nineteen hundred");
        assert_eq!(year(2000), "two thousand");
        assert_eq!(year(1907), "nineteen oh seven");
        assert_eq!(decade(1990), "nineteen nineties");
        assert_eq!(ordinal(21), "twenty first");
        assert_eq!(ordinal(20), "twentieth");
        assert_eq!(ordinal(12), "twelfth");
    }
}
