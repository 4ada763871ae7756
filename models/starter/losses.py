"""The training loss: next piece, letters and phonemes by CTC, and guided attention."""

import torch
import torch.nn.functional as F

from pieces import TIME0


def ctc(head, hidden: torch.Tensor, wanted: list[list[int]]) -> torch.Tensor:
    """CTC of an auxiliary head, for the clips that are long enough for their text."""
    fits = [i for i, w in enumerate(wanted) if 0 < len(w) and len(w) * 1.25 < hidden.shape[1]]
    if not fits:
        return hidden.new_zeros((), dtype=torch.float32)
    scores = F.log_softmax(head(hidden[fits]).float(), -1).transpose(0, 1)
    sizes = torch.tensor([len(wanted[i]) for i in fits])
    flat = torch.tensor([x for i in fits for x in wanted[i]], device=hidden.device)
    frames = torch.full((len(fits),), hidden.shape[1], dtype=torch.long)
    return F.ctc_loss(scores, flat, frames, sizes, blank=0, zero_infinity=True)


def guided(model, times: torch.Tensor, frames: int) -> torch.Tensor:
    """Attention of the guided heads away from where a piece is roughly spoken."""
    clock = torch.arange(frames, device=times.device)[None, None] * 0.02
    known = times >= 0
    away = 1 - torch.exp(-(((clock - times[..., None]) / 0.35) ** 2) / 2)
    total = times.new_zeros(())
    for block in model.decoder.blocks:
        weights = block.cross_attn.weights
        block.cross_attn.weights = None
        if weights is not None and known.any():
            total = total + ((weights.float().mean(1) * away).sum(-1) * known).sum() / known.sum()
    return total


def loss(model, batch, stamp_id: int, ctc_weight: float, guide_weight: float) -> tuple[torch.Tensor, tuple[float, ...]]:
    """-> the loss, and for the log: text loss, share of right pieces, letter and phoneme CTC.

    `stamp_id` is the first timestamp's row; timestamps count a quarter.
    """
    mel, tokens, wanted, times, letters, phones = batch
    p = next(model.parameters())
    audio, middle = model.encoder(mel.to(p.device, p.dtype))
    hidden = model.decoder(tokens.to(p.device), audio)
    wanted = wanted.to(p.device).reshape(-1)
    used = wanted >= 0
    logits = model.logits(hidden.reshape(-1, hidden.shape[-1])[used]).float()
    wanted = wanted[used]
    logp = F.log_softmax(logits, -1)
    nll = -logp.gather(1, wanted[:, None])[:, 0]
    is_time = (wanted >= stamp_id) & (wanted <= stamp_id + 1500)
    weight = torch.where(is_time, 0.25, 1.0)
    total = (nll * weight).sum() / weight.sum() - 0.01 * (logp.mean(-1) * weight).sum() / weight.sum()
    by_letter = ctc(model.ctc, audio, letters)
    by_phone = ctc(model.ctc_ph, middle, phones)
    total = total + ctc_weight * (by_letter + by_phone)
    if guide_weight:
        total = total + guide_weight * guided(model, times.to(p.device), audio.shape[1])
    text = ~is_time
    right = float(((logits.detach().argmax(-1) == wanted) & text).sum() / text.sum().clamp(min=1))
    shown = float((nll.detach() * text).sum() / text.sum().clamp(min=1))
    return total, (shown, right, float(by_letter.detach()), float(by_phone.detach()))


def first_stamp(used: list[int]) -> int:
    """The row of the first timestamp in the reduced vocabulary."""
    return used.index(TIME0)
