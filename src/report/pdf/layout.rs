//! Pages: where every line, box and link stands, and the tree that tells
//! readers without eyes what each of them is. Knows nothing of how a PDF is
//! written.

use super::flow::{Color, Line, Run, Style, lines};
use super::shape::{Shaper, Weight};
use std::collections::BTreeMap;
use std::ops::Range;

/// A4, in points.
pub(super) const PAGE: (f32, f32) = (595.28, 841.89);
const LEFT: f32 = 56.0;
const TOP: f32 = 62.0;
const BOTTOM: f32 = 778.0;
/// Width of the text.
pub(super) const WIDTH: f32 = PAGE.0 - 2.0 * LEFT;

pub(super) const INK: Color = (27, 33, 40);
pub(super) const SOFT: Color = (85, 96, 110);
pub(super) const LINE: Color = (208, 214, 222);
pub(super) const TINT: Color = (243, 245, 248);
pub(super) const LINK: Color = (11, 84, 153);

/// Ascent and descent of the typeface, in shares of its size.
const ASCENT: f32 = 1.069;
const DESCENT: f32 = 0.293;

/// What a part of the document is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Document,
    Section,
    Heading(u8, String),
    Paragraph,
    List,
    Item,
    Label,
    Content,
    Table,
    Caption,
    Head,
    Rows,
    Row,
    ColumnHead,
    RowHead,
    Cell,
    Link,
}

/// A part of the document with what belongs to it, in reading order.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) children: Vec<Child>,
}

/// What a part is made of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Child {
    Node(usize),
    /// Words on a page, by their number.
    Mark(usize),
    /// A link's area, by its number.
    Link(usize),
}

/// Something on a page.
#[derive(Clone, Debug)]
pub(super) enum Item {
    /// Words; without a mark they are furniture of the page.
    Words {
        x: f32,
        /// Of the baseline, from the top.
        y: f32,
        run: usize,
        glyphs: Range<usize>,
        mark: Option<usize>,
    },
    /// A filled box.
    Fill {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        color: Color,
    },
    /// An area that leads to another place.
    Link {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        to: String,
        number: usize,
        /// What it leads to, in words.
        words: String,
    },
}

/// A heading for the outline.
#[derive(Clone, Debug)]
pub(super) struct Bookmark {
    pub(super) level: u8,
    pub(super) title: String,
    pub(super) page: usize,
    pub(super) y: f32,
}

/// All pages.
pub(super) struct Layout {
    shaper: Shaper,
    pub(super) runs: Vec<Run>,
    pub(super) pages: Vec<Vec<Item>>,
    pub(super) nodes: Vec<Node>,
    pub(super) bookmarks: Vec<Bookmark>,
    /// Named places: page and distance from its top.
    pub(super) places: BTreeMap<String, (usize, f32)>,
    pub(super) marks: usize,
    pub(super) links: usize,
    /// Where the next line begins.
    y: f32,
    open: Vec<usize>,
}

impl Layout {
    pub(super) fn new(shaper: Shaper) -> Self {
        Self {
            shaper,
            runs: Vec::new(),
            pages: vec![Vec::new()],
            nodes: vec![Node {
                kind: Kind::Document,
                children: Vec::new(),
            }],
            bookmarks: Vec::new(),
            places: BTreeMap::new(),
            marks: 0,
            links: 0,
            y: TOP,
            open: vec![0],
        }
    }

    /// Opens a part of the document.
    pub(super) fn open(&mut self, kind: Kind) {
        let node = self.nodes.len();
        self.nodes.push(Node {
            kind,
            children: Vec::new(),
        });
        self.child(Child::Node(node));
        self.open.push(node);
    }

    /// Closes the part opened last.
    pub(super) fn close(&mut self) {
        self.open.pop();
    }

    /// Closes the part opened last, to be opened again.
    pub(super) fn suspend(&mut self) -> usize {
        self.open.pop().unwrap_or(0)
    }

    /// Opens a suspended part again.
    pub(super) fn resume(&mut self, part: usize) {
        self.open.push(part);
    }

    /// A part and all that `inside` puts into it.
    pub(super) fn part(&mut self, kind: Kind, inside: impl FnOnce(&mut Self)) {
        self.open(kind);
        inside(self);
        self.close();
    }

    fn child(&mut self, child: Child) {
        let node = self.open.last().copied().unwrap_or(0);
        self.nodes[node].children.push(child);
    }

    /// Empty space.
    pub(super) fn space(&mut self, points: f32) {
        // None at the top of a page.
        if self.y > TOP {
            self.y += points;
        }
    }

    /// Begins a new page unless so much is left on this one.
    pub(super) fn need(&mut self, points: f32) -> bool {
        let over = self.y + points > BOTTOM && self.y > TOP;
        if over {
            self.pages.push(Vec::new());
            self.y = TOP;
        }
        over
    }

    /// Whether so much would fit on an empty page.
    pub(super) fn fits_a_page(points: f32) -> bool {
        points < 0.5 * (BOTTOM - TOP)
    }

    pub(super) fn y(&self) -> f32 {
        self.y
    }

    pub(super) fn down(&mut self, points: f32) {
        self.y += points;
    }

    /// Names the place where the next line begins.
    pub(super) fn place(&mut self, name: &str) {
        let page = self.pages.len() - 1;
        self.places
            .entry(name.to_owned())
            .or_insert((page, self.y - 8.0));
    }

    /// Puts the place where the next line begins into the outline.
    pub(super) fn bookmark(&mut self, level: u8, title: &str) {
        self.bookmarks.push(Bookmark {
            level,
            title: title.to_owned(),
            page: self.pages.len() - 1,
            y: self.y - 8.0,
        });
    }

    /// Shapes words and breaks them into lines.
    pub(super) fn break_lines(&mut self, words: Vec<(String, Style)>, width: f32) -> Vec<Line> {
        let first = self.runs.len();
        for (text, style) in words {
            self.runs.push(Run::new(&self.shaper, &text, style));
        }
        lines(&self.runs, first..self.runs.len(), width)
    }

    /// How high a line is.
    pub(super) fn line_height(&self, line: &Line) -> f32 {
        let sizes = line
            .pieces
            .iter()
            .map(|piece| self.runs[piece.run].style.size);
        1.45 * sizes.fold(0.0, f32::max)
    }

    /// Sets a line at a place; its words belong to the part that is open.
    pub(super) fn set(&mut self, line: &Line, x: f32, top: f32, height: f32) {
        let size = height / 1.45;
        let baseline = top + (height - (ASCENT + DESCENT) * size) / 2.0 + ASCENT * size;
        let mut x = LEFT + x;
        for piece in &line.pieces {
            let run = &self.runs[piece.run];
            let width = run.width(piece.glyphs.clone());
            let mark = match run.style.link.clone() {
                Some(to) => {
                    let words = run.text.trim().to_owned();
                    self.link(to, words, x, top, width, height)
                }
                None => {
                    self.marks += 1;
                    self.child(Child::Mark(self.marks - 1));
                    self.marks - 1
                }
            };
            self.items().push(Item::Words {
                x,
                y: baseline,
                run: piece.run,
                glyphs: piece.glyphs.clone(),
                mark: Some(mark),
            });
            x += width;
        }
    }

    fn link(
        &mut self,
        to: String,
        words: String,
        x: f32,
        y: f32,
        width: f32,
        height: f32,
    ) -> usize {
        let (mark, number) = (self.marks, self.links);
        self.marks += 1;
        self.links += 1;
        self.part(Kind::Link, |layout| {
            layout.child(Child::Mark(mark));
            layout.child(Child::Link(number));
        });
        self.items().push(Item::Link {
            x,
            y,
            width: width.max(1.0),
            height,
            to,
            number,
            words,
        });
        mark
    }

    /// Sets lines one under the other, over pages where need be.
    pub(super) fn flow(&mut self, lines: &[Line], x: f32) {
        for line in lines {
            let height = self.line_height(line);
            self.need(height);
            self.set(line, x, self.y, height);
            self.y += height;
        }
    }

    /// A paragraph.
    pub(super) fn paragraph(&mut self, words: Vec<(String, Style)>, x: f32) {
        let lines = self.break_lines(words, WIDTH - x);
        self.part(Kind::Paragraph, |layout| layout.flow(&lines, x));
    }

    /// A filled box; furniture.
    pub(super) fn fill(&mut self, x: f32, y: f32, width: f32, height: f32, color: Color) {
        self.items().push(Item::Fill {
            x: LEFT + x,
            y,
            width,
            height,
            color,
        });
    }

    fn items(&mut self) -> &mut Vec<Item> {
        if self.pages.is_empty() {
            self.pages.push(Vec::new());
        }
        let last = self.pages.len() - 1;
        &mut self.pages[last]
    }

    /// Words that are furniture of the current page: a table's head again.
    pub(super) fn furniture(&mut self, line: &Line, x: f32, top: f32, height: f32) {
        let page = self.pages.len() - 1;
        self.furniture_on(page, line, x, top, height);
    }

    fn furniture_on(&mut self, page: usize, line: &Line, x: f32, top: f32, height: f32) {
        let size = height / 1.45;
        let y = top + (height - (ASCENT + DESCENT) * size) / 2.0 + ASCENT * size;
        let mut x = LEFT + x;
        for piece in &line.pieces {
            self.pages[page].push(Item::Words {
                x,
                y,
                run: piece.run,
                glyphs: piece.glyphs.clone(),
                mark: None,
            });
            x += self.runs[piece.run].width(piece.glyphs.clone());
        }
    }

    /// Writes the name of the document and the number of the page under every
    /// page.
    pub(super) fn number_pages(&mut self, name: &str) {
        let style = Style {
            weight: Weight::Regular,
            size: 8.0,
            color: SOFT,
            link: None,
        };
        let count = self.pages.len();
        // One line of it is enough, however long the name is.
        let name = self.break_lines(vec![(name.to_owned(), style.clone())], WIDTH - 80.0);
        for page in 0..count {
            let number = format!("Page {} of {count}", page + 1);
            let number = self.break_lines(vec![(number, style.clone())], WIDTH);
            let top = BOTTOM + 20.0;
            self.furniture_on(page, &name[0], 0.0, top, 12.0);
            self.furniture_on(page, &number[0], WIDTH - number[0].width, top, 12.0);
        }
    }
}
