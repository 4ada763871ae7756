"""ggml's q5_1: blocks of 32 values as 5 bit steps between a minimum and a maximum."""

import numpy as np

BLOCK = 32
TYPE_F32, TYPE_F16, TYPE_Q5_1 = 0, 1, 7
FTYPE_F16, FTYPE_Q5_1 = 1, 2009  # the latter with the quantisation version (2) in the thousands
KEPT = ("positional_embedding", "encoder.conv1.bias", "encoder.conv2.bias")


def is_quantised(name: str, shape: tuple[int, ...]) -> bool:
    """Which tensors whisper.cpp's own quantiser packs."""
    return len(shape) == 2 and not name.endswith(KEPT)


def steps(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scale and minimum (f16) and the 5 bit steps of each block."""
    blocks = values.astype(np.float32).reshape(-1, BLOCK)
    low, high = blocks.min(1), blocks.max(1)
    scale = (high - low) / 31.0
    inverse = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)
    q = np.clip(((blocks - low[:, None]) * inverse[:, None] + 0.5).astype(np.int32), 0, 31)
    return scale.astype(np.float16), low.astype(np.float16), q.astype(np.uint8)


def pack(values: np.ndarray) -> bytes:
    """The bytes of a tensor: per block scale, minimum, 32 high bits, 16 bytes of low nibbles."""
    if values.shape[-1] % BLOCK:
        raise ValueError(f"rows of {values.shape[-1]} values do not divide into blocks of {BLOCK}")
    scale, low, q = steps(values)
    out = np.empty((len(q), 24), np.uint8)
    out[:, 0:2] = scale[:, None].view(np.uint8)
    out[:, 2:4] = low[:, None].view(np.uint8)
    out[:, 4:8] = np.packbits(q >> 4, axis=1, bitorder="little")
    out[:, 8:] = (q[:, :16] & 15) | ((q[:, 16:] & 15) << 4)
    return out.tobytes()


def unpack(data: bytes, shape: tuple[int, ...]) -> np.ndarray:
    """The values that a decoder sees."""
    raw = np.frombuffer(data, np.uint8).reshape(-1, 24)
    scale = raw[:, 0:2].copy().view(np.float16).astype(np.float32)
    low = raw[:, 2:4].copy().view(np.float16).astype(np.float32)
    high = np.unpackbits(raw[:, 4:8], axis=1, bitorder="little")
    nibbles = np.concatenate([raw[:, 8:] & 15, raw[:, 8:] >> 4], axis=1)
    return (scale * (nibbles | (high << 4)) + low).reshape(shape)
