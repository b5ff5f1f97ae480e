"""PartitionExplainer of shap, what its documentation explains images with: Owen values over halves of halves.

It has no grid: it cuts the photo where it finds the greatest values. It gets the network's whole input, padding and
all, so that what follows from a picture's size alone, which takes it many seconds, is made once.
"""

import numpy as np
import shap

from network import FILL

#: As in its documentation: what comes next depends on what was answered.
BATCH = 50


class Peer:
    name = 'shap PartitionExplainer'
    explains = 'all targets at once'

    def __init__(self, network):
        self._network = network
        shape = (network.height, network.width, 3)
        masker = shap.maskers.Image(np.full(shape, FILL, np.uint8))
        self._explainer = shap.PartitionExplainer(self._values, masker)

    def explain(self, photo, targets, forwards: int, seed: int) -> np.ndarray:
        """@return float [targets, height, width] of the content; `seed` changes nothing: it draws nothing"""
        whole = np.full((1, self._network.height, self._network.width, 3), FILL, np.uint8)
        whole[0][photo.inside] = photo.content
        self._photo, self._targets = photo, targets
        # It holds the value of a hidden picture, which is that of the targets before.
        self._explainer._curr_base_value = None
        made = self._explainer(whole, max_evals=forwards, batch_size=BATCH, silent=True)
        return made.values[0][photo.inside].sum(2).transpose(2, 0, 1)

    def _values(self, images):
        photo, targets = self._photo, self._targets
        made = lambda i: photo.tensor(images[i][photo.inside])
        return np.array(self._network.map(len(images), made, lambda outputs, _: targets.values(outputs)))
