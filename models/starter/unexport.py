"""Read a whisper.cpp model file back as a checkpoint, to go on training from what is shipped.

The file has lost the optimiser's moments, the auxiliary CTC heads and the exact weights (it holds them
rounded); the heads start afresh, or are taken from another checkpoint with --heads.
"""

import argparse
import struct
from pathlib import Path

import numpy as np

from export import MAGIC
from model import UNUSED
from pieces import SHIPPED
from quantise import BLOCK, TYPE_F16, TYPE_F32, TYPE_Q5_1, unpack


def read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, int]]:
    """The tensors of a model file as float32, by name, and the sizes of the network."""
    data = path.read_bytes()
    if len(data) < 48 or struct.unpack_from("i", data)[0] != MAGIC:
        raise ValueError(f"{path} does not begin as a whisper.cpp model file does")
    _, _, d, heads, encoder, _, _, _, decoder, _, _ = struct.unpack_from("11i", data, 4)
    at = 48
    rows, columns = struct.unpack_from("2i", data, at)
    at += 8 + 4 * rows * columns
    (count,) = struct.unpack_from("i", data, at)
    at += 4
    for _ in range(count):
        at += 4 + struct.unpack_from("i", data, at)[0]
    named = {}
    while at < len(data):
        dims, length, kind = struct.unpack_from("3i", data, at)
        shape = tuple(reversed(struct.unpack_from(f"{dims}i", data, at + 12)))
        at += 12 + 4 * dims
        name = data[at : at + length].decode()
        at += length
        values = int(np.prod(shape))
        size = {TYPE_F32: 4 * values, TYPE_F16: 2 * values, TYPE_Q5_1: values // BLOCK * 24}[kind]
        raw = data[at : at + size]
        at += size
        if kind == TYPE_Q5_1:
            named[name] = unpack(raw, shape)
        else:
            named[name] = np.frombuffer(raw, np.float32 if kind == TYPE_F32 else np.float16).astype(np.float32).reshape(shape)
    return named, {"d": d, "h": heads, "enc": encoder, "dec": decoder}


def trained(named: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], list[int]]:
    """The tensors as the training holds them, with only the vocabulary rows in use, and these rows' ids."""
    out = {name: value for name, value in named.items() if name != "encoder.positional_embedding"}
    for name in ("encoder.conv1.bias", "encoder.conv2.bias"):
        out[name] = out[name].reshape(-1)
    table = out["decoder.token_embedding.weight"]
    filler = np.zeros(table.shape[1], np.float32)
    filler[0] = UNUSED
    near = np.abs(table - filler).max(1) < 0.05  # the filler too is rounded in the file
    used = [int(i) for i in np.where(~near)[0]]
    out["decoder.token_embedding.weight"] = table[used]
    return out, used


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="checkpoint to write")
    parser.add_argument("--model", type=Path, default=SHIPPED, help="a model file of these scripts")
    parser.add_argument("--heads", type=Path, help="a checkpoint to take the CTC heads from")
    parser.add_argument("--step", type=int, default=0, help="what the checkpoint's count of steps begins with")
    args = parser.parse_args()
    import torch

    named, dims = read(args.model)
    weights, used = trained(named)
    state = {name: torch.from_numpy(value.copy()) for name, value in weights.items()}
    if args.heads:
        other = torch.load(args.heads, map_location="cpu")["raw"]
        state.update({name: value.float() for name, value in other.items() if name.startswith("ctc")})
    torch.save({"raw": state, "ema": state, "dims": dims, "used": used, "step": args.step, "audio_h": 0.0}, args.out)
    print(f"{args.out}: {len(state)} tensors, {len(used)} vocabulary rows")


if __name__ == "__main__":
    main()
