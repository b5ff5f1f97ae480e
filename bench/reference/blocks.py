"""The building blocks of the reference networks, from their papers and public descriptions."""

import torch
from torch import Tensor, nn


class ConvBlock(nn.Sequential):
    """Convolution, batch normalisation, SiLU: what YOLOv5 and YOLOv8 are made of."""

    def __init__(self, inputs: int, outputs: int, side: int = 1, stride: int = 1, padding: int | None = None):
        padding = side // 2 if padding is None else padding
        super().__init__(
            nn.Conv2d(inputs, outputs, side, stride, padding, bias=False),
            nn.BatchNorm2d(outputs, eps=1e-3),
            nn.SiLU(),
        )


class Bottleneck(nn.Module):
    """Two convolutions, the second 3 × 3, and a shortcut around them where `shortcut` says so."""

    def __init__(self, channels: int, shortcut: bool, first_side: int):
        super().__init__()
        self.body = nn.Sequential(ConvBlock(channels, channels, first_side), ConvBlock(channels, channels, 3))
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x) if self.shortcut else self.body(x)


class C2f(nn.Module):
    """YOLOv8: split in halves, a chain of bottlenecks on the second, everything concatenated."""

    def __init__(self, inputs: int, outputs: int, depth: int = 1, shortcut: bool = True):
        super().__init__()
        self.half = half = outputs // 2
        self.entry = ConvBlock(inputs, 2 * half)
        self.chain = nn.ModuleList(Bottleneck(half, shortcut, first_side=3) for _ in range(depth))
        self.exit = ConvBlock((2 + depth) * half, outputs)

    def forward(self, x: Tensor) -> Tensor:
        parts = list(self.entry(x).split(self.half, 1))
        for bottleneck in self.chain:
            parts.append(bottleneck(parts[-1]))
        return self.exit(torch.cat(parts, 1))


class C3(nn.Module):
    """YOLOv5: two branches of half the channels, bottlenecks on one of them."""

    def __init__(self, inputs: int, outputs: int, depth: int = 1, shortcut: bool = True):
        super().__init__()
        half = outputs // 2
        self.deep = nn.Sequential(
            ConvBlock(inputs, half), *(Bottleneck(half, shortcut, first_side=1) for _ in range(depth))
        )
        self.side = ConvBlock(inputs, half)
        self.exit = ConvBlock(2 * half, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.exit(torch.cat([self.deep(x), self.side(x)], 1))


class SPPF(nn.Module):
    """Three 5 × 5 max poolings in a row, each of them kept."""

    def __init__(self, channels: int):
        super().__init__()
        self.entry = ConvBlock(channels, channels // 2)
        self.pool = nn.MaxPool2d(5, stride=1, padding=2)
        self.exit = ConvBlock(channels // 2 * 4, channels)

    def forward(self, x: Tensor) -> Tensor:
        parts = [self.entry(x)]
        for _ in range(3):
            parts.append(self.pool(parts[-1]))
        return self.exit(torch.cat(parts, 1))


class BasicBlock(nn.Module):
    """ResNet: https://arxiv.org/abs/1512.03385, figure 2."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1):
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()
        same = stride == 1 and inputs == outputs
        self.shortcut = (
            nn.Identity()
            if same
            else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        )

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.first_norm(self.first(x)))
        return self.relu(self.second_norm(self.second(y)) + self.shortcut(x))


class SelfAttention(nn.Module):
    """Scaled dot-product attention of several heads: https://arxiv.org/abs/1706.03762. Tokens [B, T, width]."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        tokens, width = x.shape[1:]
        q, k, v = self.qkv(x).reshape(-1, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        weights = (q @ k.transpose(-2, -1) * (width // self.heads) ** -0.5).softmax(-1)
        return self.out((weights @ v).transpose(1, 2).reshape(-1, tokens, width))


class DeformableAttention(nn.Module):
    """
    Each query reads `points` places of a feature map around its reference point, bilinearly, zeros outside:
    https://arxiv.org/abs/2010.04159, one scale.
    """

    def __init__(self, width: int, heads: int, points: int, height: int, breadth: int):
        super().__init__()
        self.heads, self.points = heads, points
        self.value = nn.Conv2d(width, width, 1)
        self.offsets = nn.Linear(width, heads * points * 2)
        self.weights = nn.Linear(width, heads * points)
        self.out = nn.Linear(width, width)
        self.register_buffer("extent", torch.tensor([breadth, height]).float())

    def forward(self, queries: Tensor, references: Tensor, features: Tensor) -> Tensor:
        """queries [B, Q, width], references [B, Q, 2] as (x, y) in [0, 1], features [B, width, H, W]."""
        count, width = queries.shape[1:]
        height, breadth = features.shape[2:]
        value = self.value(features).reshape(-1, width // self.heads, height, breadth)
        offsets = self.offsets(queries).reshape(-1, count, self.heads, self.points, 2)
        places = references[:, :, None, None] + offsets / self.extent
        grid = (places * 2 - 1).transpose(1, 2).reshape(-1, count, self.points, 2)
        read = nn.functional.grid_sample(value, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
        weights = self.weights(queries).reshape(-1, count, self.heads, self.points).softmax(-1)
        weighted = read * weights.transpose(1, 2).reshape(-1, 1, count, self.points)
        return self.out(weighted.sum(-1).reshape(-1, width, count).transpose(1, 2))
