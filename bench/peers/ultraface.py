"""UltraFace: https://github.com/Linzaer/Ultra-Light-Fast-Generic-Face-Detector-1MB (run_video_face_detect_onnx.py)."""

import numpy as np

from network import LEAST

FACE = 1


class Family:
    CHANNELS = 'RGB'
    MEAN, STD = [127] * 3, [128] * 3
    PAD = 0

    def __init__(self, width: int, height: int):
        self._size = (width, height)
        self._sides = np.array([width, height] * 2)

    def place(self, *_):
        """Stretched."""
        return *self._size, 0, 0

    def strengths(self, outputs, classes):
        faces = outputs[0][0][:, FACE]
        counts = np.flatnonzero(faces >= min(LEAST, faces.max()))
        return counts, np.repeat(faces[counts][:, None], len(classes), 1)

    def boxes(self, outputs, counts):
        """They come as shares of the sides, decoded."""
        return outputs[1][0][counts].astype(np.float64) * self._sides
