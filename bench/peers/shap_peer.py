"""KernelExplainer of shap over the cells of a grid, as its documentation explains an image: f of rows of 0 and 1.

One run of samples serves all targets: f returns a column for each. Of the ways to regularise, none: the others set
most cells to 0 (`num_features(10)`, the default, all but ten), which is another question.
"""

import numpy as np
import shap

from yolox import FILL

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
        base = np.full((3, *cells.shape), FILL, np.float32)
        delta = photo.content.transpose(2, 0, 1).astype(np.float32) - FILL

        def f(rows):
            def tensor_of(i):
                tensor = np.full((1, 3, network.height, network.width), FILL, np.float32)
                kept = rows[i].astype(np.float32)[cells]
                tensor[0, :, : cells.shape[0], : cells.shape[1]] = base + delta * kept
                return tensor

            return np.array(network.map(len(rows), tensor_of, lambda output, _: targets.values(output)))

        np.random.seed(seed)
        explainer = shap.KernelExplainer(f, np.zeros((1, GRID * GRID)))
        of_one = {'nsamples': forwards - ASKED_BESIDES, 'l1_reg': False, 'silent': True}
        values = explainer.shap_values(np.ones((1, GRID * GRID)), **of_one)
        return values[0].T.reshape(len(targets), GRID, GRID)
