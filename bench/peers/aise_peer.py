"""AISEDetection of OpenVINO XAI, on OpenVINO's own runtime, in float32 (on some processors its default is bfloat16).

It explains one target at a time, each with all the forwards that are asked for. It hides pixels by multiplying with 0:
the fill is subtracted before and added again inside the network, which makes 0 the fill. Its loop in Python over all
predictions is replaced by the same maximum in numpy.
"""

import numpy as np
import openvino
from openvino.preprocess import PrePostProcessor
from openvino_xai.methods.black_box.aise.detection import AISEDetection

from yolox import FILL

#: of its preset for balance
DIVISORS = np.linspace(7, 1, 3)


class Peer:
    name = 'OpenVINO XAI AISEDetection'
    explains = 'one target at a time'

    def __init__(self, network):
        self._network = network
        self.way = f'OpenVINO on {network.threads} threads'
        model = PrePostProcessor(openvino.Core().read_model(network.path))
        model.input().preprocess().mean(float(-FILL))
        self._method = _Counted(openvino.Model(model.build()), network)

    def explain(self, photo, targets, forwards: int, seed: int) -> np.ndarray:
        """@return float [targets, height, width] of the content; `seed` changes nothing: its search is deterministic"""
        height, width = photo.content.shape[:2]
        self._method.targets = targets
        made = self._method.generate_saliency_map(
            self._network.tensor(photo.content) - FILL,
            target_indices=list(range(len(targets))),
            num_iterations_per_kernel=(forwards - 1) // len(DIVISORS),
            divisors=DIVISORS,
            scale_output=False,
        )
        return np.array([made[i][:height, :width] for i in range(len(targets))])


class _Counted(AISEDetection):
    def __init__(self, model, network):
        self._network = network
        self.targets = None
        super().__init__(model, postprocess_fn=self._found)

    def prepare_model(self, load_model: bool = True):
        config = {
            'INFERENCE_PRECISION_HINT': 'f32',
            'PERFORMANCE_HINT': 'LATENCY',
            'INFERENCE_NUM_THREADS': self._network.threads,
        }
        self._model_compiled = openvino.Core().compile_model(self._model, 'CPU', config)
        return self._model

    def model_forward(self, x, preprocess: bool = True):
        self._network.forwards += 1
        return super().model_forward(x, preprocess)

    def _found(self, _):
        """What it is to explain, instead of all that the detector sees."""
        of = self.targets
        return of.boxes[None], np.ones((1, len(of))), of.classes[None]

    def _process_box(self, padding_coef: float = 0.5) -> None:
        super()._process_box(padding_coef)
        same = (self.targets.boxes == self.target_box).all(1) & (self.targets.classes == self.target_label)
        self._index = int(np.flatnonzero(same)[0])

    def _get_loss(self, data_perturbed: np.ndarray) -> float:
        output = self.model_forward(data_perturbed, preprocess=False)[0]
        return float(self.targets.values(output)[self._index])
