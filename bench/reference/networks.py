"""Narrow networks with the real blocks. Images are [1, 3, height, width] in [0, 1]."""

import torch
from torch import Tensor, nn

from blocks import SPPF, BasicBlock, C2f, C3, ConvBlock, DeformableAttention, SelfAttention

STRIDES = (8, 16, 32)
DETECTOR_CLASSES = 4


def cell_corners(height: int, width: int) -> Tensor:
    """[height · width, 2]: x and y of every cell, row by row."""
    ys, xs = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.stack([xs, ys], -1).reshape(-1, 2).float()


class Yolov8Like(nn.Module):
    """Backbone, PAN neck and decoupled head with distribution focal loss bins; output [1, 4 + classes, N]."""

    BINS = 16

    def __init__(self, height: int, width: int):
        super().__init__()
        c1, c2, c3, c4, c5 = 6, 8, 12, 18, 24
        self.stem = nn.Sequential(ConvBlock(3, c1, 3, 2), ConvBlock(c1, c2, 3, 2), C2f(c2, c2))
        self.backbone3 = nn.Sequential(ConvBlock(c2, c3, 3, 2), C2f(c3, c3, depth=2))
        self.backbone4 = nn.Sequential(ConvBlock(c3, c4, 3, 2), C2f(c4, c4))
        self.backbone5 = nn.Sequential(ConvBlock(c4, c5, 3, 2), C2f(c5, c5), SPPF(c5))
        self.upsample = nn.Upsample(scale_factor=2, mode="nearest")
        self.top4 = C2f(c4 + c5, c4, shortcut=False)
        self.neck3 = C2f(c3 + c4, c3, shortcut=False)
        self.down3 = ConvBlock(c3, c3, 3, 2)
        self.neck4 = C2f(c3 + c4, c4, shortcut=False)
        self.down4 = ConvBlock(c4, c4, 3, 2)
        self.neck5 = C2f(c4 + c5, c5, shortcut=False)
        self.boxes = nn.ModuleList(self._branch(c, 16, 4 * self.BINS) for c in (c3, c4, c5))
        self.classes = nn.ModuleList(self._branch(c, 8, DETECTOR_CLASSES) for c in (c3, c4, c5))
        self.expectation = nn.Conv2d(self.BINS, 1, 1, bias=False)
        self.expectation.weight.data = torch.arange(self.BINS).float().reshape(1, self.BINS, 1, 1)
        grids = [(height // stride, width // stride) for stride in STRIDES]
        centres = torch.cat([cell_corners(*grid) + 0.5 for grid in grids])
        strides = torch.cat([torch.full((h * w,), float(stride)) for (h, w), stride in zip(grids, STRIDES)])
        self.register_buffer("centres", centres.T.unsqueeze(0))
        self.register_buffer("strides", strides)

    @staticmethod
    def _branch(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
        return nn.Sequential(ConvBlock(inputs, hidden, 3), ConvBlock(hidden, hidden, 3), nn.Conv2d(hidden, outputs, 1))

    def forward(self, image: Tensor) -> Tensor:
        p3 = self.backbone3(self.stem(image))
        p4 = self.backbone4(p3)
        p5 = self.backbone5(p4)
        t4 = self.top4(torch.cat([self.upsample(p5), p4], 1))
        n3 = self.neck3(torch.cat([self.upsample(t4), p3], 1))
        n4 = self.neck4(torch.cat([self.down3(n3), t4], 1))
        n5 = self.neck5(torch.cat([self.down4(n4), p5], 1))
        levels = list(zip((n3, n4, n5), self.boxes, self.classes))
        bins = torch.cat([box(n).flatten(2) for n, box, _ in levels], 2)
        logits = torch.cat([score(n).flatten(2) for n, _, score in levels], 2)
        return torch.cat([self._decoded(bins), logits.sigmoid()], 1)

    def _decoded(self, bins: Tensor) -> Tensor:
        """
        Bins [1, 4 · 16, N] to centre, width and height [1, 4, N] in pixels. `chunk` exports as a Slice whose ends the
        graph computes from a Shape, which is what files in the wild have at this place.
        """
        count = bins.shape[2]
        odds = bins.reshape(-1, 4, self.BINS, count).transpose(1, 2).softmax(1)
        near, far = self.expectation(odds).reshape(-1, 4, count).chunk(2, 1)
        low, high = self.centres - near, self.centres + far
        return torch.cat([(low + high) / 2, high - low], 1) * self.strides


class Yolov5Like(nn.Module):
    """Backbone, PAN neck and anchor heads; output [1, N, 5 + classes]."""

    ANCHORS = (
        ((10, 13), (16, 30), (33, 23)),
        ((30, 61), (62, 45), (59, 119)),
        ((116, 90), (156, 198), (373, 326)),
    )

    def __init__(self, height: int, width: int):
        super().__init__()
        c1, c2, c3, c4, c5 = 6, 8, 12, 20, 28
        self.stem = nn.Sequential(ConvBlock(3, c1, 6, 2, padding=2), ConvBlock(c1, c2, 3, 2), C3(c2, c2))
        self.backbone3 = nn.Sequential(ConvBlock(c2, c3, 3, 2), C3(c3, c3, depth=2))
        self.backbone4 = nn.Sequential(ConvBlock(c3, c4, 3, 2), C3(c4, c4))
        self.backbone5 = nn.Sequential(ConvBlock(c4, c5, 3, 2), C3(c5, c5), SPPF(c5))
        self.upsample = nn.Upsample(scale_factor=2, mode="nearest")
        self.lateral5 = ConvBlock(c5, c4)
        self.top4 = C3(2 * c4, c4, shortcut=False)
        self.lateral4 = ConvBlock(c4, c3)
        self.neck3 = C3(2 * c3, c3, shortcut=False)
        self.down3 = ConvBlock(c3, c3, 3, 2)
        self.neck4 = C3(2 * c3, c4, shortcut=False)
        self.down4 = ConvBlock(c4, c4, 3, 2)
        self.neck5 = C3(2 * c4, c5, shortcut=False)
        self.values = 5 + DETECTOR_CLASSES
        self.heads = nn.ModuleList(nn.Conv2d(c, 3 * self.values, 1) for c in (c3, c4, c5))
        for level, stride in enumerate(STRIDES):
            grid = (height // stride, width // stride)
            self.register_buffer(f"corners{level}", (cell_corners(*grid) - 0.5).reshape(1, 1, *grid, 2))
            anchors = torch.tensor(self.ANCHORS[level]).float()
            self.register_buffer(f"anchors{level}", anchors.reshape(1, 3, 1, 1, 2))

    def forward(self, image: Tensor) -> Tensor:
        p3 = self.backbone3(self.stem(image))
        p4 = self.backbone4(p3)
        l5 = self.lateral5(self.backbone5(p4))
        l4 = self.lateral4(self.top4(torch.cat([self.upsample(l5), p4], 1)))
        n3 = self.neck3(torch.cat([self.upsample(l4), p3], 1))
        n4 = self.neck4(torch.cat([self.down3(n3), l4], 1))
        n5 = self.neck5(torch.cat([self.down4(n4), l5], 1))
        return torch.cat([self._decoded(level, n) for level, n in enumerate((n3, n4, n5))], 1)

    def _decoded(self, level: int, features: Tensor) -> Tensor:
        height, width = features.shape[2:]
        raw = self.heads[level](features).reshape(-1, 3, self.values, height, width).permute(0, 1, 3, 4, 2)
        centre, size, scores = raw.sigmoid().split((2, 2, self.values - 4), 4)
        centre = (centre * 2 + getattr(self, f"corners{level}")) * STRIDES[level]
        size = (size * 2) ** 2 * getattr(self, f"anchors{level}")
        return torch.cat([centre, size, scores], 4).reshape(-1, 3 * height * width, self.values)


class ResnetLike(nn.Module):
    """Stem, three stages of basic blocks, average pool, one linear layer; output: logits [1, classes]."""

    CLASSES = 10

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 8, 7, 2, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(3, 2, 1)
        )
        self.stage1 = nn.Sequential(BasicBlock(8, 8), BasicBlock(8, 8))
        self.stage2 = nn.Sequential(BasicBlock(8, 16, 2), BasicBlock(16, 16))
        self.stage3 = nn.Sequential(BasicBlock(16, 32, 2), BasicBlock(32, 32))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(32, self.CLASSES)

    def forward(self, image: Tensor) -> Tensor:
        features = self.stage3(self.stage2(self.stage1(self.stem(image))))
        return self.head(self.pool(features).flatten(1))


class VitBlock(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = SelfAttention(width, heads)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class VitLike(nn.Module):
    """Vision transformer, https://arxiv.org/abs/2010.11929; output: logits [1, classes]."""

    CLASSES = 10

    def __init__(self, height: int, width: int, patch: int = 8, tokens: int = 32, heads: int = 4):
        super().__init__()
        self.patches = nn.Conv2d(3, tokens, patch, patch)
        self.summary = nn.Parameter(torch.randn(1, 1, tokens))
        self.places = nn.Parameter(torch.randn(1, 1 + (height // patch) * (width // patch), tokens))
        self.block1, self.block2 = VitBlock(tokens, heads), VitBlock(tokens, heads)
        self.norm = nn.LayerNorm(tokens)
        self.head = nn.Linear(tokens, self.CLASSES)

    def forward(self, image: Tensor) -> Tensor:
        x = self.patches(image).flatten(2).transpose(1, 2)
        x = torch.cat([self.summary.expand(x.shape[0], -1, -1), x], 1) + self.places
        return self.head(self.norm(self.block2(self.block1(x)))[:, 0])


class DecoderLayer(nn.Module):
    def __init__(self, width: int, height: int, breadth: int):
        super().__init__()
        self.among = SelfAttention(width, heads=4)
        self.across = DeformableAttention(width, heads=4, points=3, height=height, breadth=breadth)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width))
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(width) for _ in range(3))
        self.shift = nn.Linear(width, 4)

    def forward(self, queries: Tensor, boxes: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
        queries = self.norm1(queries + self.among(queries))
        queries = self.norm2(queries + self.across(queries, boxes[..., :2], features))
        queries = self.norm3(queries + self.mlp(queries))
        bounded = boxes.clamp(1e-5, 1 - 1e-5)
        return queries, (self.shift(queries) + (bounded / (1 - bounded)).log()).sigmoid()


class DetrLike(nn.Module):
    """
    Two decoder layers over a convolutional feature map, boxes refined by each of them, so that the image moves where
    the second one reads; output [1, queries, 4 + classes], boxes as (cx, cy, w, h) in [0, 1].
    """

    QUERIES = 12

    def __init__(self, height: int, width: int, tokens: int = 24):
        super().__init__()
        self.backbone = nn.Sequential(ConvBlock(3, 8, 3, 2), ConvBlock(8, 16, 3, 2), ConvBlock(16, tokens, 3, 2))
        self.queries = nn.Parameter(torch.randn(1, self.QUERIES, tokens))
        self.references = nn.Parameter(torch.randn(1, self.QUERIES, 4))
        self.layer1, self.layer2 = (DecoderLayer(tokens, height // 8, width // 8) for _ in range(2))
        self.classes = nn.Linear(tokens, DETECTOR_CLASSES)

    def forward(self, image: Tensor) -> Tensor:
        features = self.backbone(image)
        queries = self.queries.expand(image.shape[0], -1, -1)
        boxes = self.references.sigmoid().expand(image.shape[0], -1, -1)
        queries, boxes = self.layer1(queries, boxes, features)
        queries, boxes = self.layer2(queries, boxes, features)
        return torch.cat([boxes, self.classes(queries).sigmoid()], 2)
