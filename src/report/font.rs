//! The typeface of everything that is drawn here: Noto Sans, under the SIL
//! Open Font License (`assets/fonts/OFL.txt`). Covers Latin, Greek and
//! Cyrillic; kept in the program so that a document looks the same, byte for
//! byte, on every machine.

/// Noto Sans Regular, TrueType.
pub static REGULAR: &[u8] = include_bytes!("../../assets/fonts/NotoSans-Regular.ttf");
/// Noto Sans Bold, TrueType.
pub static BOLD: &[u8] = include_bytes!("../../assets/fonts/NotoSans-Bold.ttf");
