//! Sample formats: how each converts to and from `f32` in -1..1, without
//! allocation, so that callbacks may do it.

/// One sample of some format.
pub trait Pcm: Copy + 'static {
    /// As `f32` in -1..1.
    fn to_f32(self) -> f32;
    /// From `f32`; what is out of range is clipped.
    fn from_f32(value: f32) -> Self;
}

impl Pcm for f32 {
    fn to_f32(self) -> f32 {
        self
    }

    fn from_f32(value: f32) -> Self {
        value
    }
}

impl Pcm for f64 {
    fn to_f32(self) -> f32 {
        self as f32
    }

    fn from_f32(value: f32) -> Self {
        value.into()
    }
}

// Casts from float saturate, which is the clipping that is wanted. Signed
// full scale is 2^(bits-1); unsigned samples have their zero there.
macro_rules! pcm {
    ($($signed:ty, $unsigned:ty, $full:expr;)*) => {$(
        impl Pcm for $signed {
            fn to_f32(self) -> f32 {
                (self as f64 / $full) as f32
            }

            fn from_f32(value: f32) -> Self {
                (value as f64 * $full).round() as Self
            }
        }

        impl Pcm for $unsigned {
            fn to_f32(self) -> f32 {
                ((self as f64 - $full) / $full) as f32
            }

            fn from_f32(value: f32) -> Self {
                (value as f64 * $full + $full).round() as Self
            }
        }
    )*};
}

pcm! {
    i8, u8, 128.0;
    i16, u16, 32_768.0;
    i32, u32, 2_147_483_648.0;
    i64, u64, 9_223_372_036_854_775_808.0;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back<T: Pcm + PartialEq + std::fmt::Debug>(low: T, zero: T, high: T) {
        assert_eq!(T::from_f32(0.0), zero);
        assert_eq!(zero.to_f32(), 0.0);
        assert_eq!(T::from_f32(-1.5), low);
        assert_eq!(T::from_f32(1.5), high);
        assert!((low.to_f32() + 1.0).abs() < 1e-6);
        assert!((high.to_f32() - 1.0).abs() < 0.01);
    }

    #[test]
    fn every_format_keeps_zero_and_clips_at_full_scale() {
        there_and_back(i8::MIN, 0, i8::MAX);
        there_and_back(i16::MIN, 0, i16::MAX);
        there_and_back(i32::MIN, 0, i32::MAX);
        there_and_back(i64::MIN, 0, i64::MAX);
        there_and_back(0u8, 128, u8::MAX);
        there_and_back(0u16, 32_768, u16::MAX);
        there_and_back(0u32, 1 << 31, u32::MAX);
        there_and_back(0u64, 1 << 63, u64::MAX);
    }
}
