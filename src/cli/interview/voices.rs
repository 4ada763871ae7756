//! The voices that the recruiter can speak with here, one after the other.

/// The names, and which of them speaks.
#[derive(Clone, Debug, Default)]
pub(super) struct Voices {
    names: Vec<String>,
    now: Option<usize>,
}

impl Voices {
    /// All of them; `open` is what the voice that speaks calls itself.
    pub(super) fn new(names: Vec<String>, open: &str) -> Self {
        // Built-in voices say who made them before their name.
        let last = open.rsplit(' ').next();
        let now = names.iter().position(|name| Some(name.as_str()) == last);
        Self { names, now }
    }

    /// The one after the one that speaks; nothing where there is no other.
    pub(super) fn next(&self) -> Option<&str> {
        let next = self.now.map_or(0, |now| now + 1) % self.names.len().max(1);
        let name = self.names.get(next)?;
        (self.now != Some(next)).then_some(name)
    }

    /// This one speaks now.
    pub(super) fn speaks(&mut self, name: &str) {
        self.now = self.names.iter().position(|n| n == name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voices(names: &[&str], open: &str) -> Voices {
        Voices::new(names.iter().map(|n| (*n).to_owned()).collect(), open)
    }

    #[test]
    fn voices_come_one_after_the_other_and_round_again() {
        let mut voices = voices(&["slt", "rms", "en_GB-alan-low"], "flite rms");
        let mut heard = Vec::new();
        for _ in 0..3 {
            let next = voices.next().unwrap().to_owned();
            voices.speaks(&next);
            heard.push(next);
        }
        assert_eq!(heard, ["en_GB-alan-low", "slt", "rms"]);
    }

    #[test]
    fn a_voice_that_is_alone_has_no_other() {
        assert_eq!(voices(&["slt"], "flite slt").next(), None);
        assert_eq!(voices(&[], "command piper").next(), None);
        // A program speaks: the first of the list is another one.
        assert_eq!(voices(&["slt"], "command piper").next(), Some("slt"));
    }
}
