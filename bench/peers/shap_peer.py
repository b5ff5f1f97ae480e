"""KernelExplainer of shap over the cells of a grid, as its documentation explains an image: f of rows of 0 and 1.

One run of samples serves all targets: f returns a column for each. Of the ways to regularise, none: the others set
most cells to 0 (`num_features(10)`, the default, all but ten), which is another question.
"""

import numpy as np
import shap

from network import FILL

GRID = 8
#: f(background) and f(x), which KernelExplainer asks by itself
ASKED_BESIDES = 2


class Peer:
    name = 'shap KernelExplainer'
    explains = 'all targets at once'

    def __init__(self, network):
        self._network = network

    def explain(self, photo, targets, forwards: int, seed: int) -> np.ndarray:
        """@return float [targets, 8, 8]"""
        network, cells = self._network, photo.cells(GRID, GRID)
        inside = lambda content: photo.tensor(content)[0][:, *photo.inside]
        base = inside(np.full_like(photo.content, FILL))
        delta = inside(photo.content) - base

        def f(rows):
            def tensor_of(i):
                return photo.tensor_of(base + delta * rows[i].astype(np.float32)[cells])

            return np.array(network.map(len(rows), tensor_of, lambda outputs, _: targets.values(outputs)))

        np.random.seed(seed)
        explainer = shap.KernelExplainer(f, np.zeros((1, GRID * GRID)))
        of_one = {'nsamples': forwards - ASKED_BESIDES, 'l1_reg': False, 'silent': True}
        values = explainer.shap_values(np.ones((1, GRID * GRID)), **of_one)
        return values[0].T.reshape(len(targets), GRID, GRID)
