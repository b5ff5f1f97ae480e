"""LimeImageExplainer of lime, with the cells of a grid for superpixels and the fill for hidden ones.

One run of samples serves all targets, as labels. All images go to the classifier in one batch, so that every core
has work; all cells are wanted, so that no features are selected, which would fit the model twice.
"""

import numpy as np
from lime import lime_image

from network import FILL

GRID = 8


class Peer:
    name = 'lime LimeImageExplainer'
    explains = 'all targets at once'

    def __init__(self, network):
        self._network = network

    def explain(self, photo, targets, forwards: int, seed: int) -> np.ndarray:
        """@return float [targets, 8, 8]"""
        network = self._network

        def classifier(images):
            made = lambda i: photo.tensor(images[i])
            return np.array(network.map(len(images), made, lambda outputs, _: targets.values(outputs)))

        explainer = lime_image.LimeImageExplainer(feature_selection='none', random_state=seed)
        explanation = explainer.explain_instance(
            photo.content,
            classifier,
            labels=range(len(targets)),
            top_labels=None,
            hide_color=FILL,
            num_samples=forwards,
            batch_size=forwards,
            segmentation_fn=lambda _: photo.cells(GRID, GRID),
        )
        maps = np.zeros((len(targets), GRID * GRID))
        for target in range(len(targets)):
            for cell, weight in explanation.local_exp[target]:
                maps[target, cell] = weight
        return maps.reshape(-1, GRID, GRID)
