"""YOLOX as its own preprocessing and decoding have it, and the score that every explainer here is asked about.

Preprocessing and decoding: https://github.com/Megvii-BaseDetection/YOLOX (yolox/data/data_augment.py,
yolox/models/yolo_head.py).
"""

from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

import cv2
import numpy as np
import onnxruntime

FILL = 114
STRIDES = (8, 16, 32)
#: Predictions below it are not looked at, for speed: no value changes by more than that.
LEAST_OBJECTNESS = 1e-4
WARM_UP, TRIED = 3, 12


class Photo:
    """A photo at the size at which the network sees it: bytes to pixels, once an explanation."""

    def __init__(self, data: bytes, height: int, width: int):
        full = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        ratio = min(height / full.shape[0], width / full.shape[1])
        size = (int(full.shape[1] * ratio), int(full.shape[0] * ratio))
        self.full_size = (full.shape[1], full.shape[0])
        #: uint8 [h, w, 3], BGR: the content without the padding to its right and below it
        self.content = cv2.resize(full, size, interpolation=cv2.INTER_LINEAR)
        self.scale = np.array([size[0] / full.shape[1], size[1] / full.shape[0]] * 2)

    def cells(self, rows: int, cols: int) -> np.ndarray:
        """The cell of each pixel, row-major: int [h, w]."""
        height, width = self.content.shape[:2]
        row = ((np.arange(height) + 0.5) / height * rows).astype(int)
        col = ((np.arange(width) + 0.5) / width * cols).astype(int)
        return row[:, None] * cols + col[None, :]


class Targets:
    """v = max over raw predictions of IoU(box, target) x objectness x class probability."""

    def __init__(self, boxes, classes, photo: Photo, height: int, width: int):
        #: xyxy in pixels of the network's input
        self.boxes = np.asarray(boxes, np.float64) * photo.scale
        self.classes = np.asarray(classes, int)
        grids = [np.meshgrid(np.arange(width // s), np.arange(height // s)) for s in STRIDES]
        self._at = np.concatenate([np.stack([x.ravel(), y.ravel()], 1) for x, y in grids])
        self._stride = np.concatenate([np.full(x.size, s) for (x, _), s in zip(grids, STRIDES)])[:, None]

    def __len__(self) -> int:
        return len(self.classes)

    def similarities(self, output: np.ndarray):
        """@return of the predictions that count: their rows, xyxy, and [predictions, targets]"""
        rows = output[0]
        counts = np.flatnonzero(rows[:, 4] >= min(LEAST_OBJECTNESS, rows[:, 4].max()))
        raw = rows[counts]
        centre = (raw[:, :2] + self._at[counts]) * self._stride[counts]
        half = np.exp(raw[:, 2:4]) * self._stride[counts] / 2
        boxes = np.concatenate([centre - half, centre + half], 1)
        x1, y1, x2, y2 = boxes.T[:, :, None]
        u1, v1, u2, v2 = self.boxes.T[:, None, :]
        width = np.maximum(np.minimum(x2, u2) - np.maximum(x1, u1), 0)
        both = width * np.maximum(np.minimum(y2, v2) - np.maximum(y1, v1), 0)
        either = (x2 - x1) * (y2 - y1) + (u2 - u1) * (v2 - v1) - both
        return raw, boxes, both / either * raw[:, 4:5] * raw[:, 5 + self.classes]

    def values(self, output: np.ndarray) -> np.ndarray:
        """v of each target."""
        return self.similarities(output)[2].max(0)


class Network:
    """onnxruntime on `threads` cores, and how many forwards it made."""

    def __init__(self, path: str, threads: int):
        session = onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])
        self.path = path
        self.name = session.get_inputs()[0].name
        self.height, self.width = session.get_inputs()[0].shape[2:]
        self.threads = threads
        self.forwards = 0
        self._pool = ThreadPoolExecutor(threads)
        one_each = [self._session(1) for _ in range(threads)]
        ways = {f'{threads} x a session of 1 thread': one_each}
        if threads > 1:
            ways[f'a session of {threads} threads'] = [self._session(threads)]
        seconds = {way: self._seconds(sessions) for way, sessions in ways.items()}
        fastest = min(seconds, key=seconds.get)
        self._sessions = ways[fastest]
        #: The fastest first, with milliseconds a forward.
        self.way = ', not '.join(f'{way} ({1000 * seconds[way]:.1f} ms)' for way in sorted(seconds, key=seconds.get))

    def map(self, count: int, tensor_of, value_of) -> list:
        """value_of(output, i) of the forward on tensor_of(i), i = 0..count - 1, on all cores."""
        self.forwards += count
        return self._map(self._sessions, count, tensor_of, value_of)

    def tensor(self, content: np.ndarray) -> np.ndarray:
        """uint8 [h, w, 3] in its place in the network's input."""
        tensor = np.full((1, 3, self.height, self.width), FILL, np.float32)
        tensor[0, :, : content.shape[0], : content.shape[1]] = content.transpose(2, 0, 1)
        return tensor

    def _map(self, sessions, count, tensor_of, value_of):
        def share(first):
            of = range(first, count, len(sessions))
            return [value_of(sessions[first].run(None, {self.name: tensor_of(i)})[0], i) for i in of]

        shares = list(self._pool.map(share, range(len(sessions))))
        return [shares[i % len(sessions)][i // len(sessions)] for i in range(count)]

    def _session(self, threads: int):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        return onnxruntime.InferenceSession(self.path, options, providers=['CPUExecutionProvider'])

    def _seconds(self, sessions) -> float:
        grey = np.full((1, 3, self.height, self.width), FILL, np.float32)
        best = float('inf')
        for _ in range(WARM_UP):
            start = perf_counter()
            self._map(sessions, TRIED, lambda _: grey, lambda *_: None)
            best = min(best, (perf_counter() - start) / TRIED)
        return best
