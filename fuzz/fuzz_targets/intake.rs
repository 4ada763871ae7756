//! Jobs, résumés and banks as text: what is made of them is kept in a
//! record's head and comes back from there as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rooms::event::Settings;
use rooms::interview::{Bank, Job, Resume, Setup};

fuzz_target!(|data: &[u8]| {
    let Some((&flags, data)) = data.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if flags & 4 != 0 {
        bank(text);
        return;
    }
    let name = ["cv.md", "cv.toml", "cv.txt", "cv"][usize::from(flags & 3)];
    let job = Job::parse(name, text);
    let resume = Resume::parse(name, text);
    if let Ok(job) = &job {
        assert!(!job.position().trim().is_empty());
    }
    let plain = || Job::parse("job.txt", "Data Engineer\nPython and SQL are a must.");
    let job = job.or_else(|_| plain()).unwrap();
    let resume = resume.unwrap_or_else(|_| Resume::of_name("Zoë Example"));
    if let Ok(setup) = Setup::prepare(job, resume, Bank::builtin(), Settings::default()) {
        let kept = serde_json::to_string(&setup).unwrap();
        assert_eq!(setup, serde_json::from_str(&kept).unwrap());
    }
});

fn bank(text: &str) {
    let Ok(own) = Bank::from_files(&[("own.toml", text)]) else {
        return;
    };
    for (_, question) in own.questions() {
        assert!(own.question(&question.id).is_some());
    }
    let both = Bank::with_own(&[("own.toml", text)], false).unwrap();
    for (_, question) in own.questions() {
        assert_eq!(
            both.question(&question.id).map(|q| &q.ask),
            Some(&question.ask)
        );
    }
}
