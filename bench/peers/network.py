"""A network as every explainer here asks it: photos at its size, forwards on all cores, the value of each target.

What differs from family to family is in a module of its own (yolox.py, ultraface.py, nanodet.py), found by the file's
name: a class `Family`, made of the network's size, with

    CHANNELS           'RGB' or 'BGR'
    MEAN, STD          of each channel, or None: what is done to 0..255
    PAD                of 0..255, around the content
    place(w, h)        width, height, x, y of the content of a photo of w x h, in pixels of the input
    strengths(o, c)    of outputs `o`: predictions that count, and how surely each is of each of classes `c`
    boxes(o, counts)   xyxy of these, in pixels of the input
"""

import importlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np
import onnxruntime

FILL = 114
#: Predictions that no target's class could make surer are not looked at, for speed: no value changes by more than that.
LEAST = 1e-4
WARM_UP, TRIED = 3, 12
ERRORS = 3


class Photo:
    """A photo at the size at which the network sees it: bytes to pixels, once an explanation."""

    def __init__(self, data: bytes, network: 'Network'):
        full = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        high, wide = full.shape[:2]
        self._family = family = network.family
        width, height, x, y = family.place(wide, high)
        if family.CHANNELS == 'RGB':
            full = cv2.cvtColor(full, cv2.COLOR_BGR2RGB)
        #: uint8 [h, w, 3], in the network's order of channels: without the padding around it
        self.content = cv2.resize(full, (width, height), interpolation=cv2.INTER_LINEAR)
        #: where that is in the network's input: rows and columns
        self.inside = (slice(y, y + height), slice(x, x + width))
        self.scale = np.array([width / wide, height / high] * 2)
        self.offset = np.array([x, y] * 2)
        self._padding = np.full((1, 3, network.height, network.width), family.PAD, np.float32)
        self._empty = _normalised(self._padding, family)

    def cells(self, rows: int, cols: int) -> np.ndarray:
        """The cell of each pixel of the content, row-major: int [h, w]."""
        height, width = self.content.shape[:2]
        row = ((np.arange(height) + 0.5) / height * rows).astype(int)
        col = ((np.arange(width) + 0.5) / width * cols).astype(int)
        return row[:, None] * cols + col[None, :]

    def tensor(self, content: np.ndarray) -> np.ndarray:
        """@param content uint8 [h, w, 3] @return float32 [1, 3, height, width], what the network gets"""
        return self.tensor_of(_normalised(content.transpose(2, 0, 1), self._family))

    def tensor_of(self, normalised: np.ndarray) -> np.ndarray:
        """@param normalised float32 [3, h, w] of the content"""
        tensor = self._empty.copy()
        tensor[0][:, *self.inside] = normalised
        return tensor

    def values_of(self, content: np.ndarray) -> np.ndarray:
        """As `tensor`, in 0..255."""
        tensor = self._padding.copy()
        tensor[0][:, *self.inside] = content.transpose(2, 0, 1)
        return tensor


def _normalised(planes: np.ndarray, family) -> np.ndarray:
    """@param planes [..., 3, h, w] of 0..255"""
    if family.MEAN is None:
        return planes.astype(np.float32, copy=False)
    column = lambda values: np.array(values, np.float32)[:, None, None]
    made = np.subtract(planes, column(family.MEAN), dtype=np.float32)
    made /= column(family.STD)
    return made


class Targets:
    """v = max over raw predictions of IoU(box, target) x how surely it is of the target's class."""

    def __init__(self, boxes, classes, photo: Photo, family):
        #: xyxy in pixels of the network's input
        self.boxes = np.asarray(boxes, np.float64) * photo.scale + photo.offset
        self.classes = np.asarray(classes, int)
        self._family = family

    def __len__(self) -> int:
        return len(self.classes)

    def similarities(self, outputs):
        """@return of the predictions that count: strengths [predictions, targets], xyxy, [predictions, targets]"""
        counts, strengths = self._family.strengths(outputs, self.classes)
        boxes = self._family.boxes(outputs, counts)
        x1, y1, x2, y2 = boxes.T[:, :, None]
        u1, v1, u2, v2 = self.boxes.T[:, None, :]
        width = np.maximum(np.minimum(x2, u2) - np.maximum(x1, u1), 0)
        both = width * np.maximum(np.minimum(y2, v2) - np.maximum(y1, v1), 0)
        either = (x2 - x1) * (y2 - y1) + (u2 - u1) * (v2 - v1) - both
        return strengths, boxes, both / either * strengths

    def values(self, outputs) -> np.ndarray:
        """v of each target."""
        return self.similarities(outputs)[2].max(0)


class Network:
    """onnxruntime on `threads` cores, and how many forwards it made."""

    def __init__(self, path: str, threads: int):
        session = onnxruntime.InferenceSession(path, _options(threads), providers=['CPUExecutionProvider'])
        self.path = path
        self.name = session.get_inputs()[0].name
        self.height, self.width = session.get_inputs()[0].shape[2:]
        self.family = importlib.import_module(Path(path).stem.split('_')[0]).Family(self.width, self.height)
        self.threads = threads
        self.forwards = 0
        self._pool = ThreadPoolExecutor(threads)
        one_each = [self._session(1) for _ in range(threads)]
        ways = {f'{threads} x a session of 1 thread': one_each}
        if threads > 1:
            ways[f'a session of {threads} threads'] = [session]
        seconds = {way: self._seconds(sessions) for way, sessions in ways.items()}
        fastest = min(seconds, key=seconds.get)
        self._sessions = ways[fastest]
        #: The fastest first, with milliseconds a forward.
        self.way = ', not '.join(f'{way} ({1000 * seconds[way]:.1f} ms)' for way in sorted(seconds, key=seconds.get))

    def map(self, count: int, tensor_of, value_of) -> list:
        """value_of(outputs, i) of the forward on tensor_of(i), i = 0..count - 1, on all cores."""
        self.forwards += count
        return self._map(self._sessions, count, tensor_of, value_of)

    def _map(self, sessions, count, tensor_of, value_of):
        def share(first):
            of = range(first, count, len(sessions))
            return [value_of(sessions[first].run(None, {self.name: tensor_of(i)}), i) for i in of]

        shares = list(self._pool.map(share, range(len(sessions))))
        return [shares[i % len(sessions)][i // len(sessions)] for i in range(count)]

    def _session(self, threads: int):
        return onnxruntime.InferenceSession(self.path, _options(threads), providers=['CPUExecutionProvider'])

    def _seconds(self, sessions) -> float:
        grey = np.full((1, 3, self.height, self.width), FILL, np.float32)
        best = float('inf')
        for _ in range(WARM_UP):
            start = perf_counter()
            self._map(sessions, TRIED, lambda _: grey, lambda *_: None)
            best = min(best, (perf_counter() - start) / TRIED)
        return best


def _options(threads: int):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS
    return options
