//! Links flite's static libraries, and hands build facts to the program as
//! `VIVA_*` variables of the compiler (read with `env!`).
//!
//! flite is searched in `FLITE_LIB_DIR`, then where Debian, Ubuntu, Fedora
//! and Homebrew put it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Link order matters to Unix linkers: voices, then the language, then flite.
const FLITE_LIBS: [&str; 7] = [
    "flite_cmu_us_slt",
    "flite_cmu_us_rms",
    "flite_cmu_us_awb",
    "flite_cmu_us_kal16",
    "flite_usenglish",
    "flite_cmulex",
    "flite",
];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Its files are embedded by a macro that cannot say so itself.
    println!("cargo:rerun-if-changed=config/bank");
    println!("cargo:rerun-if-changed=assets/console");
    if env::var_os("CARGO_FEATURE_FLITE").is_some() {
        link_flite();
    }
    build_facts();
}

fn link_flite() {
    println!("cargo:rerun-if-env-changed=FLITE_LIB_DIR");
    let places = flite_places();
    let Some(dir) = places.iter().find(|dir| holds_flite(dir)) else {
        let tried: Vec<String> = places.iter().map(|p| p.display().to_string()).collect();
        let missing = places
            .iter()
            .find(|dir| dir.join("libflite.a").is_file())
            .map(|dir| {
                let lacks: Vec<&str> = FLITE_LIBS
                    .into_iter()
                    .filter(|lib| !dir.join(format!("lib{lib}.a")).is_file())
                    .collect();
                format!("{} lacks {}; ", dir.display(), lacks.join(", "))
            })
            .unwrap_or_default();
        eprintln!(
            "\nThe static libraries of flite (the built-in voices) were not found.\n\
             {missing}looked in: {}\n\
             Debian, Ubuntu: apt install flite1-dev\n\
             macOS: brew install flite\n\
             Elsewhere: set FLITE_LIB_DIR to the folder that holds libflite.a,\n\
             or build with --no-default-features to speak through an external program.\n",
            tried.join(", ")
        );
        std::process::exit(1);
    };
    println!("cargo:rustc-link-search=native={}", dir.display());
    for lib in FLITE_LIBS {
        println!("cargo:rustc-link-lib=static={lib}");
    }
    match env::var("CARGO_CFG_TARGET_OS").as_deref() {
        // Debian's libflite.a contains its ALSA player.
        Ok("linux") => {
            println!("cargo:rustc-link-lib=dylib=asound");
            println!("cargo:rustc-link-lib=dylib=m");
        }
        Ok("macos") => println!("cargo:rustc-link-lib=framework=AudioToolbox"),
        _ => {}
    }
}

fn holds_flite(dir: &Path) -> bool {
    FLITE_LIBS
        .iter()
        .all(|lib| dir.join(format!("lib{lib}.a")).is_file())
}

fn flite_places() -> Vec<PathBuf> {
    if let Some(dir) = env::var_os("FLITE_LIB_DIR") {
        return vec![dir.into()];
    }
    let arch = env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    let mut places: Vec<PathBuf> = Vec::new();
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("macos") {
        if let Some(prefix) = env::var_os("HOMEBREW_PREFIX") {
            places.push(Path::new(&prefix).join("opt/flite/lib"));
        }
        places.push("/opt/homebrew/opt/flite/lib".into());
        places.push("/usr/local/opt/flite/lib".into());
    }
    let triple = match arch.as_str() {
        "arm" => "arm-linux-gnueabihf".to_owned(),
        "x86" => "i386-linux-gnu".to_owned(),
        arch => format!("{arch}-linux-gnu"),
    };
    places.push(format!("/usr/lib/{triple}").into());
    places.extend(["/usr/lib", "/usr/lib64", "/usr/local/lib"].map(PathBuf::from));
    places
}

fn build_facts() {
    let commit = commit().unwrap_or_else(|| "unknown".to_owned());
    println!("cargo:rustc-env=VIVA_COMMIT={commit}");
    let facts = [
        ("VIVA_TARGET", "TARGET"),
        ("VIVA_PROFILE", "PROFILE"),
        ("VIVA_CPU_FEATURES", "CARGO_CFG_TARGET_FEATURE"),
    ];
    for (fact, source) in facts {
        println!(
            "cargo:rustc-env={fact}={}",
            env::var(source).unwrap_or_default()
        );
    }
    println!("cargo:rerun-if-env-changed=GGML_NATIVE");
    let native = env::var("GGML_NATIVE").is_ok_and(|v| matches!(v.as_str(), "ON" | "1" | "on"));
    println!(
        "cargo:rustc-env=VIVA_GGML={}",
        if native { "native" } else { "portable" }
    );
}

/// The short commit id.
fn commit() -> Option<String> {
    let git = |args: &[&str]| {
        let out = Command::new("git").args(args).output().ok()?;
        out.status
            .success()
            .then(|| String::from_utf8_lossy(&out.stdout).trim().to_owned())
    };
    // Only where this package is the repository itself, not a copy inside
    // somebody else's.
    let top = git(&["rev-parse", "--show-toplevel"])?;
    let here = env::var("CARGO_MANIFEST_DIR").ok()?;
    if Path::new(&top).canonicalize().ok()? != Path::new(&here).canonicalize().ok()? {
        return None;
    }
    // The log of HEAD changes with each commit and checkout.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    if Path::new(&log).is_file() {
        println!("cargo:rerun-if-changed={log}");
    }
    git(&["rev-parse", "--short=12", "HEAD"])
}
