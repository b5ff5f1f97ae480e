"""YOLOX: https://github.com/Megvii-BaseDetection/YOLOX (yolox/data/data_augment.py, yolox/models/yolo_head.py)."""

import numpy as np

from network import FILL, LEAST

STRIDES = (8, 16, 32)
OBJECTNESS, CLASSES = 4, 5


class Family:
    CHANNELS = 'BGR'
    MEAN = STD = None
    PAD = FILL

    def __init__(self, width: int, height: int):
        self._size = (width, height)
        grids = [np.meshgrid(np.arange(width // s), np.arange(height // s)) for s in STRIDES]
        self._at = np.concatenate([np.stack([x.ravel(), y.ravel()], 1) for x, y in grids])
        self._stride = np.concatenate([np.full(x.size, s) for (x, _), s in zip(grids, STRIDES)])[:, None]

    def place(self, wide: int, high: int):
        """Top left."""
        width, height = self._size
        ratio = min(width / wide, height / high)
        return int(wide * ratio), int(high * ratio), 0, 0

    def strengths(self, outputs, classes):
        rows = outputs[0][0]
        objectness = rows[:, OBJECTNESS]
        counts = np.flatnonzero(objectness >= min(LEAST, objectness.max()))
        raw = rows[counts]
        return counts, raw[:, [OBJECTNESS]] * raw[:, CLASSES + classes]

    def boxes(self, outputs, counts):
        raw = outputs[0][0][counts]
        centre = (raw[:, :2] + self._at[counts]) * self._stride[counts]
        half = np.exp(raw[:, 2:4]) * self._stride[counts] / 2
        return np.concatenate([centre - half, centre + half], 1)
