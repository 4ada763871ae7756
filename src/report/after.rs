//! What the candidate is told and may do when the interview is over: read
//! the transcript, correct what was misheard, take a copy, and learn what
//! comes next. Texts and the reading of a typed line only; whoever shows them
//! has the screen and the record.

use super::wording::flat;
use crate::event::{EndReason, Mode, Utterance};
use crate::interview::Job;
use crate::record::Correction;

/// Said above the transcript.
pub const INVITATION: &str = "Was anything misheard? Type its number and the right words, for \
    example: 3 We used Kafka. Type c for your own copy of everything; press Enter when all is right.";

/// Facts that tell what comes next, by their ids in job descriptions: the
/// first that there is.
const NEXT_FACTS: [&str; 2] = ["next-steps", "process"];

/// What the candidate typed below the transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// All is right.
    Done,
    /// A copy of everything.
    Copy,
    /// Other words for one utterance.
    Correct {
        /// The utterance.
        utterance: u32,
        /// What was really said.
        text: String,
    },
}

/// Reads a typed line.
///
/// # Errors
///
/// What was found and what is expected, for the candidate.
pub fn read_order(line: &str, said: &[Utterance]) -> Result<Order, String> {
    let line = line.trim();
    if line.is_empty() {
        return Ok(Order::Done);
    }
    if matches!(line, "c" | "C") {
        return Ok(Order::Copy);
    }
    let (number, text) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let number = number.trim_end_matches(['.', ':', ')']);
    let Ok(utterance) = number.parse::<u32>() else {
        return Err(format!(
            "Found {:?}, expected a number and the right words, c, or Enter alone",
            flat(line)
        ));
    };
    if said.iter().all(|u| u.id != utterance) {
        return Err(match (said.first(), said.last()) {
            (Some(first), Some(last)) => format!(
                "Nothing has the number {utterance}; expected one from {} to {}",
                first.id, last.id
            ),
            _ => format!("Nothing has the number {utterance}: nothing was said"),
        });
    }
    let text = text.trim();
    if text.is_empty() {
        return Err(format!(
            "Found no words after the number {utterance}, expected what was really said"
        ));
    }
    Ok(Order::Correct {
        utterance,
        text: text.to_owned(),
    })
}

/// What was understood, numbered, each with the correction that stands.
pub fn transcript(said: &[Utterance], corrections: &[Correction]) -> Vec<String> {
    let mut lines = Vec::new();
    for utterance in said {
        lines.push(format!("{:>4}  {}", utterance.id, flat(&utterance.text)));
        let of = corrections.iter().filter(|c| c.utterance == utterance.id);
        lines.extend(of.map(|c| format!("      corrected: {}", flat(&c.text))));
    }
    lines
}

/// What happens next and whom to ask, sentence by sentence. `session` is what
/// the candidate names when asking for a copy or for deletion.
pub fn what_next(job: &Job, mode: Mode, ended: EndReason, session: &str) -> Vec<String> {
    if mode == Mode::Coach {
        let mut lines = vec!["This was practice: nobody decides anything by it.".to_owned()];
        if ended != EndReason::ConsentRefused {
            lines.push(format!(
                "Your study plan is among the documents of session {session}."
            ));
        }
        return lines;
    }
    let mut lines = Vec::new();
    if ended == EndReason::ConsentRefused {
        lines.push("You did not agree to be recorded, so nothing of it was kept.".to_owned());
    } else {
        lines.push(match next_steps(job) {
            Some(next) => format!("What happens next: {next}"),
            None => "What happens next: the job description does not say; the recruiter will \
                     tell you."
                .to_owned(),
        });
        lines.push(
            "A person decides, not this program. You can ask for a copy of the recording, for a \
             person's explanation, or for its deletion."
                .to_owned(),
        );
    }
    lines.push(match contact(job) {
        Some(contact) => format!("Contact: {contact}"),
        None => "Contact: the job description names none; ask whoever invited you.".to_owned(),
    });
    if ended != EndReason::ConsentRefused {
        lines.push(format!("Your session's number: {session}"));
    }
    lines
}

fn next_steps(job: &Job) -> Option<String> {
    let own = job.next_steps.as_deref();
    let fact = || {
        let of = |id: &str| job.facts.iter().find(|f| f.id == id);
        NEXT_FACTS
            .iter()
            .find_map(|id| of(id))
            .map(|f| f.says.as_str())
    };
    let text = flat(own.or_else(fact)?);
    (!text.is_empty()).then_some(text)
}

/// Name and address, as far as they are known.
fn contact(job: &Job) -> Option<String> {
    let parts: Vec<String> = [&job.recruiter, &job.contact]
        .into_iter()
        .flatten()
        .map(|part| flat(part))
        .filter(|part| !part.is_empty())
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Source;

    fn said(ids: &[u32]) -> Vec<Utterance> {
        ids.iter()
            .map(|&id| Utterance {
                id,
                text: format!("words\n{id}"),
                words: Vec::new(),
                start_ms: 0,
                end_ms: 0,
                confidence: 1.0,
                source: Source::Voice,
            })
            .collect()
    }

    #[test]
    fn a_number_and_words_correct_and_the_rest_is_told() {
        let said = said(&[2, 3, 7]);
        let read = |line| read_order(line, &said);
        let correct = |utterance, text: &str| {
            Ok(Order::Correct {
                utterance,
                text: text.to_owned(),
            })
        };
        assert_eq!(read("3 We used Kafka."), correct(3, "We used Kafka."));
        assert_eq!(read(" 7.  Yes "), correct(7, "Yes"));
        assert_eq!(read(""), Ok(Order::Done));
        assert_eq!(read("C"), Ok(Order::Copy));
        for (line, told) in [
            ("4 words", "expected one from 2 to 7"),
            ("3", "no words after the number 3"),
            ("Kafka", "Found \"Kafka\""),
            ("99999999999 x", "Found"),
        ] {
            let error = read(line).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
        assert!(
            read_order("1 x", &[])
                .unwrap_err()
                .contains("nothing was said")
        );
    }

    #[test]
    fn both_texts_are_shown() {
        let correction = Correction {
            id: "c".into(),
            utterance: 3,
            original: "words 3".into(),
            text: "other words".into(),
            by: "Ada".into(),
            why: None,
            at_unix_ms: 0,
        };
        assert_eq!(
            transcript(&said(&[2, 3]), &[correction]),
            [
                "   2  words 2",
                "   3  words 3",
                "      corrected: other words"
            ]
        );
    }

    fn told(job: &str, mode: Mode, ended: EndReason) -> String {
        let job = Job::parse("job.toml", job).unwrap();
        what_next(&job, mode, ended, "01ABC").join("\n")
    }

    #[test]
    fn next_steps_and_contact_come_from_the_job() {
        let whole = "title = \"Writer\"\nrecruiter = \"Ada Byron\"\ncontact = \"ada@example.org\"\n\
             next_steps = \"You will hear from us by Friday.\"\n";
        let text = told(whole, Mode::Friendly, EndReason::Completed);
        for part in [
            "next: You will hear from us by Friday.",
            "Contact: Ada Byron, ada@example.org",
            "01ABC",
            "A person decides",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let fact = "title = \"Writer\"\n[[fact]]\nid = \"next-steps\"\nasked = [\"next\"]\nsays = \"A test follows.\"\n";
        let text = told(fact, Mode::Formal, EndReason::TimeUp);
        assert!(text.contains("next: A test follows."), "{text}");
        let text = told("title = \"Writer\"", Mode::Formal, EndReason::Completed);
        assert!(
            text.contains("does not say") && text.contains("names none"),
            "{text}"
        );
        let text = told(whole, Mode::Friendly, EndReason::ConsentRefused);
        assert!(
            !text.contains("Friday") && text.contains("ada@example.org"),
            "{text}"
        );
        let text = told(whole, Mode::Coach, EndReason::Completed);
        assert!(
            text.contains("practice") && !text.contains("ada@"),
            "{text}"
        );
    }
}
