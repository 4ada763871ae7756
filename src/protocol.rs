//! Messages and audio frames on the wire.
