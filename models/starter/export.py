"""Write a checkpoint as a whisper.cpp model file, in f16 or q5_1."""

import argparse
import hashlib
import struct
from pathlib import Path

import numpy as np

from mel import FILTERS
from model import PINNED, UNUSED
from pieces import SHIPPED, VOCAB, read_ranks
from quantise import FTYPE_F16, FTYPE_Q5_1, TYPE_F16, TYPE_F32, TYPE_Q5_1, is_quantised, pack

AUDIO_CTX, TEXT_CTX = 1500, 448
MAGIC = 0x67676D6C


def positions(d: int) -> np.ndarray:
    """The encoder's sinusoids."""
    rates = np.exp(-np.log(10000) / (d // 2 - 1) * np.arange(d // 2))
    angle = np.arange(AUDIO_CTX)[:, None] * rates[None]
    return np.concatenate([np.sin(angle), np.cos(angle)], 1).astype(np.float32)


def tensors(weights: dict[str, np.ndarray], used: list[int], d: int) -> dict[str, np.ndarray]:
    """The tensors of the file: without the auxiliary heads, the vocabulary widened to its full size."""
    out = {k: v for k, v in weights.items() if not k.startswith("ctc")}
    out["decoder.ln.weight"][0], out["decoder.ln.bias"][0] = 0, PINNED
    table = np.zeros((VOCAB, d), np.float32)
    table[:, 0] = UNUSED
    table[np.array(used)] = out["decoder.token_embedding.weight"]
    out["decoder.token_embedding.weight"] = table
    out["encoder.positional_embedding"] = positions(d)
    return out


def write(path: Path, named: dict[str, np.ndarray], dims: dict[str, int], ranks: dict[bytes, int], kind: str) -> None:
    """Header, mel filters, vocabulary, tensors."""
    d, heads = dims["d"], dims["h"]
    ftype = FTYPE_Q5_1 if kind == "q5_1" else FTYPE_F16
    with open(path, "wb") as file:
        file.write(struct.pack("i", MAGIC))
        sizes = (VOCAB, AUDIO_CTX, d, heads, dims["enc"], TEXT_CTX, d, heads, dims["dec"], 80, ftype)
        file.write(struct.pack("11i", *sizes))
        file.write(struct.pack("2i", *FILTERS.shape) + FILTERS.tobytes())
        file.write(struct.pack("i", len(ranks)))
        for token in sorted(ranks, key=ranks.get):
            file.write(struct.pack("i", len(token)) + token)
        for name, value in named.items():
            if name in ("encoder.conv1.bias", "encoder.conv2.bias"):
                value = value.reshape(-1, 1)
            if kind == "q5_1" and is_quantised(name, value.shape):
                ttype, data = TYPE_Q5_1, pack(value)
            elif value.ndim >= 2 and not name.endswith(("positional_embedding", "bias")):
                ttype, data = TYPE_F16, np.ascontiguousarray(value.astype(np.float16)).tobytes()
            else:
                ttype, data = TYPE_F32, np.ascontiguousarray(value.astype(np.float32)).tobytes()
            label = name.encode()
            file.write(struct.pack("3i", value.ndim, len(label), ttype))
            file.write(struct.pack(f"{value.ndim}i", *reversed(value.shape)) + label + data)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--type", choices=("f16", "q5_1"), default="q5_1")
    parser.add_argument("--weights", choices=("raw", "ema"), default="raw", help="last weights, or their running mean")
    parser.add_argument("--vocabulary", type=Path, default=SHIPPED, help="a whisper.cpp model file to take it from")
    args = parser.parse_args()
    import torch

    saved = torch.load(args.checkpoint, map_location="cpu")
    weights = {k: v.float().numpy() for k, v in saved[args.weights].items()}
    named = tensors(weights, saved["used"], saved["dims"]["d"])
    write(args.out, named, saved["dims"], read_ranks(args.vocabulary), args.type)
    digest = hashlib.sha256(args.out.read_bytes()).hexdigest()
    print(f"{args.out} step {saved['step']}: {args.out.stat().st_size} bytes, sha256 {digest}")


if __name__ == "__main__":
    main()
