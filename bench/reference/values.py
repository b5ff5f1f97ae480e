"""The ONNX side: export, and which ONNX value is which module's output."""

import io

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

OPSET = 17


def exported(network: nn.Module, image: Tensor) -> onnx.ModelProto:
    """The TorchScript exporter's model, without the source lines it may note."""
    file = io.BytesIO()
    torch.onnx.export(
        network, (image,), file, opset_version=OPSET, dynamo=False, input_names=["images"], output_names=["output"]
    )
    model = onnx.load_from_string(file.getvalue())
    for node in model.graph.node:
        node.ClearField("doc_string")
    onnx.checker.check_model(model, full_check=True)
    return model


def all_values(model: onnx.ModelProto, image: Tensor) -> dict[str, np.ndarray]:
    """Every float value that a node of the graph makes."""
    every = onnx.shape_inference.infer_shapes(model)
    known = {value.name: value for value in every.graph.value_info}
    made = [name for node in model.graph.node for name in node.output]
    del every.graph.output[:]
    every.graph.output.extend(known.get(name, onnx.ValueInfoProto(name=name)) for name in made)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(every.SerializeToString(), options, providers=["CPUExecutionProvider"])
    values = dict(zip(made, session.run(None, {"images": image.numpy()})))
    return {name: value for name, value in values.items() if value.dtype == np.float32}


def relative_error(value: np.ndarray, reference: np.ndarray) -> float:
    """‖value − reference‖ ÷ ‖reference‖, to two digits"""
    return float(f"{np.linalg.norm(value - reference) / np.linalg.norm(reference):.1e}")


def name_of(activation: np.ndarray, values: dict[str, np.ndarray]) -> str:
    """The one value that has the activation's shape and numbers."""
    names = [
        name
        for name, value in values.items()
        if value.shape == activation.shape and relative_error(value, activation) < 1e-4
    ]
    if len(names) != 1:
        raise ValueError(f"the activation should be one ONNX value, it is {names}")
    return names[0]
