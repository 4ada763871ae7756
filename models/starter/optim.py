"""Muon for the matrices of the blocks, Adam for the rest; float32 master weights, running means.

With `quantised` the model computes with weights rounded to q5_1 while the masters stay exact, so the
last part of the training adapts to the file that is shipped.
"""

import math
from concurrent.futures import ThreadPoolExecutor

import torch

from model import PINNED
from quantise import BLOCK, is_quantised


def orthogonalise(matrix: torch.Tensor) -> torch.Tensor:
    """Newton-Schulz iteration: roughly the orthogonal factor of a matrix. One matrix at a time, so that
    everything stays in a core's cache."""
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.mT.contiguous() if tall else matrix
    x = x / (x.float().norm() + 1e-7).to(x.dtype)
    for _ in range(5):
        a = x @ x.mT
        b = (a @ a).mul_(2.0315).add_(a, alpha=-4.7750)
        x = (b @ x).add_(x, alpha=3.4445)
    return x.mT if tall else x


def round_q5_1(weight: torch.Tensor) -> torch.Tensor:
    """What is left of a float32 matrix after q5_1."""
    blocks = weight.reshape(-1, BLOCK)
    low, high = blocks.amin(1, keepdim=True), blocks.amax(1, keepdim=True)
    scale = (high - low) / 31
    q = ((blocks - low) / scale.clamp(min=1e-12) + 0.5).floor().clamp(0, 31)
    return (q * scale.half().float() + low.half().float()).reshape(weight.shape)


class Optimiser:
    """State and update of every parameter; the parameters are shared out among some threads."""

    def __init__(self, model, muon: float = 15.0, threads: int = 2) -> None:
        self.model, self.muon, self.count, self.quantised = model, muon, 0, False
        self.pool = ThreadPoolExecutor(threads) if threads > 1 else None
        self.states = []
        for name, p in model.named_parameters():
            w = p.detach().float().clone()
            state = {"name": name, "p": p, "w": w, "mean": w.clone()}
            state["matrix"] = ".blocks." in name and p.dim() == 2
            if state["matrix"]:
                state["m"] = torch.zeros_like(p)
            else:
                state["m"], state["v"] = torch.zeros_like(w), torch.zeros_like(w)
            state["packed"] = is_quantised(name, tuple(p.shape)) and not name.startswith("ctc")
            self.states.append(state)

    def _each(self, work) -> None:
        if self.pool is None:
            for state in self.states:
                work(state)
        else:
            list(self.pool.map(work, self.states))

    def named(self, which: str) -> dict[str, torch.Tensor]:
        """Master weights ("raw") or running means ("ema") by name."""
        key = "mean" if which == "ema" else "w"
        return {state["name"]: state[key] for state in self.states}

    @torch.no_grad()
    def load(self, saved: dict, used: list[int]) -> None:
        """Take over a checkpoint; vocabulary rows by token id."""
        rows = {token: i for i, token in enumerate(saved["used"])}
        for which in ("raw", "ema"):
            mine = self.named(which)
            for name, value in saved[which].items():
                if name == "decoder.token_embedding.weight" and saved["used"] != used:
                    value = value[[rows.get(token, 0) for token in used]]
                if name in mine and mine[name].shape == value.shape:
                    mine[name].copy_(value)
                else:
                    print("not taken over:", name)
        self._each(self._publish)

    @torch.no_grad()
    def _publish(self, state: dict) -> None:
        """Copy a master into the model."""
        state["p"].copy_(round_q5_1(state["w"]) if self.quantised and state["packed"] else state["w"])

    @torch.no_grad()
    def step(self, lr: float, mean: float) -> float:
        """One update from the gradients; returns their norm."""
        squares = [p.grad.float().square().sum() for p in self.model.parameters() if p.grad is not None]
        norm = math.sqrt(float(torch.stack(squares).sum()))
        if not math.isfinite(norm):
            print("gradient is not finite, step left out", flush=True)
            self.model.zero_grad(set_to_none=True)
            return norm
        self.count += 1
        scale = min(1.0, 2.0 / (norm + 1e-6))
        bias1, bias2 = 1 - 0.9**self.count, 1 - 0.98**self.count

        @torch.no_grad()
        def update(state: dict) -> None:
            p, w = state["p"], state["w"]
            if p.grad is None:
                return
            if state["matrix"]:
                state["m"].mul_(0.95).add_(p.grad)
                direction = orthogonalise(p.grad.add_(state["m"], alpha=0.95))
                rate = lr * self.muon
                w.mul_(1 - rate * 0.02).add_(direction, alpha=-rate * max(1, w.shape[0] / w.shape[1]) ** 0.5)
            else:
                grad = p.grad.float().mul_(scale)
                state["m"].lerp_(grad, 0.1)
                state["v"].mul_(0.98).addcmul_(grad, grad, value=0.02)
                w.addcdiv_(state["m"], (state["v"] / bias2).sqrt_().add_(1e-8), value=-lr / bias1)
            if state["name"] == "decoder.ln.weight":
                w[0] = 0
            elif state["name"] == "decoder.ln.bias":
                w[0] = PINNED
            if self.count % 4 == 0:
                state["mean"].lerp_(w, (1 - mean) * 4)
            self._publish(state)
            p.grad = None

        self._each(update)
        return norm
