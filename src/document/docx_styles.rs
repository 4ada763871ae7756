//! The named styles of a DOCX file: which are headings, which are lists.

use super::docx::{attribute, is_on};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::collections::BTreeMap;

/// What a paragraph's style says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Style {
    /// Level of a heading, from 1.
    pub(super) heading: Option<usize>,
    /// Level of a list, from 0.
    pub(super) list: Option<usize>,
    /// Whether its letters are bold.
    pub(super) bold: bool,
}

/// Styles by their ids.
#[derive(Default)]
pub(super) struct Styles {
    own: BTreeMap<String, Style>,
    based_on: BTreeMap<String, String>,
}

impl Styles {
    /// Reads `styles.xml`; `None` when it is no XML.
    pub(super) fn read(xml: &str) -> Option<Self> {
        let mut styles = Self::default();
        let mut reader = Reader::from_str(xml);
        let mut id = None;
        loop {
            match reader.read_event().ok()? {
                Event::Start(tag) if tag.local_name().as_ref() == "style" => {
                    id = attribute(&tag, "styleId");
                    if let Some(id) = &id {
                        styles.own.insert(id.clone(), Style::default());
                    }
                }
                Event::End(tag) if tag.local_name().as_ref() == "style" => id = None,
                Event::Start(tag) | Event::Empty(tag) => {
                    if let Some(id) = &id {
                        styles.learn(id, &tag);
                    }
                }
                Event::Eof => return Some(styles),
                _ => {}
            }
        }
    }

    fn learn(&mut self, id: &str, tag: &BytesStart<'_>) {
        let Some(style) = self.own.get_mut(id) else {
            return;
        };
        let value = attribute(tag, "val").unwrap_or_default();
        match tag.local_name().as_ref() {
            // The names are English in every language's Word.
            "name" => {
                let name = value.to_lowercase();
                if name == "title" {
                    style.heading = Some(1);
                } else if let Some(level) = name.strip_prefix("heading ") {
                    style.heading = level.parse().ok().filter(|l| (1..=6).contains(l));
                } else if name.starts_with("list bullet") || name.starts_with("list number") {
                    let level = name.chars().last().and_then(|c| c.to_digit(10));
                    style.list = Some(level.map_or(0, |l| l.saturating_sub(1) as usize));
                }
            }
            "outlineLvl" if style.heading.is_none() => {
                let level: Option<usize> = value.parse().ok();
                style.heading = level.filter(|l| *l < 6).map(|l| l + 1);
            }
            "numId" if value != "0" && style.list.is_none() => style.list = Some(0),
            "b" => style.bold = is_on(tag),
            "basedOn" => {
                self.based_on.insert(id.to_owned(), value);
            }
            _ => {}
        }
    }

    /// A style with what it takes over from those it is based on.
    pub(super) fn get(&self, id: &str) -> Option<Style> {
        let mut style = *self.own.get(id)?;
        let mut at = id;
        // Nobody nests deeper; styles based on one another end here too.
        for _ in 0..10 {
            let Some(base) = self.based_on.get(at) else {
                break;
            };
            let Some(found) = self.own.get(base) else {
                break;
            };
            style.heading = style.heading.or(found.heading);
            style.list = style.list.or(found.list);
            style.bold |= found.bold;
            at = base;
        }
        Some(style)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_take_over_from_their_bases_even_in_a_circle() {
        let xml = "<w:styles xmlns:w='x'>\
            <w:style w:styleId='berschrift1'><w:name w:val='heading 1'/><w:rPr><w:b/></w:rPr></w:style>\
            <w:style w:styleId='Own'><w:name w:val='My Head'/><w:basedOn w:val='berschrift1'/></w:style>\
            <w:style w:styleId='LB2'><w:name w:val='List Bullet 2'/></w:style>\
            <w:style w:styleId='A'><w:name w:val='a'/><w:basedOn w:val='B'/></w:style>\
            <w:style w:styleId='B'><w:name w:val='b'/><w:basedOn w:val='A'/></w:style></w:styles>";
        let styles = Styles::read(xml).unwrap();
        let own = styles.get("Own").unwrap();
        assert_eq!((own.heading, own.bold), (Some(1), true));
        assert_eq!(styles.get("LB2").unwrap().list, Some(1));
        assert_eq!(styles.get("A"), Some(Style::default()));
        assert_eq!(styles.get("none"), None);
    }
}
