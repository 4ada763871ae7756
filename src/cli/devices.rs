//! `viva devices`: what there is to hear and speak with.

use crate::audio::list_devices;
use clap::Args;
use std::process::ExitCode;

/// List microphones and speakers.
#[derive(Args, Debug)]
#[command(after_help = "Example: viva devices --json")]
pub(super) struct DevicesArgs {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: DevicesArgs) -> anyhow::Result<ExitCode> {
    let devices = list_devices()?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&devices)?);
        return Ok(ExitCode::SUCCESS);
    }
    if devices.is_empty() {
        println!("No sound devices were found.");
        return Ok(ExitCode::from(1));
    }
    for device in devices {
        let kind = match (device.input, device.output, device.monitor) {
            (true, true, false) => "microphone, speaker",
            (true, false, false) => "microphone",
            (true, true, true) => "speaker; no microphone: a copy of what is played",
            (true, false, true) => "no microphone: a copy of what is played",
            (false, true, _) => "speaker",
            (false, false, _) => continue,
        };
        let default = if device.default { " (default)" } else { "" };
        println!("{}{default}\n    {kind}; {}", device.name, device.format);
    }
    Ok(ExitCode::SUCCESS)
}
