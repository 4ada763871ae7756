//! Markdown taken out of text that is to be spoken. What a heading or a
//! bullet says stays, as a sentence of its own; what only draws goes.

/// `text` without markdown, as one paragraph.
pub(super) fn strip(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let line = inline(content(line.trim()));
        let line = line.trim();
        if !line.contains(char::is_alphanumeric) {
            continue;
        }
        if !out.is_empty() {
            let ends = out.ends_with(['.', '!', '?', ':', ';', ',']);
            // A plain line break inside a sentence is only a space.
            let goes_on = line.starts_with(char::is_lowercase);
            out.push_str(if ends || goes_on { " " } else { ". " });
        }
        out.push_str(line);
    }
    out
}

/// A line without its fence, heading, quote or bullet mark.
fn content(line: &str) -> &str {
    if line.starts_with("```") || line.starts_with("~~~") {
        return "";
    }
    let mut line = line;
    while let Some(rest) = line.strip_prefix('>') {
        line = rest.trim_start();
    }
    let heading = line.trim_start_matches('#');
    if heading.len() < line.len() && (heading.is_empty() || heading.starts_with(' ')) {
        line = heading.trim_start();
    }
    for bullet in [
        "- [ ] ",
        "- [x] ",
        "- ",
        "* ",
        "+ ",
        "\u{2022} ",
        "\u{2013} ",
    ] {
        if let Some(rest) = line.strip_prefix(bullet) {
            return rest.trim_start();
        }
    }
    // "1. " and "1) "; the number says nothing to a listener.
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    if (1..=2).contains(&digits) {
        let rest = &line[digits..];
        if let Some(rest) = rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") ")) {
            return rest.trim_start();
        }
    }
    line
}

/// Links become their text, code its letters; marks of emphasis go.
fn inline(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(open) = rest.find('[') {
        let after = &rest[open + 1..];
        let link = after.split_once("](").and_then(|(text, tail)| {
            let (_, tail) = tail.split_once(')')?;
            (!text.contains('[')).then_some((text, tail))
        });
        out.push_str(rest[..open].strip_suffix('!').unwrap_or(&rest[..open]));
        rest = match link {
            Some((text, tail)) => {
                out.push_str(text);
                tail
            }
            None => after,
        };
    }
    out.push_str(rest);
    let out = out.replace("**", "").replace("__", " ").replace("~~", "");
    without_single_marks(&out.replace(['`', ']'], "").replace('|', ", "))
}

/// Takes `*word*` and `_word_` apart; keeps `snake_case` and `2 * 3`.
fn without_single_marks(line: &str) -> String {
    let chars: Vec<char> = line.chars().collect();
    let beside = |i: usize| {
        let at = |i: Option<usize>| i.and_then(|i| chars.get(i)).copied().unwrap_or(' ');
        (at(i.checked_sub(1)), at(Some(i + 1)))
    };
    let mut out = String::new();
    for (i, c) in chars.iter().enumerate() {
        let (before, after) = beside(i);
        let mark = match c {
            '*' => !(before == ' ' && after == ' '),
            '_' => !(before.is_alphanumeric() && after.is_alphanumeric()),
            _ => false,
        };
        if !mark {
            out.push(*c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::strip;

    #[test]
    fn what_is_said_stays_and_what_is_drawn_goes() {
        for (text, left) in [
            (
                "**Bold** and *light* and `code`.",
                "Bold and light and code.",
            ),
            ("# Title\n\nText.", "Title. Text."),
            ("- one\n- two", "one two"),
            ("- One\n* Two\n1. Three", "One. Two. Three"),
            ("> quoted\n---\nEnd", "quoted. End"),
            ("See [the docs](https://a.b/c) now", "See the docs now"),
            ("![a picture](x.png)", "a picture"),
            ("```rust\nlet x = 1;\n```", "let x = 1;"),
            ("a wrapped\nline", "a wrapped line"),
            ("snake_case and 2 * 3", "snake_case and 2 * 3"),
            ("list[0] [open", "list0 open"),
        ] {
            assert_eq!(strip(text), left);
        }
    }
}
