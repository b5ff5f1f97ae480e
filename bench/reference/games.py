"""
What Python's `shap` makes of games: values of a KernelExplainer, with the coalitions and weights that it drew, as
fixtures of packages/game. Run by hand: python games.py
"""

import json
from pathlib import Path

import numpy as np
import shap

FIXTURES = Path(__file__).parents[2] / "packages/game/test/fixtures"

# Name, players, coalitions; with 2 ** players - 2 of them all are asked.
CASES = [("all-of-eight", 8, 254), ("odd-nine", 9, 150), ("twelve", 12, 300), ("thirty", 30, 500)]


def game(players: int, seed: int):
    """A detection, nearly: a sigmoid over what is kept, and a few interactions."""
    rng = np.random.default_rng(seed)
    slopes = rng.normal(0, 1.5, players)
    pairs = rng.integers(0, players, (players, 2))
    bonus = rng.normal(0, 0.3, players)

    def value(kept: np.ndarray) -> np.ndarray:
        evidence = kept @ slopes - 1
        return 1 / (1 + np.exp(-evidence)) + (kept[:, pairs[:, 0]] * kept[:, pairs[:, 1]]) @ bonus

    return value


def record(name: str, players: int, coalitions: int, seed: int) -> dict:
    value = game(players, seed)
    np.random.seed(seed)
    explainer = shap.KernelExplainer(value, np.zeros((1, players)))
    shapley = explainer.shap_values(np.ones((1, players)), nsamples=coalitions, l1_reg=False, silent=True)[0]
    drawn = explainer.maskMatrix[: explainer.nsamplesAdded]
    return {
        "name": name,
        "players": players,
        "empty": float(explainer.fnull[0]),
        "full": float(explainer.fx[0]),
        "coalitions": ["".join(str(int(kept)) for kept in row) for row in drawn],
        "weights": explainer.kernelWeights[: explainer.nsamplesAdded].tolist(),
        "values": np.asarray(explainer.ey)[: explainer.nsamplesAdded, 0].tolist(),
        "shapley": shapley.tolist(),
    }


if __name__ == "__main__":
    FIXTURES.mkdir(parents=True, exist_ok=True)
    cases = [record(*case, seed) for seed, case in enumerate(CASES)]
    text = json.dumps({"shap": shap.__version__, "cases": cases})
    (FIXTURES / "shap-games.json").write_text(text + "\n")
