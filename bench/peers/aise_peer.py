"""AISEDetection of OpenVINO XAI, on OpenVINO's own runtime, in float32 (on some processors its default is bfloat16).

It explains one target at a time, each with all the forwards that are asked for. It hides pixels by multiplying with 0:
the fill is subtracted before and added again inside the network, which makes 0 the fill. Its loop in Python over all
predictions is replaced by the same maximum in numpy.
"""

import numpy as np
import openvino
from openvino.preprocess import PrePostProcessor
from openvino_xai.methods.black_box.aise.detection import AISEDetection

from network import FILL

#: of its preset for balance
DIVISORS = np.linspace(7, 1, 3)


class Peer:
    name = 'OpenVINO XAI AISEDetection'
    explains = 'one target at a time'

    def __init__(self, network):
        self._network = network
        self.way = f'OpenVINO on {network.threads} threads'
        self._method = _Counted(_filled(network), network)

    def explain(self, photo, targets, forwards: int, seed: int) -> np.ndarray:
        """@return float [targets, height, width] of the content; `seed` changes nothing: its search is deterministic"""
        self._method.photo, self._method.targets = photo, targets
        made = self._method.generate_saliency_map(
            photo.values_of(photo.content) - FILL,
            target_indices=list(range(len(targets))),
            num_iterations_per_kernel=(forwards - 1) // len(DIVISORS),
            divisors=DIVISORS,
            scale_output=False,
        )
        return np.array([made[i][photo.inside] for i in range(len(targets))])


def _filled(network):
    """The network on values of 0..255 less the fill."""
    model = PrePostProcessor(openvino.Core().read_model(network.path))
    model.input().tensor().set_layout(openvino.Layout('NCHW'))
    model.input().model().set_layout(openvino.Layout('NCHW'))
    steps = model.input().preprocess().mean(float(-FILL))
    if network.family.MEAN is not None:
        steps.mean([float(mean) for mean in network.family.MEAN]).scale([float(std) for std in network.family.STD])
    return openvino.Model(model.build())


class _Counted(AISEDetection):
    def __init__(self, model, network):
        self._network = network
        self.photo = self.targets = None
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
        if self._network.family.PAD != FILL:
            x = self._padded(x)
        return super().model_forward(x, preprocess)

    def _padded(self, x: np.ndarray) -> np.ndarray:
        """Hidden padding stays what it is."""
        padded = np.full_like(x, self._network.family.PAD - FILL)
        padded[0][:, *self.photo.inside] = x[0][:, *self.photo.inside]
        return padded

    def _found(self, _):
        """What it is to explain, instead of all that the detector sees."""
        of = self.targets
        return of.boxes[None], np.ones((1, len(of))), of.classes[None]

    def _process_box(self, padding_coef: float = 0.5) -> None:
        super()._process_box(padding_coef)
        same = (self.targets.boxes == self.target_box).all(1) & (self.targets.classes == self.target_label)
        self._index = int(np.flatnonzero(same)[0])

    def _get_loss(self, data_perturbed: np.ndarray) -> float:
        outputs = self.model_forward(data_perturbed, preprocess=False)
        return float(self.targets.values([outputs[i] for i in range(len(outputs))])[self._index])
