//! Writes the pages as a tagged PDF that is checked against PDF/UA-1. The
//! bytes follow from the pages alone: no clock, no chance; the file's own
//! identifiers are hashes of its content.

use super::flow::Color;
use super::layout::{Bookmark, Child, Item, Kind, Layout, PAGE};
use super::shape::Weight;
use crate::report::font;
use krilla::SerializeSettings;
use krilla::annotation::{Annotation, LinkAnnotation, Target};
use krilla::color::rgb;
use krilla::configure::{Configuration, Validator};
use krilla::destination::XyzDestination;
use krilla::document::Document;
use krilla::error::KrillaError;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::{Page, PageSettings};
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{
    ArtifactType, ContentTag, Identifier, ListNumbering, Node, SpanTag, TableHeaderScope, Tag,
    TagGroup, TagKind, TagTree,
};
use krilla::text::{Font, GlyphId, KrillaGlyph};
use std::num::NonZeroU16;
use std::ops::Range;

/// What the file says of itself.
pub(super) struct About<'a> {
    pub(super) title: &'a str,
    pub(super) description: &'a str,
}

/// Writes the file. Where `accessible`, it must pass PDF/UA-1.
pub(super) fn write(
    layout: &Layout,
    about: &About<'_>,
    accessible: bool,
) -> Result<Vec<u8>, KrillaError> {
    let validator = if accessible {
        Validator::UA1
    } else {
        Validator::None
    };
    let mut document = Document::new_with(SerializeSettings {
        configuration: Configuration::new_with_validator(validator),
        enable_tagging: accessible,
        ..SerializeSettings::default()
    });
    let mut writer = Writer {
        layout,
        fonts: fonts(),
        marks: vec![None; layout.marks],
        links: vec![None; layout.links],
    };
    for items in &layout.pages {
        let Some(settings) = PageSettings::from_wh(PAGE.0, PAGE.1) else {
            continue;
        };
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        writer.draw(&mut surface, items);
        surface.finish();
        writer.link(&mut page, items);
        page.finish();
    }
    document.set_metadata(
        Metadata::new()
            .title(about.title.to_owned())
            .description(about.description.to_owned())
            .language("en".to_owned())
            .creator(crate::PROGRAM.to_owned())
            .producer("krilla".to_owned()),
    );
    document.set_outline(outline(&layout.bookmarks));
    if accessible {
        document.set_tag_tree(writer.tree());
    }
    document.finish()
}

fn fonts() -> Option<[Font; 2]> {
    Some([
        Font::new(font::REGULAR.into(), 0)?,
        Font::new(font::BOLD.into(), 0)?,
    ])
}

struct Writer<'a> {
    layout: &'a Layout,
    fonts: Option<[Font; 2]>,
    marks: Vec<Option<Identifier>>,
    links: Vec<Option<Identifier>>,
}

impl Writer<'_> {
    fn draw(&mut self, surface: &mut Surface<'_>, items: &[Item]) {
        for item in items {
            match item {
                Item::Words {
                    x,
                    y,
                    run,
                    glyphs,
                    mark,
                } => {
                    let tag = match mark {
                        Some(_) => ContentTag::Span(SpanTag::empty()),
                        None => ContentTag::Artifact(ArtifactType::Other),
                    };
                    let id = surface.start_tagged(tag);
                    self.words(surface, (*x, *y), *run, glyphs.clone());
                    surface.end_tagged();
                    if let Some(mark) = mark {
                        self.marks[*mark] = Some(id);
                    }
                }
                Item::Fill {
                    x,
                    y,
                    width,
                    height,
                    color,
                } => {
                    let mut path = PathBuilder::new();
                    if let Some(rect) = Rect::from_xywh(*x, *y, *width, *height) {
                        path.push_rect(rect);
                    }
                    if let Some(path) = path.finish() {
                        surface.start_tagged(ContentTag::Artifact(ArtifactType::Other));
                        surface.set_fill(Some(fill(*color)));
                        surface.draw_path(&path);
                        surface.end_tagged();
                    }
                }
                Item::Link { .. } => {}
            }
        }
    }

    fn words(
        &self,
        surface: &mut Surface<'_>,
        (x, y): (f32, f32),
        run: usize,
        glyphs: Range<usize>,
    ) {
        let run = &self.layout.runs[run];
        let Some([regular, bold]) = &self.fonts else {
            return;
        };
        let font = match run.style.weight {
            Weight::Regular => regular,
            Weight::Bold => bold,
        };
        let glyphs: Vec<KrillaGlyph> = run.glyphs[glyphs]
            .iter()
            .map(|glyph| {
                KrillaGlyph::new(
                    GlyphId::new(glyph.id),
                    glyph.advance,
                    glyph.x_offset,
                    glyph.y_offset,
                    0.0,
                    glyph.range.clone(),
                    None,
                )
            })
            .collect();
        surface.set_fill(Some(fill(run.style.color)));
        let at = Point::from_xy(x, y);
        surface.draw_glyphs(at, &glyphs, font.clone(), &run.text, run.style.size, false);
    }

    fn link(&mut self, page: &mut Page<'_>, items: &[Item]) {
        for item in items {
            let Item::Link {
                x,
                y,
                width,
                height,
                to,
                number,
                words,
            } = item
            else {
                continue;
            };
            let target = self.layout.places.get(to);
            let rect = Rect::from_xywh(*x, *y, *width, *height);
            if let (Some(&(on, top)), Some(rect)) = (target, rect) {
                let place = XyzDestination::new(on, Point::from_xy(0.0, top.max(0.0)));
                let link = LinkAnnotation::new(rect, Target::Destination(place.into()));
                let annotation = Annotation::new_link(link, Some(format!("To {words}")));
                self.links[*number] = Some(page.add_tagged_annotation(annotation));
            }
        }
    }

    fn tree(&self) -> TagTree {
        let mut tree = TagTree::new();
        // The root itself is written by the library.
        for child in &self.layout.nodes[0].children {
            self.grow(*child, &mut |node| tree.push(node));
        }
        tree
    }

    fn grow(&self, child: Child, give: &mut dyn FnMut(Node)) {
        match child {
            Child::Mark(mark) => {
                if let Some(id) = self.marks[mark] {
                    give(id.into());
                }
            }
            Child::Link(number) => {
                if let Some(id) = self.links[number] {
                    give(id.into());
                }
            }
            Child::Node(at) => {
                let node = &self.layout.nodes[at];
                let mut group = TagGroup::new(kind(&node.kind));
                for child in &node.children {
                    self.grow(*child, &mut |node| group.push(node));
                }
                give(group.into());
            }
        }
    }
}

fn kind(kind: &Kind) -> TagKind {
    match kind {
        Kind::Document | Kind::Section => Tag::Section.into(),
        Kind::Heading(level, title) => {
            let level = NonZeroU16::new(u16::from(*level)).unwrap_or(NonZeroU16::MIN);
            Tag::Hn(level, Some(title.clone())).into()
        }
        Kind::Paragraph => Tag::P.into(),
        Kind::List => Tag::L(ListNumbering::None).into(),
        Kind::Item => Tag::LI.into(),
        Kind::Label => Tag::Lbl.into(),
        Kind::Content => Tag::LBody.into(),
        Kind::Table => Tag::Table.into(),
        Kind::Caption => Tag::Caption.into(),
        Kind::Head => Tag::THead.into(),
        Kind::Rows => Tag::TBody.into(),
        Kind::Row => Tag::TR.into(),
        Kind::ColumnHead => Tag::TH(TableHeaderScope::Column).into(),
        Kind::RowHead => Tag::TH(TableHeaderScope::Row).into(),
        Kind::Cell => Tag::TD.into(),
        Kind::Link => Tag::Link.into(),
    }
}

fn fill((red, green, blue): Color) -> Fill {
    Fill {
        paint: rgb::Color::new(red, green, blue).into(),
        ..Fill::default()
    }
}

/// Bookmarks below those of a lower level, in order.
fn outline(bookmarks: &[Bookmark]) -> Outline {
    let mut outline = Outline::new();
    let mut at = 0;
    while at < bookmarks.len() {
        outline.push_child(branch(bookmarks, &mut at));
    }
    outline
}

fn branch(bookmarks: &[Bookmark], at: &mut usize) -> OutlineNode {
    let it = &bookmarks[*at];
    *at += 1;
    let place = XyzDestination::new(it.page, Point::from_xy(0.0, it.y.max(0.0)));
    let mut node = OutlineNode::new(it.title.clone(), place);
    while bookmarks.get(*at).is_some_and(|next| next.level > it.level) {
        node.push_child(branch(bookmarks, at));
    }
    node
}
