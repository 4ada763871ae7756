"""Train the model; on a CPU with one thread per core sharing the weights, or on a GPU.

The rate is constant after a short warm-up and falls to zero over the last part of the time given.
A checkpoint is written every few minutes; --resume goes on from one (the optimiser's moments restart).
"""

import argparse
import copy
import dataclasses
import json
import queue
import threading
import time
import traceback
from pathlib import Path

import numpy as np
import torch

from data import Batcher, Corpus, Loader, Recipe
from losses import first_stamp, loss
from model import Model
from optim import Optimiser
from pieces import EOT, NOSPEECH, NOTIMES, PREV, SOT, TIME0, Pieces, read_ranks


class Workers:
    """Data parallel over threads of one torch thread each: shared weights, own gradients. The small
    batches of a step are handed out as threads become free, so a busy machine costs less."""

    def __init__(self, model, loader: Loader, threads: int, stamp_id: int) -> None:
        self.loader, self.stamp_id = loader, stamp_id
        self.models = [model]
        for _ in range(threads - 1):
            twin = copy.deepcopy(model)
            for a, b in zip(twin.parameters(), model.parameters(), strict=True):
                a.data = b.data
            self.models.append(twin)
        self.todo: queue.Queue = queue.Queue()
        self.done: queue.Queue = queue.Queue()
        for one in self.models:
            threading.Thread(target=self._work, args=(one,), daemon=True).start()

    def _work(self, model) -> None:
        if next(model.parameters()).device.type == "cpu":
            torch.set_num_threads(1)
        while True:
            ctc_weight, guide_weight, share = self.todo.get()
            try:
                batch = self.loader.get()
                total, shown = loss(model, batch, self.stamp_id, ctc_weight, guide_weight)
                (total * share).backward()
                self.done.put((batch[0].shape[0] * batch[0].shape[2] / 100, *shown))
            except Exception:  # the step goes on with the other batches
                traceback.print_exc()
                self.done.put(None)

    @torch.no_grad()
    def step(self, count: int, ctc_weight: float, guide_weight: float) -> list[tuple]:
        """Gradients of `count` batches, summed into the first model."""
        for _ in range(count):
            self.todo.put((ctc_weight, guide_weight, 1 / count))
        rows = [row for row in (self.done.get() for _ in range(count)) if row]
        for twin in self.models[1:]:
            for a, b in zip(self.models[0].parameters(), twin.parameters(), strict=True):
                if b.grad is not None:
                    a.grad = b.grad if a.grad is None else a.grad.add_(b.grad)
                    b.grad = None
        return rows


def save(path: Path, optimiser: Optimiser, model: Model, used: list[int], step: int, hours: float) -> None:
    state = {which: {k: v.clone().cpu() for k, v in optimiser.named(which).items()} for which in ("raw", "ema")}
    torch.save({**state, "dims": model.dims, "used": used, "step": step, "audio_h": hours}, path.with_suffix(".part"))
    path.with_suffix(".part").rename(path)


def wait_while(pause: Path | None) -> float:
    """Sleep as long as the file exists; returns the seconds lost."""
    start = time.time()
    while pause is not None and pause.exists():
        time.sleep(1)
    return time.time() - start


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shards", type=Path)
    parser.add_argument("pieces", type=Path, help="JSON list of piece ids")
    parser.add_argument("out", type=Path, help="checkpoint to write")
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--resume", type=Path)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--micro", type=int, default=4, help="batches per step")
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--decay", type=float, default=0.5, help="share of the time in which the rate falls")
    parser.add_argument("--ema", type=float, default=0.99)
    parser.add_argument("--quantise-from", type=float, default=0.8, help="share of the time after which weights are rounded")
    parser.add_argument("--start-easy", action="store_true", help="from nothing: short clean clips, strong CTC, at first")
    parser.add_argument("--pause-file", type=Path, help="training rests while this file exists")
    parser.add_argument("--settings", type=Path, help="JSON read now and then: fields of Recipe, ctc, guide, lr, minutes")
    parser.add_argument("--d", type=int, default=256)
    parser.add_argument("--layers", type=int, nargs=2, default=(6, 4))
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main() -> None:
    args = arguments()
    torch.manual_seed(args.seed)
    pieces = Pieces(json.loads(args.pieces.read_text()), read_ranks())
    used = sorted([*pieces.ids, EOT, SOT, NOSPEECH, NOTIMES, PREV, *range(TIME0, TIME0 + 1501)])
    corpus = Corpus(args.shards, pieces)
    recipe = Recipe()
    loader = Loader(Batcher(corpus, used, recipe), args.seed)
    model = Model(len(used), args.d, *args.layers).to(args.device, torch.bfloat16)
    model.encoder.positional_embedding = model.encoder.positional_embedding.float()
    optimiser = Optimiser(model)
    step, hours = 0, 0.0
    if args.resume:
        saved = torch.load(args.resume, map_location=args.device)
        optimiser.load(saved, used)
        step, hours = saved["step"], saved.get("audio_h", 0.0)
    workers = Workers(model, loader, args.threads if args.device == "cpu" else 1, first_stamp(used))
    print(
        f"{sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters, {len(used)} tokens, {len(corpus)} utterances",
        flush=True,
    )
    first, start, lost, rows = step, time.time(), 0.0, []
    saved_at = refreshed_at = shown_at = start
    settings: dict = {}
    while True:
        lost += wait_while(args.pause_file)
        part = (time.time() - start - lost) / (60 * settings.get("minutes", args.minutes))
        if part >= 1:
            break
        ctc_weight, guide_weight = settings.get("ctc", 0.4), settings.get("guide", 0.05)
        if args.start_easy:
            recipe.longest = 450 if step < 400 else 600 if step < 2000 else 900 if step < 2600 else 1650
            recipe.several, recipe.window, recipe.history = (0.0, 0.0, 0.0) if step < 2700 else (0.06, 0.03, 0.04)
            recipe.distorted, recipe.silence = (0.05, 0.0) if step < 1000 else (0.18, 0.04)
            ctc_weight = 2.0 if step < 2800 else 0.7 if step < 4000 else ctc_weight
            guide_weight = 0.5 if step < 2600 else 0.1 if step < 3500 else guide_weight
        if step % 20 == 0 and args.settings and args.settings.exists():
            settings = json.loads(args.settings.read_text())
            for field in dataclasses.fields(Recipe):
                setattr(recipe, field.name, settings.get(field.name, getattr(recipe, field.name)))
        optimiser.quantised = part >= settings.get("quantise_from", args.quantise_from)
        rate = settings.get("lr", args.lr) * min(1.0, (step - first + 1) / 50) * min(1.0, max(0.005, (1 - part) / args.decay))
        result = workers.step(args.micro, ctc_weight, guide_weight)
        norm = optimiser.step(rate, args.ema)
        step += 1
        hours += sum(r[0] for r in result) / 3600
        rows += [(*r[1:], norm) for r in result]
        now = time.time()
        if step % 25 == 0:
            text, right, letters, phones, norm = np.mean(rows, 0)
            print(
                f"{step}\t{part:.3f}\t{now - shown_at:.0f} s\t{hours:.2f} h\ttext {text:.3f}\tright {right:.3f}\t"
                f"letters {letters:.3f}\tphones {phones:.3f}\tnorm {norm:.2f}\trate {rate:.1e}\t{len(corpus)} utterances",
                flush=True,
            )
            rows, shown_at = [], now
        if now - refreshed_at > 60:
            corpus.refresh()
            refreshed_at = now
        if now - saved_at > 180:
            save(args.out, optimiser, model, used, step, hours)
            saved_at = now
    save(args.out, optimiser, model, used, step, hours)
    print(f"done: {step - first} steps, {hours:.1f} h of audio in all", flush=True)


if __name__ == "__main__":
    main()
