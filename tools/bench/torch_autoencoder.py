"""The peer of `npm run bench -- autoencoder --against torch`: Stable Diffusion's autoencoder, written in plain PyTorch.

Reads a JSON line with its configuration and the batch, prints its parameter count, then runs one `encode` or `decode` per input line
and prints the seconds it took.
"""

import json
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


class Resnet(nn.Module):
    def __init__(self, inputs, outputs, groups):
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(groups, inputs, eps=1e-6), nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm2, self.conv2 = nn.GroupNorm(groups, outputs, eps=1e-6), nn.Conv2d(outputs, outputs, 3, padding=1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x):
        h = self.conv2(F.silu(self.norm2(self.conv1(F.silu(self.norm1(x))))))
        return self.shortcut(x) + h


class Attention(nn.Module):
    def __init__(self, width, groups):
        super().__init__()
        self.norm = nn.GroupNorm(groups, width, eps=1e-6)
        self.to_q, self.to_k, self.to_v, self.to_out = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x):
        h = self.norm(x).flatten(2).transpose(1, 2)
        out = F.scaled_dot_product_attention(*(t[:, None] for t in (self.to_q(h), self.to_k(h), self.to_v(h))))[:, 0]
        return x + self.to_out(out).transpose(1, 2).unflatten(-1, x.shape[2:])


class Downsample(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, stride=2)

    def forward(self, x):
        return self.conv(F.pad(x, (0, 1, 0, 1)))


def middle(width, groups):
    return [Resnet(width, width, groups), Attention(width, groups), Resnet(width, width, groups)]


def end(width, outputs, groups):
    return [nn.GroupNorm(groups, width, eps=1e-6), nn.SiLU(), nn.Conv2d(width, outputs, 3, padding=1)]


def encoder(c):
    widths, groups, latent = c["block_out_channels"], c["norm_num_groups"], c["latent_channels"]
    layers, current = [nn.Conv2d(3, widths[0], 3, padding=1)], widths[0]
    for level, width in enumerate(widths):
        for _ in range(c["layers_per_block"]):
            layers.append(Resnet(current, width, groups))
            current = width
        if level < len(widths) - 1:
            layers.append(Downsample(width))
    quant = nn.Conv2d(2 * latent, 2 * latent, 1)
    return nn.Sequential(*layers, *middle(current, groups), *end(current, 2 * latent, groups), quant)


def decoder(c):
    widths, groups, latent = c["block_out_channels"][::-1], c["norm_num_groups"], c["latent_channels"]
    current = widths[0]
    layers = [nn.Conv2d(latent, latent, 1), nn.Conv2d(latent, current, 3, padding=1), *middle(current, groups)]
    for level, width in enumerate(widths):
        for _ in range(c["layers_per_block"] + 1):
            layers.append(Resnet(current, width, groups))
            current = width
        if level < len(widths) - 1:
            layers += [nn.Upsample(scale_factor=2), nn.Conv2d(width, width, 3, padding=1)]
    return nn.Sequential(*layers, *end(current, 3, groups))


def main():
    task = json.loads(sys.stdin.readline())
    torch.set_num_threads(task["threads"])
    torch.manual_seed(0)
    config, size = task["config"], task["size"]
    nets = {"encode": encoder(config).eval(), "decode": decoder(config).eval()}
    side = size // 2 ** (len(config["block_out_channels"]) - 1)
    given = {"encode": torch.randn(1, 3, size, size), "decode": torch.randn(1, config["latent_channels"], side, side)}
    parameters = sum(p.numel() for net in nets.values() for p in net.parameters())
    print(json.dumps({"version": torch.__version__, "parameters": parameters}), flush=True)
    for line in sys.stdin:
        what = line.strip()
        start = time.perf_counter()
        with torch.no_grad():
            nets[what](given[what])
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"seconds": seconds, "peakBytes": peak}), flush=True)


main()
