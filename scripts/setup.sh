#!/bin/sh
# Installs what is missing to build Viva, or to build and test it.
# usage: setup.sh build|test
#
# Debian and Ubuntu by apt, macOS by brew; other systems get a list. Nothing
# is changed where everything is there already.
set -eu

what=${1:-build}
case $what in
build | test) ;;
*)
    echo "usage: $0 build|test" >&2
    exit 2
    ;;
esac

MIN_RUST=1.91

have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        echo "setup: needs root to run: $*" >&2
        exit 1
    fi
}

apt_packages() {
    # A compiler and cmake for whisper.cpp, ALSA for sound, flite's voices.
    echo "g++ make cmake pkg-config libasound2-dev flite1-dev git ca-certificates curl"
    # A sound server that needs no sound card; a time-stamp authority; a
    # browser and what drives it.
    if [ "$what" = test ]; then
        echo "pulseaudio pulseaudio-utils libasound2-plugins openssl $(browser)"
    fi
}

# Ubuntu's packages of these names only lead to a snap, which is no use in a
# container: whoever tests there brings Chrome and chromedriver along, or sets
# VIVA_SKIP_BROWSER=1.
browser() {
    if have chromedriver || grep -q '^ID=ubuntu' /etc/os-release; then
        return 0
    fi
    echo "chromium chromium-driver"
}

setup_apt() {
    missing=""
    for package in $(apt_packages); do
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$state" = installed ] || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    echo "setup: installing$missing"
    as_root apt-get update -qq
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends $missing >/dev/null
}

setup_brew() {
    have brew || {
        echo "setup: install Homebrew first (https://brew.sh)" >&2
        exit 1
    }
    packages="cmake pkg-config flite"
    [ "$what" = build ] || packages="$packages pulseaudio openssl chromedriver"
    for package in $packages; do
        brew list --versions "$package" >/dev/null 2>&1 || brew install "$package"
    done
}

setup_other() {
    cat >&2 <<LIST
setup: this system is not known here. Viva needs, to build:
  Rust $MIN_RUST or later (rustup), a C and C++ compiler, make, cmake, pkg-config,
  ALSA's development files (Linux), flite's development files with its static
  libraries (libflite.a, libflite_cmu_us_slt.a, ...)
and to be tested: pulseaudio with pactl, pacat and parec, ALSA's pulse plugin,
the openssl program, and Chromium with chromedriver.
LIST
    for tool in cmake c++ make pkg-config; do
        have "$tool" || {
            echo "setup: $tool is missing" >&2
            exit 1
        }
    done
}

rust_is_new_enough() {
    have cargo && have rustc || return 1
    found=$(rustc --version | cut -d' ' -f2 | cut -d- -f1)
    [ "$(printf '%s\n%s\n' "$MIN_RUST" "$found" | sort -V | head -n1)" = "$MIN_RUST" ]
}

setup_rust() {
    PATH="$HOME/.cargo/bin:$PATH"
    if rust_is_new_enough; then
        return 0
    fi
    echo "setup: installing Rust with rustup"
    if ! have rustup; then
        curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs |
            sh -s -- -y --profile default --no-modify-path
    fi
    rustup toolchain install stable --profile default
    rustup default stable
    rust_is_new_enough || {
        echo "setup: found $(rustc --version), expected Rust $MIN_RUST or later" >&2
        exit 1
    }
}

case $(uname -s) in
Darwin) setup_brew ;;
Linux) if have apt-get && have dpkg-query; then setup_apt; else setup_other; fi ;;
*) setup_other ;;
esac
setup_rust
