"""
Records what PyTorch autograd and pytorch-grad-cam say of the reference networks, beside the same networks as ONNX:
python record.py [NETWORK ...]
"""

import copy
import importlib.metadata
import json
import pathlib
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from cams import class_activation_maps
from networks import DetrLike, ResnetLike, VitLike, Yolov5Like, Yolov8Like
from settle import images, settle
from values import OPSET, all_values, exported, name_of, relative_error

FIXTURES = pathlib.Path(__file__).parent / "fixtures"
PACKAGES = ("torch", "grad-cam", "onnx", "onnxruntime", "numpy")


@dataclass(frozen=True)
class Subject:
    """
    layers: modules where the gradient is recorded; mapped: those of them where maps are made;
    heads: the last layers; scores: where in the output the class scores are that a target is picked from;
    box: the four box values of the detection that a score's index belongs to;
    ceiling: above it a sigmoid is so flat that float32 has lost digits of its slope.
    """

    seed: int
    size: tuple[int, int]
    build: Callable[[int, int], nn.Module]
    heads: Callable[[nn.Module], list[nn.Module]]
    scores: tuple[slice, ...]
    layers: tuple[str, ...] = ()
    mapped: tuple[str, ...] = ()
    box: Callable[[tuple[int, ...]], tuple] | None = None
    ceiling: float = 0.9


FINEST = 8 * 12  # cells of stride 8 in 64 × 96

SUBJECTS = {
    "yolov8-like": Subject(
        seed=8,
        size=(64, 96),
        build=Yolov8Like,
        heads=lambda network: [branch[-1] for branch in (*network.boxes, *network.classes)],
        scores=(slice(0, 1), slice(4, None), slice(0, FINEST)),
        layers=("backbone4", "neck3", "neck4", "neck5"),
        mapped=("neck3", "backbone4"),
        box=lambda index: (0, slice(0, 4), index[2]),
    ),
    "yolov5-like": Subject(
        seed=5,
        size=(64, 96),
        build=Yolov5Like,
        heads=lambda network: list(network.heads),
        scores=(slice(0, 1), slice(0, 3 * FINEST), slice(5, None)),
        layers=("backbone3", "neck3", "neck5"),
        box=lambda index: (0, index[1], slice(0, 4)),
    ),
    "resnet-like": Subject(
        seed=18,
        size=(64, 96),
        build=lambda *_: ResnetLike(),
        heads=lambda network: [network.head],
        scores=(slice(None), slice(None)),
        ceiling=float("inf"),
        layers=("stage1", "stage2", "stage3"),
        mapped=("stage3", "stage2"),
    ),
    "vit-like": Subject(
        seed=16,
        size=(48, 64),
        build=VitLike,
        heads=lambda network: [network.head],
        scores=(slice(None), slice(None)),
        ceiling=float("inf"),
    ),
    "detr-like": Subject(
        seed=20,
        size=(48, 64),
        build=DetrLike,
        heads=lambda network: [
            network.classes,
            *(head for layer in (network.layer1, network.layer2) for head in (layer.shift, layer.across.offsets)),
        ],
        scores=(slice(None), slice(None), slice(4, None)),
        box=lambda index: (0, index[1], slice(0, 4)),
    ),
}


def picked(output: Tensor, subject: Subject) -> tuple[int, ...]:
    """Index in `output` of the highest class score below the ceiling."""
    part = output[subject.scores]
    place = np.unravel_index(int(part.where(part < subject.ceiling, -np.inf).argmax()), part.shape)
    return tuple(int(at) + (where.start or 0) for at, where in zip(place, subject.scores))


def cotangents(
    subject: Subject, output: Tensor, index: tuple[int, ...], generator: torch.Generator
) -> dict[str, Tensor]:
    """`class`: one score; `box`: a random direction of its box; `dense`: a random direction of the whole output."""
    one = torch.zeros_like(output)
    one[index] = 1
    cases = {"class": one}
    if subject.box:
        cases["box"] = torch.zeros_like(output)
        cases["box"][subject.box(index)] = torch.randn(4, generator=generator)
    cases["dense"] = torch.randn(output.shape, generator=generator)
    return cases


def differentiated(
    network: nn.Module, layers: tuple[str, ...], image: Tensor, cotangent: Tensor
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Activations of `layers`, and the gradients of (cotangent · output) there and at the input, as `images`."""
    kept: dict[str, Tensor] = {"images": image.clone().requires_grad_()}
    hooks = [
        network.get_submodule(layer).register_forward_hook(lambda _, __, made, layer=layer: kept.update({layer: made}))
        for layer in layers
    ]
    output = network(kept["images"])
    for hook in hooks:
        hook.remove()
    gradients = torch.autograd.grad(output, list(kept.values()), cotangent)
    return (
        {layer: kept[layer].detach().numpy() for layer in layers},
        {place: gradient.numpy() for place, gradient in zip(kept, gradients)},
    )


class Folder:
    """The fixtures of one network."""

    def __init__(self, path: pathlib.Path):
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        self.path = path

    def array(self, name: str, values: np.ndarray) -> str:
        """Writes float32 in C order and gives the file's name."""
        if not np.isfinite(values).all() or not values.any():
            raise ValueError(f"{name} is not finite, or zero throughout")
        np.save(self.path / f"{name}.npy", np.ascontiguousarray(values, dtype="<f4"))
        return f"{name}.npy"


@dataclass(frozen=True)
class Run:
    """A settled network with its image, where the arrays go, and the ONNX names of `images` and of the layers."""

    subject: Subject
    network: nn.Module
    image: Tensor
    names: dict[str, str]
    folder: Folder

    def case(self, name: str, cotangent: Tensor) -> dict:
        """Gradients of one cotangent, and how far float32 is from float64: no comparison can be better than that."""
        _, gradients = differentiated(self.network, self.subject.layers, self.image, cotangent)
        precise = copy.deepcopy(self.network).double()
        _, exact = differentiated(precise, self.subject.layers, self.image.double(), cotangent.double())
        reached = {at: value for at, value in gradients.items() if value.any()}
        return {
            "name": name,
            "cotangents": {"output": self.folder.array(f"{name}.output", cotangent.numpy())},
            "gradients": {self.names[at]: self.folder.array(f"{name}.{at}", value) for at, value in reached.items()},
            "zeros": [self.names[at] for at in gradients if at not in reached],
            "float64Error": {self.names[at]: relative_error(value, exact[at]) for at, value in reached.items()},
        }

    def maps(self, layer: str, index: tuple[int, ...]) -> list[dict]:
        """One entry a method; the map as the library returns it follows from the raw one, so one layer's are enough."""
        module = self.network.get_submodule(layer)
        entries = []
        for method, (raw, returned) in class_activation_maps(self.network, module, self.image, index).items():
            file = f"class.{layer}.{method}"
            entry = {"method": method, "layer": self.names[layer], "raw": self.folder.array(f"{file}.raw", raw)}
            if layer == self.subject.mapped[0]:
                entry["map"] = self.folder.array(f"{file}.map", returned)
            entries.append(entry)
        return entries


def record(name: str, subject: Subject, folder: Folder) -> dict:
    """Writes model and arrays of one network and gives its reference.json."""
    torch.manual_seed(subject.seed)
    generator = torch.Generator().manual_seed(subject.seed)
    network = subject.build(*subject.size)
    settle(network, subject.heads(network), subject.size, generator)
    image = images(1, *subject.size, generator)
    with torch.no_grad():
        output = network(image)
    model = exported(network, image)
    onnx.save(model, folder.path / "model.onnx")
    made = all_values(model, image)
    disagreement = relative_error(made["output"], output.numpy())
    if disagreement > 1e-4:
        raise ValueError(f"the ONNX output of {name} is off by {disagreement}")
    activations, _ = differentiated(network, subject.layers, image, torch.ones_like(output))
    names = {"images": "images"} | {layer: name_of(value, made) for layer, value in activations.items()}
    run = Run(subject, network, image, names, folder)
    index = picked(output, subject)
    cases = [run.case(case, value) for case, value in cotangents(subject, output, index, generator).items()]
    cases[0] |= {"index": index, "score": float(output[index])}
    cases[0]["cams"] = [entry for layer in subject.mapped for entry in run.maps(layer, index)]
    return {
        "network": name,
        "seed": subject.seed,
        "opset": OPSET,
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "versions": {"python": platform.python_version()} | {at: importlib.metadata.version(at) for at in PACKAGES},
        "onnxOutputError": disagreement,
        "inputs": {"images": folder.array("images", image.numpy())},
        "outputs": {"output": folder.array("output", output.numpy())},
        "activations": {names[layer]: folder.array(layer, value) for layer, value in activations.items()},
        "cases": cases,
    }


def main() -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for name in sys.argv[1:] or SUBJECTS:
        folder = Folder(FIXTURES / name)
        reference = record(name, SUBJECTS[name], folder)
        (folder.path / "reference.json").write_text(json.dumps(reference, indent=2) + "\n")
        worst = max(error for case in reference["cases"] for error in case["float64Error"].values())
        picked_case = reference["cases"][0]
        print(f"{name}: {reference['parameters']} parameters, ONNX output off by {reference['onnxOutputError']:.1e}")
        print(f"  score {picked_case['score']:.3f} at {picked_case['index']}, float32 off by at most {worst:.1e}")


if __name__ == "__main__":
    main()
