//! Text inside HTML, XML and SVG.

/// Text that stands for itself in elements and in quoted attributes. Signs
/// that XML does not allow become spaces.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() && c != '\n' && c != '\t' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leaves_its_element_or_attribute() {
        assert_eq!(
            escape("<script>'\"&</script>\u{1}\n"),
            "&lt;script&gt;&#39;&quot;&amp;&lt;/script&gt; \n"
        );
    }
}
