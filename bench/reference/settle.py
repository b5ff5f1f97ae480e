"""Seeded images, and weights whose activations and scores live in a sensible range."""

import torch
from torch import Tensor, nn

NORMS = (nn.BatchNorm2d, nn.LayerNorm)


def images(count: int, height: int, width: int, generator: torch.Generator) -> Tensor:
    """[count, 3, height, width] in [0, 1]: soft blobs under a little noise, so that every scale has something."""
    blobs = torch.rand(count, 3, height // 12, width // 12, generator=generator)
    soft = nn.functional.interpolate(blobs, (height, width), mode="bilinear", align_corners=False)
    return soft * 0.8 + torch.rand(count, 3, height, width, generator=generator) * 0.2


@torch.no_grad()
def settle(network: nn.Module, heads: list[nn.Module], size: tuple[int, int], generator: torch.Generator) -> None:
    """
    Batch normalisation gets the statistics of random images and random affine parameters, without which it would be
    nearly the identity; the last layers, `heads`, are made steeper, since freshly drawn ones give nearly equal scores.
    """
    for module in network.modules():
        if isinstance(module, NORMS):
            module.weight.copy_(0.5 + 0.5 * torch.rand(module.weight.shape, generator=generator))
            module.bias.copy_(0.2 * torch.randn(module.bias.shape, generator=generator))
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None
    for head in heads:
        head.weight.mul_(3)
    network.train()
    network(images(16, *size, generator))
    network.eval()
