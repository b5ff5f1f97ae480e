"""Class activation maps as pytorch-grad-cam makes them."""

import numpy as np
from pytorch_grad_cam import EigenCAM, GradCAM, GradCAMPlusPlus, HiResCAM, LayerCAM, XGradCAM
from torch import Tensor, nn

METHODS = {
    "grad-cam": GradCAM,
    "grad-cam++": GradCAMPlusPlus,
    "hires-cam": HiResCAM,
    "layer-cam": LayerCAM,
    "xgrad-cam": XGradCAM,
    "eigen-cam": EigenCAM,
}


def class_activation_maps(
    network: nn.Module, layer: nn.Module, image: Tensor, index: tuple[int, ...]
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """
    For the scalar target output[index], per method: the layer's map [h, w] as the method defines it, negative values
    and all, and what the library returns [height, width]: rectified, scaled to [0, 1], resized bilinearly.
    """

    def target(output: Tensor) -> Tensor:
        return output[index[1:]]

    maps = {}
    for name, method in METHODS.items():
        with method(model=network, target_layers=[layer]) as cam:
            returned = cam(input_tensor=image, targets=[target])[0]
            seen = cam.activations_and_grads
            gradient = seen.gradients[0].numpy() if seen.gradients else None
            raw = cam.get_cam_image(image, layer, [target], seen.activations[0].numpy(), gradient, False)[0]
            maps[name] = (raw, returned)
    return maps
