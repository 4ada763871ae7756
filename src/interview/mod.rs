//! The interviewer. Pure: no clock, no files, no network, no audio and no
//! chance of its own. One mutation ([`Interview::handle`]), then outputs are
//! drained ([`Interview::poll`]) until the next [`Interview::deadline`].
//! The same inputs at the same times give the same outputs, byte for byte.
//!
//! Before: [`Job`] and [`Resume`] are read, and [`Setup::prepare`] chooses
//! the questions from a [`Bank`]. After: [`Interview::asked`] holds what was
//! asked and which utterances answered it. Whoever wants that from a record
//! builds an [`Interview`] from the record's setup and feeds it the recorded
//! inputs; nothing else decides which words belong to which question.

mod absent;
mod asides;
mod asked;
pub mod audit;
pub mod bank;
mod choose;
mod closing;
mod consent;
mod course;
mod doubt;
mod engine;
mod granted;
pub mod job;
mod lines;
mod mishearing;
mod occupation;
pub mod open;
mod outline;
pub mod phrase;
pub mod phrasing;
pub mod plan;
mod policy;
mod project;
pub mod relevance;
mod requests;
pub mod resume;
mod resumed;
pub mod rubric;
pub mod score;
pub mod sentence;
pub mod skills;
mod steer;
pub mod stems;
mod text;
mod turn;
mod twins;
pub mod vocabulary;
mod waiting;
mod wish;

pub use asked::{Asked, AskedBack, Outcome};
pub use bank::{Bank, BankError};
pub use engine::{Interview, Progress};
pub use job::{Job, JobError};
pub use plan::{Plan, PlannedQuestion, Setup, SetupError};
pub use relevance::Relevance;
pub(crate) use requests::{Intent, understand};
pub use resume::{Resume, ResumeError};
pub use steer::{SteerRefusal, is_own_question};
