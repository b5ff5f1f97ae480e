"""DRISEStack of xaitk-saliency: 8 x 8 cells, p = 1/2, hidden pixels filled.

One run of masks serves all targets. The detector hands it, for each target, the raw prediction that is most like it,
with the score that it has for the target's class: D-RISE's own similarity of that is IoU x score, the value that all others here are asked for. It gets the photo at the network's size, so that no mask is
larger than it need be.
"""

from collections.abc import Iterable

import numpy as np
from smqtk_detection.interfaces.detect_image_objects import DetectImageObjects
from smqtk_image_io.bbox import AxisAlignedBoundingBox
from xaitk_saliency.impls.gen_object_detector_blackbox_sal.drise import DRISEStack

from network import FILL

GRID = 8
KEPT = 0.5
#: D-RISE takes detections without any score for ones of every class.
LEAST = 1e-12


class Peer:
    name = 'xaitk-saliency DRISEStack'
    explains = 'all targets at once'

    def __init__(self, network):
        self._network = network

    def explain(self, photo, targets, forwards: int, seed: int) -> np.ndarray:
        """@return float [targets, height, width] of the content"""
        stack = DRISEStack(n=forwards, s=GRID, p1=KEPT, seed=seed, fill=FILL)
        labels = sorted(set(targets.classes.tolist()))
        scores = np.array([[float(label == of) for label in labels] for of in targets.classes])
        detector = _Detector(self._network, photo, targets, labels)
        return stack.generate(photo.content, targets.boxes, scores, detector)


class _Detector(DetectImageObjects):
    def __init__(self, network, photo, targets, labels):
        self._network, self._photo, self._targets, self._labels = network, photo, targets, labels

    def detect_objects(self, img_iter: Iterable[np.ndarray]):
        images = img_iter if isinstance(img_iter, np.ndarray) else list(img_iter)
        return self._network.map(len(images), lambda i: self._photo.tensor(images[i]), self._detected)

    def _detected(self, outputs, _):
        strengths, boxes, similarities = self._targets.similarities(outputs)
        found = []
        for target, index in enumerate(similarities.argmax(0)):
            label = self._targets.classes[target]
            score = max(LEAST, float(strengths[index, target]))
            box = AxisAlignedBoundingBox(boxes[index, :2], boxes[index, 2:])
            found.append((box, {each: score if each == label else 0.0 for each in self._labels}))
        return found

    def get_config(self):
        return {}
