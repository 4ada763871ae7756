"""The Whisper architecture in PyTorch (own implementation, the usual parameter names).

During training the output vocabulary holds only the pieces in use. Channel 0 after the decoder's last
norm is pinned to a constant: its embedding column is an output bias, and at export the unused rows of
the full vocabulary get a very negative value there, so they can never win.
"""

import torch
import torch.nn.functional as F
from torch import nn

PINNED = 8.0
UNUSED = -8.0
HEAD = 64
MATMUL_LIMIT = 500 * 500  # below, plain matrix products beat the CPU's flash attention
PHONEME_LAYER = 3


def sinusoids(length: int, channels: int) -> torch.Tensor:
    """The encoder's fixed positions."""
    step = torch.log(torch.tensor(10000.0)) / (channels // 2 - 1)
    rates = torch.exp(-step * torch.arange(channels // 2))
    angle = torch.arange(length)[:, None] * rates[None]
    return torch.cat([angle.sin(), angle.cos()], 1)


class Attention(nn.Module):
    """Self or cross attention; `guided` heads remember their weights for the alignment loss."""

    def __init__(self, d: int, heads: int) -> None:
        super().__init__()
        self.heads, self.guided, self.weights = heads, 0, None
        self.query = nn.Linear(d, d)
        self.key = nn.Linear(d, d, bias=False)
        self.value = nn.Linear(d, d)
        self.out = nn.Linear(d, d)

    def forward(self, x, source=None, causal: bool = False):
        source = x if source is None else source
        batch, length, d = x.shape
        split = lambda t: t.view(batch, t.shape[1], self.heads, -1).transpose(1, 2)  # noqa: E731
        q, k, v = split(self.query(x)), split(self.key(source)), split(self.value(source))
        self.weights = None
        if not causal and x.device.type == "cpu" and length * k.shape[2] <= MATMUL_LIMIT or self.guided:
            p = torch.softmax((q * (d // self.heads) ** -0.5) @ k.transpose(-1, -2), -1)
            if self.guided:
                self.weights = p[:, : self.guided]
            mixed = p @ v
        else:
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return self.out(mixed.transpose(1, 2).reshape(batch, length, d))


class Block(nn.Module):
    def __init__(self, d: int, heads: int, cross: bool) -> None:
        super().__init__()
        self.attn, self.attn_ln = Attention(d, heads), nn.LayerNorm(d)
        self.cross_attn = Attention(d, heads) if cross else None
        self.cross_attn_ln = nn.LayerNorm(d) if cross else None
        self.mlp = nn.Sequential(nn.Linear(d, 4 * d), nn.GELU(), nn.Linear(4 * d, d))
        self.mlp_ln = nn.LayerNorm(d)
        with torch.no_grad():
            self.attn.out.weight.mul_(0.3)
            self.mlp[2].weight.mul_(0.3)
            if cross:
                self.cross_attn.out.weight.mul_(0.5)

    def forward(self, x, source=None, causal: bool = False):
        x = x + self.attn(self.attn_ln(x), causal=causal)
        if self.cross_attn is not None:
            x = x + self.cross_attn(self.cross_attn_ln(x), source)
        return x + self.mlp(self.mlp_ln(x))


class Encoder(nn.Module):
    def __init__(self, d: int, layers: int, context: int = 1500) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(80, d, 3, padding=1)
        self.conv2 = nn.Conv1d(d, d, 3, stride=2, padding=1)
        self.register_buffer("positional_embedding", sinusoids(context, d), persistent=False)
        self.blocks = nn.ModuleList([Block(d, d // HEAD, False) for _ in range(layers)])
        self.ln_post = nn.LayerNorm(d)

    def forward(self, mel):
        """-> the output, and the middle layer for the phoneme loss."""
        x = F.gelu(self.conv2(F.gelu(self.conv1(mel)))).transpose(1, 2)
        x = x + self.positional_embedding[: x.shape[1]].to(x.dtype)
        middle = x
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i == PHONEME_LAYER:
                middle = x
        return self.ln_post(x), middle


class Decoder(nn.Module):
    def __init__(self, vocab: int, d: int, layers: int, context: int = 448) -> None:
        super().__init__()
        self.token_embedding = nn.Embedding(vocab, d)
        self.positional_embedding = nn.Parameter(torch.randn(context, d) * 0.01)
        self.blocks = nn.ModuleList([Block(d, d // HEAD, True) for _ in range(layers)])
        self.ln = nn.LayerNorm(d)
        nn.init.normal_(self.token_embedding.weight, std=0.02)

    def forward(self, tokens, audio):
        x = self.token_embedding(tokens) + self.positional_embedding[: tokens.shape[1]]
        for block in self.blocks:
            x = block(x, audio, causal=True)
        return self.ln(x)


class Model(nn.Module):
    """Encoder, decoder, and two auxiliary CTC heads (letters, phonemes) that are dropped at export."""

    def __init__(self, vocab: int, d: int = 256, encoder: int = 6, decoder: int = 4, letters: int = 48, phonemes: int = 64):
        super().__init__()
        self.dims = {"d": d, "enc": encoder, "dec": decoder, "h": d // HEAD}
        self.encoder = Encoder(d, encoder)
        self.decoder = Decoder(vocab, d, decoder)
        self.ctc = nn.Linear(d, letters)
        self.ctc_ph = nn.Sequential(nn.LayerNorm(d), nn.Linear(d, phonemes))
        for block in self.decoder.blocks[1:3]:
            block.cross_attn.guided = 2
        with torch.no_grad():
            self.decoder.token_embedding.weight[:, 0] = 0
            pin(self.decoder.ln.weight, self.decoder.ln.bias)

    def logits(self, hidden):
        return F.linear(hidden, self.decoder.token_embedding.weight)


def pin(weight: torch.Tensor, bias: torch.Tensor) -> None:
    """Keep channel 0 of the last norm constant."""
    weight[0], bias[0] = 0, PINNED
