//! Forms of one word that a stemmer leaves apart: irregular verbs,
//! comparatives, numbers, British spellings, nouns of verbs, and words of the
//! trade as a recogniser mishears them.

use crate::numbers;
use std::borrow::Cow;

/// The stem of an irregular form, a comparative or a number.
pub(super) fn irregular(word: &str) -> Option<Cow<'static, str>> {
    find(PAST, word)
        .or_else(|| find(OTHER, word))
        .map(Cow::Borrowed)
        .or_else(|| number(word))
}

/// A number by its digits. "One" mostly is none ("the one that").
fn number(word: &str) -> Option<Cow<'static, str>> {
    let n = numbers::value(word).filter(|n| *n != 1)?;
    Some(n.to_string().into())
}

/// Whether a word is an irregular verb's form of the past.
pub(super) fn is_irregular_past(word: &str) -> bool {
    find(PAST, word).is_some() && word != "known" && word != "given"
}

/// The stem that stands for a whole family, where that is another one.
pub(super) fn family(stem: &str) -> Option<&'static str> {
    find(FAMILIES, stem)
}

/// Whether one of two stems is how a recogniser is known to write the other.
pub(super) fn misheard(a: &str, b: &str) -> bool {
    let heard = |a: &str, b: &str| MISHEARD.binary_search(&(a, b)).is_ok();
    heard(a, b) || heard(b, a)
}

/// Whether a stem is one of those that [`misheard`] knows.
pub(super) fn is_misheard(stem: &str) -> bool {
    MISHEARD
        .iter()
        .any(|(said, heard)| *said == stem || *heard == stem)
}

/// The number that tens and ones make together: `20` and `4` are `24`.
pub(super) fn sum(tens: &str, ones: &str) -> Option<String> {
    let tens: u8 = tens.parse().ok()?;
    let ones: u8 = ones.parse().ok()?;
    (tens.is_multiple_of(10) && (20..=90).contains(&tens) && (1..=9).contains(&ones))
        .then(|| (tens + ones).to_string())
}

/// The American spelling of a British word.
pub(super) fn american(word: &str) -> Cow<'_, str> {
    if word.len() < 5 {
        return word.into();
    }
    for (british, american) in ROOTS {
        if word.contains(british) {
            return word.replacen(british, american, 1).into();
        }
    }
    for (british, american) in ENDINGS {
        let plural = word.strip_suffix('s').filter(|_| *british == "isation");
        if let Some(head) = plural.unwrap_or(word).strip_suffix(british)
            && head.len() >= 3
        {
            return format!("{head}{american}").into();
        }
    }
    word.into()
}

fn find(table: &[(&str, &'static str)], word: &str) -> Option<&'static str> {
    let at = table.binary_search_by(|(form, _)| (*form).cmp(word)).ok()?;
    Some(table[at].1)
}

const ENDINGS: &[(&str, &str)] = &[
    ("isation", "ization"),
    ("ising", "izing"),
    ("ised", "ized"),
    ("ises", "izes"),
    ("ise", "ize"),
    ("ysing", "yzing"),
    ("ysed", "yzed"),
    ("yse", "yze"),
];

const ROOTS: &[(&str, &str)] = &[
    ("artefact", "artifact"),
    ("behaviour", "behavior"),
    ("catalogue", "catalog"),
    ("centre", "center"),
    ("colour", "color"),
    ("defence", "defense"),
    ("dialogue", "dialog"),
    ("endeavour", "endeavor"),
    ("favour", "favor"),
    ("fibre", "fiber"),
    ("flavour", "flavor"),
    ("harbour", "harbor"),
    ("honour", "honor"),
    ("judgement", "judgment"),
    ("labour", "labor"),
    ("licence", "license"),
    ("metre", "meter"),
    ("neighbour", "neighbor"),
    ("sceptic", "skeptic"),
];

/// Verbs of the past, sorted.
const PAST: &[(&str, &str)] = &[
    ("began", "begin"),
    ("broke", "break"),
    ("broken", "break"),
    ("brought", "bring"),
    ("built", "build"),
    ("caught", "catch"),
    ("chose", "choos"),
    ("chosen", "choos"),
    ("drew", "draw"),
    ("drove", "drive"),
    ("fell", "fall"),
    ("forgot", "forget"),
    ("found", "find"),
    ("froze", "freez"),
    ("frozen", "freez"),
    ("gave", "give"),
    ("given", "give"),
    ("grew", "grow"),
    ("grown", "grow"),
    ("held", "hold"),
    ("hidden", "hide"),
    ("kept", "keep"),
    ("knew", "know"),
    ("known", "know"),
    ("learnt", "learn"),
    ("led", "lead"),
    ("left", "leav"),
    ("lost", "lose"),
    ("made", "make"),
    ("meant", "mean"),
    ("ran", "run"),
    ("rang", "ring"),
    ("rose", "rise"),
    ("said", "say"),
    ("sat", "sit"),
    ("saw", "see"),
    ("seen", "see"),
    ("sent", "send"),
    ("shown", "show"),
    ("slept", "sleep"),
    ("spent", "spend"),
    ("spoke", "speak"),
    ("stood", "stand"),
    ("stuck", "stick"),
    ("taken", "take"),
    ("taught", "teach"),
    ("thought", "think"),
    ("threw", "throw"),
    ("thrown", "throw"),
    ("told", "tell"),
    ("took", "take"),
    ("understood", "understand"),
    ("went", "go"),
    ("woke", "wake"),
    ("written", "write"),
    ("wrote", "write"),
];

/// Plurals and comparatives, sorted.
const OTHER: &[(&str, &str)] = &[
    ("analyses", "analys"),
    ("analysis", "analys"),
    ("anomalies", "anomali"),
    ("bigger", "big"),
    ("biggest", "big"),
    ("cheaper", "cheap"),
    ("closer", "close"),
    ("criteria", "criterion"),
    ("data", "data"),
    ("deeper", "deep"),
    ("earlier", "earli"),
    ("easier", "easi"),
    ("faster", "fast"),
    ("fastest", "fast"),
    ("fewer", "less"),
    ("fewest", "least"),
    ("heavier", "heavi"),
    ("higher", "high"),
    ("highest", "high"),
    ("hypotheses", "hypothesi"),
    ("indices", "index"),
    ("larger", "larg"),
    ("largest", "larg"),
    ("longest", "long"),
    ("lowest", "lower"),
    ("matrices", "matrix"),
    ("newer", "new"),
    ("newest", "new"),
    ("older", "old"),
    ("oldest", "old"),
    ("quicker", "quick"),
    ("richer", "rich"),
    ("safer", "safe"),
    ("shorter", "short"),
    ("simpler", "simpl"),
    ("simplest", "simpl"),
    ("slower", "slow"),
    ("slowest", "slow"),
    ("smaller", "small"),
    ("smallest", "small"),
    ("stricter", "strict"),
    ("stronger", "strong"),
    ("vertices", "vertex"),
    ("weaker", "weak"),
];

/// Stems of nouns and the stems of their verbs, sorted.
const FAMILIES: &[(&str, &str)] = &[
    ("analyz", "analys"),
    ("assumpt", "assum"),
    ("choic", "choos"),
    ("classif", "classifi"),
    ("collis", "collid"),
    ("comparison", "compar"),
    ("consumpt", "consum"),
    ("convers", "convert"),
    ("decis", "decid"),
    ("deliveri", "deliv"),
    ("descript", "describ"),
    ("discoveri", "discov"),
    ("divis", "divid"),
    ("expans", "expand"),
    ("explan", "explain"),
    ("extens", "extend"),
    ("failur", "fail"),
    ("growth", "grow"),
    ("identif", "identifi"),
    ("introduct", "introduc"),
    ("justif", "justifi"),
    ("loss", "lose"),
    ("modif", "modifi"),
    ("notif", "notifi"),
    ("permiss", "permit"),
    ("proof", "prove"),
    ("recoveri", "recov"),
    ("reduct", "reduc"),
    ("replica", "replic"),
    ("resolut", "resolv"),
    ("respond", "respons"),
    ("simplif", "simplifi"),
    ("submiss", "submit"),
    ("subscript", "subscrib"),
    ("succeed", "success"),
    ("transmiss", "transmit"),
    ("verif", "verifi"),
];

/// Stems of words of the trade, and what recognisers write for them; sorted.
const MISHEARD: &[(&str, &str)] = &[
    ("async", "sink"),
    ("byte", "bite"),
    ("cach", "cash"),
    ("daemon", "demon"),
    ("docker", "doctor"),
    ("json", "jason"),
    ("kernel", "colonel"),
    ("mutex", "mute"),
    ("queue", "cue"),
    ("race", "rais"),
    ("root", "rout"),
    ("schema", "scheme"),
    ("schema", "skimmer"),
    ("sql", "sequel"),
    ("sync", "sink"),
    ("varianc", "variant"),
    ("wait", "weight"),
    ("yaml", "yam"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_name_each_form_once() {
        for table in [PAST, OTHER, FAMILIES] {
            assert!(table.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
        assert!(MISHEARD.is_sorted());
    }
}
