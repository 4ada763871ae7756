//! What a candidate is told before the interview begins: who hears it, how
//! long it is kept, and what was agreed on.

use crate::cli::captions::pauses;
use crate::config::Config;
use crate::event::USUAL_BREAKS;
use crate::interview::Job;
use crate::protocol::Document;
use crate::record::Policies;

/// The sentences, in order.
///
/// # Errors
/// If the job or the retention policies cannot be read.
pub(super) fn of(
    config: &Config,
    job: Option<&Document>,
    goes_on: bool,
) -> anyhow::Result<Vec<String>> {
    let mut out = Vec::new();
    if goes_on {
        out.push(
            "The interview goes on where it stopped; from now on it is recorded again.".to_owned(),
        );
    }
    match &config.engine.url {
        Some(url) => {
            out.push(format!(
                "Who hears this: an AI recruiter at {url}, and the recruiters there. Your words go \
                 there as text, and once you agree as sound too."
            ));
            out.push(
                "How long it is kept is decided there; ask before you agree if it matters to you."
                    .to_owned(),
            );
        }
        None => {
            let leaves = match &config.record.timestamp_authority {
                Some(authority) => format!(
                    "Only the hash of the sealed record leaves the machine, for a time stamp by \
                     {authority}."
                ),
                None => "Nothing leaves the machine.".to_owned(),
            };
            out.push(format!(
                "Who hears this: an AI recruiter on this machine, and whoever may open the record \
                 here. {leaves}"
            ));
            if !goes_on {
                out.push(kept(config, job)?);
            }
        }
    }
    let set = &config.interview;
    if set.captions {
        out.push("The recruiter's words are shown and not spoken.".to_owned());
    }
    if set.pause_factor > 1.0 {
        out.push(pauses(set.pause_factor));
    }
    if !set.captions && config.speech.speed != 1.0 {
        let speed = config.speech.speed;
        out.push(format!(
            "The recruiter speaks at {speed} times the usual speed."
        ));
    }
    if set.breaks > USUAL_BREAKS {
        let breaks = set.breaks;
        out.push(format!(
            "You may take {breaks} breaks of five minutes; P begins one."
        ));
    }
    out.push("Nothing is recorded before you agree.".to_owned());
    Ok(out)
}

fn kept(config: &Config, job: Option<&Document>) -> anyhow::Result<String> {
    let job = job
        .map(|job| Job::parse(&job.name, &job.text))
        .transpose()?;
    let named = job.and_then(|job| job.retention);
    let policies = Policies::load(config.retention.file.as_deref())?;
    let policy = policies.find(named.as_deref().unwrap_or(&config.retention.policy))?;
    Ok(match &policy.keep {
        Some(keep) => format!(
            "How long it is kept: {keep}, then it is erased ({}).",
            policy.name
        ),
        None => "How long it is kept: until somebody erases it.".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(change: impl FnOnce(&mut Config)) -> String {
        let mut config = Config::default();
        change(&mut config);
        of(&config, None, false).unwrap().join("\n")
    }

    #[test]
    fn who_hears_it_and_how_long_it_is_kept_is_told() {
        let here = told(|_| {});
        assert!(here.contains("Nothing leaves the machine"), "{here}");
        assert!(here.contains("until somebody erases it"), "{here}");
        let kept = told(|c| c.retention.policy = "eu-gdpr".into());
        assert!(kept.contains("6 months"), "{kept}");
        let away = told(|c| c.engine.url = Some("ws://recruiter.example".into()));
        assert!(away.contains("ws://recruiter.example"), "{away}");
        assert!(!away.contains("Nothing leaves"), "{away}");
    }

    #[test]
    fn a_policy_that_there_is_not_is_an_error() {
        let mut config = Config::default();
        config.retention.policy = "forever".into();
        assert!(of(&config, None, false).is_err());
    }
}
