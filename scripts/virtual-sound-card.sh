#!/bin/bash
# A sound card that is not there: a private PulseAudio with a virtual
# microphone and a virtual speaker, without systemd, D-Bus or hardware.
#
#   virtual-sound-card.sh start     starts it and waits until it can be used
#   virtual-sound-card.sh env       prints the variables that programs need
#   virtual-sound-card.sh status    says whether it runs
#   virtual-sound-card.sh stop      ends it and removes its files
#   virtual-sound-card.sh control   prints where it can be controlled
#
# Programs see the source "mic" and the sink "speaker" as defaults. What is
# played into the sink "mic_feed" is what the microphone hears; what the
# speaker played can be recorded from "speaker.monitor".
#
#   eval "$(virtual-sound-card.sh env)"
#   paplay --device=mic_feed answer.wav
#   parec --device=speaker.monitor --file-format=wav heard.wav
#
# "control" prints the address of a second door to the same server. Taking
# away the first, through the second, unplugs every device of the programs
# that came in by the first; bringing it back plugs them in again:
#
#   virtual-sound-card.sh unplug
#   virtual-sound-card.sh plug
#
# Everything lives in VIVA_SOUND_DIR (default: viva-sound in the temporary
# folder). Two at once need two folders.
set -u

dir=${VIVA_SOUND_DIR:-${TMPDIR:-/tmp}/viva-sound}
socket=$dir/native
control=$dir/control
door=(module-native-protocol-unix "socket=$socket" auth-anonymous=1 auth-cookie-enabled=0)
pulse_pid=$dir/pulse.pid
keep_pids=$dir/keep.pids
format=(--rate=48000 --channels=2 --format=s16le)

fail() {
    echo "virtual-sound-card: $*" >&2
    exit 1
}

running() {
    [ -f "$pulse_pid" ] && kill -0 "$(cat "$pulse_pid")" 2>/dev/null
}

write_config() {
    mkdir -p "$dir/run" "$dir/state"
    chmod 700 "$dir" "$dir/run" "$dir/state"
    local sink="load-module module-null-sink rate=48000 channels=2 format=s16le"
    cat >"$dir/default.pa" <<PA
$sink sink_name=mic_feed sink_properties=device.description=mic_feed
$sink sink_name=speaker sink_properties=device.description=speaker
load-module module-remap-source source_name=mic master=mic_feed.monitor channels=1 channel_map=mono source_properties=device.description=mic
set-default-sink speaker
set-default-source mic
load-module ${door[*]}
load-module module-native-protocol-unix socket=$control auth-anonymous=1 auth-cookie-enabled=0
PA
    # Only the default is redirected: a second definition of pcm.pulse would
    # clash with the distribution's own and break ALSA altogether.
    cat >"$dir/asound.conf" <<'ALSA'
<confdir:alsa.conf>
pcm.!default { type pulse }
ctl.!default { type pulse }
# For programs that speak into the microphone.
pcm.mic_feed {
    type pulse
    device mic_feed
    hint { show on description "what the virtual microphone hears" }
}
ALSA
}

# Runs a command in a session of its own and notes its pid in a file.
launch() {
    local pids=$1
    shift
    setsid "$@" </dev/null >>"$dir/log" 2>&1 &
    echo $! >>"$pids"
}

start() {
    command -v pulseaudio >/dev/null || fail "pulseaudio is not installed"
    command -v pacat >/dev/null || fail "pulseaudio-utils are not installed"
    if running; then
        echo "runs already, pid $(cat "$pulse_pid")"
        return
    fi
    # A socket's path may have 107 bytes.
    [ ${#control} -le 100 ] || fail "the folder's name is too long: $dir"
    write_config
    rm -f "$socket" "$control" "$pulse_pid" "$keep_pids" "$dir/log"
    launch "$pulse_pid" env -u DBUS_SESSION_BUS_ADDRESS -u DISPLAY -u PULSE_SERVER \
        HOME="$dir/state" XDG_RUNTIME_DIR="$dir/run" \
        PULSE_RUNTIME_PATH="$dir/run" PULSE_STATE_PATH="$dir/state" \
        pulseaudio --daemonize=no --use-pid-file=no --exit-idle-time=-1 --disallow-exit=yes \
        --high-priority=no --realtime=no --disable-shm=yes \
        --log-target=stderr --log-level=notice -n -F "$dir/default.pa"
    export PULSE_SERVER=unix:$control
    for _ in $(seq 1 100); do
        if [ -S "$control" ] && timeout 5 pactl info >/dev/null 2>&1; then
            keep_awake
            echo "runs, pid $(cat "$pulse_pid")"
            return
        fi
        running || break
        sleep 0.1
    done
    cat "$dir/log" >&2
    stop >/dev/null
    fail "PulseAudio did not start"
}

# An idle null sink works two seconds at a time, so a new listener would hear
# nothing for that long. A client that plays silence keeps it quick.
keep_awake() {
    local sink
    for sink in mic_feed speaker; do
        launch "$keep_pids" pacat --raw --device=$sink "${format[@]}" --latency-msec=20 /dev/zero
    done
    sleep 2.2
}

# Ends the processes of a pid file, the hard way if need be.
end() {
    local pid
    [ -f "$1" ] || return 0
    while read -r pid; do
        kill "$pid" 2>/dev/null || continue
        for _ in $(seq 1 30); do
            kill -0 "$pid" 2>/dev/null || continue 2
            sleep 0.1
        done
        kill -9 "$pid" 2>/dev/null
    done <"$1"
    rm -f "$1"
}

stop() {
    end "$keep_pids"
    end "$pulse_pid"
    rm -rf "$socket" "$control" "$dir/run" "$dir/state" "$dir/default.pa" "$dir/asound.conf"
    echo "stopped"
}

unplug() {
    local id
    export PULSE_SERVER=unix:$control
    id=$(pactl list short modules | grep -F "socket=$socket " | cut -f1)
    [ -n "$id" ] || fail "nothing is plugged in"
    pactl unload-module "$id" || fail "the door does not close"
}

plug() {
    export PULSE_SERVER=unix:$control
    pactl load-module "${door[@]}" >/dev/null || fail "the door does not open"
}

case "${1:-}" in
start) start ;;
stop) stop ;;
status)
    running || { echo "does not run"; exit 1; }
    echo "runs, pid $(cat "$pulse_pid")"
    ;;
unplug) unplug ;;
plug) plug ;;
control) echo "unix:$control" ;;
env)
    echo "export PULSE_SERVER='unix:$socket'"
    echo "export PULSE_RUNTIME_PATH='$dir/run'"
    echo "export ALSA_CONFIG_PATH='$dir/asound.conf'"
    ;;
*)
    sed -n '2,/^set -u/s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
