//! stub
use super::Study;
/// f
pub struct Figure {
    /// n
    pub name: &'static str,
    /// s
    pub svg: String,
}
/// f
pub fn figures(_: &Study) -> Vec<Figure> {
    Vec::new()
}
