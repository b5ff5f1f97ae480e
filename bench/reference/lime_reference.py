"""
Records what Python's lime says of games whose answers are known, for packages/game: python lime_reference.py
The image, its segments and the classifier are made up; sampling, distances, kernel, ridge and R² are lime's own.
Format what it writes with biome.
"""

import importlib.metadata
import json
import pathlib
import sys

import numpy as np
from lime.lime_image import LimeImageExplainer
from sklearn.linear_model import Ridge

FIXTURES = pathlib.Path(__file__).parents[2] / "packages" / "game" / "test" / "fixtures"
PACKAGES = ("lime", "scikit-learn", "numpy")

# Segments, samples, kernel width, alpha of the ridge, and what is explained.
CASES = {
    "additive": (12, 80, 0.25, 1.0),
    "conjunction": (49, 300, 0.25, 1.0),
    "few-segments": (3, 40, 0.25, 1.0),
    "fewer-samples-than-segments": (49, 30, 0.25, 1.0),
    "wide-kernel": (16, 120, 1.5, 0.01),
}


class Recorded(LimeImageExplainer):
    """Keeps the samples and their answers."""

    def data_labels(self, *given, **named):
        self.seen = super().data_labels(*given, **named)
        return self.seen


def game(name: str, weights: np.ndarray, kept: np.ndarray, noise: np.random.RandomState) -> np.ndarray:
    """Worth of each row of `kept`: linear, or a detection that needs some segments at once; and a little noise."""
    linear = kept @ weights
    worth = linear if name == "additive" else 1 / (1 + np.exp(6 - 10 * linear / np.abs(weights).sum()))
    return worth + 0.01 * noise.standard_normal(len(kept))


def recorded(name: str, seed: int) -> dict:
    segments, samples, width, alpha = CASES[name]
    draw = np.random.RandomState(seed)
    # Most matter little; one or the other speaks against it.
    weights = np.abs(draw.standard_normal(segments)) ** 3 * np.where(np.arange(segments) % 7 == 3, -1, 1)
    # One pixel a segment, white; hidden segments are black.
    image = np.ones((1, segments, 3))

    def classifier(images: np.ndarray) -> np.ndarray:
        return game(name, weights, images[:, 0, :, 0], draw)[:, None]

    explainer = Recorded(kernel_width=width, random_state=seed)
    explained = explainer.explain_instance(
        image,
        classifier,
        labels=(0,),
        top_labels=None,
        hide_color=0,
        num_samples=samples,
        batch_size=samples,
        segmentation_fn=lambda _: np.arange(segments).reshape(1, segments),
        model_regressor=Ridge(alpha=alpha, fit_intercept=True),
    )
    rows, answers = explainer.seen
    coefficients = dict(explained.local_exp[0])
    return {
        "name": name,
        "kernelWidth": width,
        "ridge": alpha,
        "coalitions": ["".join(map(str, row)) for row in rows.tolist()],
        "values": answers[:, 0].tolist(),
        "intercept": float(explained.intercept[0]),
        "coefficients": [float(coefficients[i]) for i in range(segments)],
        "r2": float(explained.score),
    }


def main() -> None:
    FIXTURES.mkdir(parents=True, exist_ok=True)
    recording = {
        "madeBy": "bench/reference/lime_reference.py",
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "python": sys.version.split()[0],
        "cases": [recorded(name, seed) for seed, name in enumerate(CASES)],
    }
    (FIXTURES / "lime-ridge.json").write_text(json.dumps(recording, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
