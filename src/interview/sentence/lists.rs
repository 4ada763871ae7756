//! The words by which sentences are read.

/// Stock phrases that state nothing.
pub(super) const IDIOMS: &[&str] = &[
    "to be honest",
    "to be fair",
    "to be frank",
    "at the end of the day",
    "needless to say",
    "i have to say",
    "as i said",
    "great question",
    "good question",
    "let me see",
    "if that makes sense",
];

/// Words that begin another clause.
pub(super) const CLAUSE: &[&str] = &[
    "but",
    "because",
    "so",
    "since",
    "however",
    "which",
    "whereas",
    "although",
    "though",
    "unless",
    "until",
    "then",
    "if",
    "when",
    "instead",
    "rather",
    "while",
    "otherwise",
];

/// Words that a clause may begin with.
pub(super) const SUBJECTS: &[&str] = &[
    "i", "it", "you", "we", "they", "he", "she", "there", "this", "that", "the", "each", "every",
];

/// Verbs that may follow them.
pub(super) const AUXILIARY: &[&str] = &[
    "is", "are", "was", "were", "does", "do", "did", "can", "will", "would", "has", "have",
];

/// What is denied of a thing that is dismissed ("not needed").
pub(super) const DISMISSED: &[&str] = &[
    "necessary",
    "needed",
    "required",
    "important",
    "relevant",
    "worth",
    "useful",
    "possible",
    "matter",
    "exist",
    "apply",
    "help",
    "really",
    "concept",
    "true",
    "supported",
    "needed",
    "need",
    "work",
];

/// Words that dismiss a thing by themselves.
pub(super) const POINTLESS: &[&str] = &[
    "unnecessary",
    "useless",
    "pointless",
    "deprecated",
    "obsolete",
    "overkill",
    "irrelevant",
    "impossible",
];

/// Signs that the speaker is not sure.
pub(super) const HEDGES: &[&str] = &[
    "maybe",
    "perhaps",
    "i guess",
    "not sure",
    "not totally sure",
    "not entirely sure",
    "not really sure",
    "i suppose",
    "no idea",
    "or something",
    "somehow",
    "not certain",
    "i would guess",
    "no clue",
    "something about",
    "do not know",
    "do not remember",
    "can not remember",
];

/// Words that speak on about what was named before.
pub(super) const REFERS: &[&str] = &["it", "this", "that", "they", "these", "those", "which"];

/// Words that may stand before them.
pub(super) const JOINTS: &[&str] = &["and", "so", "then", "but", "basically", "if", "because"];

/// Signs of an error that is reported and not made.
pub(super) const ERRORS: &[&str] = &[
    "mistake",
    "mistakes",
    "misconception",
    "misunderstanding",
    "fallacy",
    "myth",
    "wrongly",
    "wrong to",
    "is wrong",
    "be wrong",
    "confuse",
    "confused",
    "not true",
    "not correct",
    "mistakenly",
    "used to think",
    "used to believe",
    "i once thought",
    "anti pattern",
];

/// Holders of an opinion that is not the speaker's.
pub(super) const OTHERS: &[&str] = &[
    "people",
    "some",
    "many",
    "most",
    "others",
    "everyone",
    "everybody",
    "somebody",
    "someone",
    "beginners",
    "juniors",
    "newcomers",
    "developers",
    "engineers",
    "teams",
    "candidates",
    "folks",
    "colleagues",
    "they",
];

/// Stems of holding an opinion.
pub(super) const OPINES: &[&str] = &[
    "think", "believ", "assum", "say", "claim", "confus", "expect", "imagin", "suppos",
];
