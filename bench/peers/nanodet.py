"""NanoDet-m: https://github.com/RangiLyu/nanodet (nanodet/model/head/nanodet_head.py)."""

import numpy as np

from network import LEAST

STRIDES = (8, 16, 32)
BINS = 8


class Family:
    CHANNELS = 'BGR'
    MEAN, STD = [103.53, 116.28, 123.675], [57.375, 57.12, 58.395]
    PAD = 0

    def __init__(self, width: int, height: int):
        self._size = (width, height)
        grids = [np.meshgrid(np.arange(width // s), np.arange(height // s)) for s in STRIDES]
        at = np.concatenate([np.stack([x.ravel(), y.ravel()], 1) for x, y in grids])
        self._stride = np.concatenate([np.full(x.size, s) for (x, _), s in zip(grids, STRIDES)])[:, None]
        self._centre = (at + 0.5) * self._stride - 0.5

    def place(self, wide: int, high: int):
        """In the middle."""
        ratio = min(self._size[0] / wide, self._size[1] / high)
        size = [round(wide * ratio), round(high * ratio)]
        return *size, *(round((all - own) / 2 - 0.1) for all, own in zip(self._size, size))

    def strengths(self, outputs, classes):
        """Outputs are probabilities of the three strides, then distances."""
        rows = np.concatenate([each[0][:, classes] for each in outputs[:3]])
        best = rows.max(1)
        counts = np.flatnonzero(best >= min(LEAST, best.max()))
        return counts, rows[counts]

    def boxes(self, outputs, counts):
        """Distances to the four sides: means over bins, of which the outputs are logarithms of shares."""
        bins = np.concatenate([each[0] for each in outputs[3:]])[counts].reshape(-1, 4, BINS)
        shares = np.exp(bins - bins.max(2, keepdims=True))
        mean = (shares @ np.arange(BINS)) / shares.sum(2)
        distances = mean * self._stride[counts]
        centre = self._centre[counts]
        return np.concatenate([centre - distances[:, :2], centre + distances[:, 2:]], 1)
