//! The kinds of simulated candidates: four qualities, and manners that make
//! an interviewer's work hard.

use clap::ValueEnum;
use std::fmt;

/// What a simulated candidate is like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub enum Profile {
    /// Vague, knows little.
    Weak,
    /// Knows about half.
    Average,
    /// Knows most.
    #[default]
    Strong,
    /// Knows everything and tells an example.
    Exceptional,
    /// Consents, then never says a word.
    Silent,
    /// Buries what it knows under talk about everything else.
    Rambling,
    /// Talks at length about something else.
    OffTopic,
    /// Says the question again.
    Parrot,
    /// Says what is often said and wrong, and is sure of it.
    Wrong,
    /// Answers every question with a question.
    AsksBack,
    /// Answers in one word.
    OneWord,
    /// Speaks at once and very fast.
    Fast,
    /// Thinks long and speaks slowly, with long pauses inside an answer.
    Slow,
    /// Wants to talk about something else.
    ChangesSubject,
    /// Insults the interviewer.
    Hostile,
    /// Answers before the question ends.
    BargesIn,
    /// Makes use of everything that a candidate may ask for.
    Requests,
    /// Wants to hear answers, scores and instructions.
    Prying,
}

impl Profile {
    /// The four qualities, from least to most.
    pub const QUALITIES: [Self; 4] = [Self::Weak, Self::Average, Self::Strong, Self::Exceptional];

    /// The difficult manners.
    pub const DIFFICULT: [Self; 14] = [
        Self::Silent,
        Self::Rambling,
        Self::OffTopic,
        Self::Parrot,
        Self::Wrong,
        Self::AsksBack,
        Self::OneWord,
        Self::Fast,
        Self::Slow,
        Self::ChangesSubject,
        Self::Hostile,
        Self::BargesIn,
        Self::Requests,
        Self::Prying,
    ];

    /// Its place among the qualities, 0-3; nothing for a manner.
    pub fn quality(self) -> Option<usize> {
        Self::QUALITIES.iter().position(|q| *q == self)
    }

    /// The profile of a name, as records hold it.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::value_variants()
            .iter()
            .copied()
            .find(|p| p.to_string() == name)
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        f.write_str(value.as_ref().map_or("", |v| v.get_name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_has_a_name_and_is_a_quality_or_a_manner() {
        for profile in Profile::value_variants() {
            assert_eq!(Profile::of_name(&profile.to_string()), Some(*profile));
            assert_ne!(
                profile.quality().is_some(),
                Profile::DIFFICULT.contains(profile)
            );
        }
        assert_eq!(Profile::OffTopic.to_string(), "off-topic");
    }
}
