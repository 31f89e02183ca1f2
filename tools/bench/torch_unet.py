"""The peer of `npm run bench -- train-step --against torch`: the same U-Net, written in plain PyTorch.

Reads a JSON line with the network's configuration and the batch, prints its parameter count, then runs one `forward`, `forward compiled`
or `train` step (forward, backward, AdamW) per input line and prints the seconds it took. `"device": "cuda"` runs on a GPU and reports
the peak of GPU memory; `"precision": "f16"` runs in half precision, with autocast for training.
"""

import copy
import json
import math
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


def sinusoid(timesteps, width):
    frequencies = torch.exp(-math.log(10000) * torch.arange(width // 2, device=timesteps.device) / (width // 2))
    angles = timesteps[:, None].float() * frequencies
    return torch.cat([angles.cos(), angles.sin()], dim=-1)


class Resnet(nn.Module):
    def __init__(self, inputs, outputs, time_width, groups):
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.time_emb_proj = nn.Linear(time_width, outputs)
        self.norm2 = nn.GroupNorm(groups, outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x, time):
        h = self.conv1(F.silu(self.norm1(x))) + self.time_emb_proj(F.silu(time))[:, :, None, None]
        return self.shortcut(x) + self.conv2(F.silu(self.norm2(h)))


class Attention(nn.Module):
    def __init__(self, width, context_width, heads):
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(width, width, bias=False)
        self.to_k = nn.Linear(context_width, width, bias=False)
        self.to_v = nn.Linear(context_width, width, bias=False)
        self.to_out = nn.Linear(width, width)

    def forward(self, x, context):
        q, k, v = (
            t.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for t in (self.to_q(x), self.to_k(context), self.to_v(context))
        )
        if hasattr(F, "scaled_dot_product_attention"):
            out = F.scaled_dot_product_attention(q, k, v)
        else:
            out = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), dim=-1) @ v
        return self.to_out(out.transpose(1, 2).flatten(2))


class Transformer(nn.Module):
    def __init__(self, width, context_width, heads, groups):
        super().__init__()
        self.norm = nn.GroupNorm(groups, width, eps=1e-6)
        self.proj_in = nn.Conv2d(width, width, 1)
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(width) for _ in range(3))
        self.attn1 = Attention(width, width, heads)
        self.attn2 = Attention(width, context_width, heads)
        self.ff_in = nn.Linear(width, 8 * width)
        self.ff_out = nn.Linear(4 * width, width)
        self.proj_out = nn.Conv2d(width, width, 1)

    def forward(self, x, context):
        h = self.proj_in(self.norm(x)).flatten(2).transpose(1, 2)
        normed = self.norm1(h)
        h = h + self.attn1(normed, normed)
        h = h + self.attn2(self.norm2(h), context)
        value, gate = self.ff_in(self.norm3(h)).chunk(2, dim=-1)
        h = h + self.ff_out(value * F.gelu(gate))
        return x + self.proj_out(h.transpose(1, 2).unflatten(-1, x.shape[2:]))


class Stage(nn.Module):
    """Residual blocks of one level, each followed by a transformer if the level has attention, and a change of size."""

    def __init__(self, channels, time_width, context_width, heads, groups, attention, resize):
        super().__init__()
        self.resnets = nn.ModuleList(Resnet(a, b, time_width, groups) for a, b in channels)
        self.transformers = nn.ModuleList(
            Transformer(b, context_width, heads, groups) for _, b in channels if attention
        )
        width = channels[-1][1]
        self.resize = None
        if resize == "down":
            self.resize = nn.Conv2d(width, width, 3, stride=2, padding=1)
        elif resize == "up":
            self.resize = nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(width, width, 3, padding=1))

    def block(self, i, x, time, context):
        x = self.resnets[i](x, time)
        return self.transformers[i](x, context) if self.transformers else x


class UNet(nn.Module):
    def __init__(self, c):
        super().__init__()
        widths, layers, groups = c["block_out_channels"], c["layers_per_block"], c["norm_num_groups"]
        heads, context_width = c["attention_head_dim"], c["cross_attention_dim"]
        time_width = 4 * widths[0]
        common = (time_width, context_width, heads, groups)
        last = len(widths) - 1
        self.width = widths[0]
        self.time1, self.time2 = nn.Linear(widths[0], time_width), nn.Linear(time_width, time_width)
        self.conv_in = nn.Conv2d(c["in_channels"], widths[0], 3, padding=1)
        skips, current, down, up = [widths[0]], widths[0], [], []
        for level, width in enumerate(widths):
            channels = [(current if i == 0 else width, width) for i in range(layers)]
            attention = c["down_block_types"][level].startswith("CrossAttn")
            down.append(Stage(channels, *common, attention, "down" if level < last else None))
            skips += [width] * (layers + (level < last))
            current = width
        self.mid = Stage([(current, current), (current, current)], *common, False, None)
        self.mid_transformer = Transformer(current, context_width, heads, groups)
        for level, width in enumerate(reversed(widths)):
            channels = [((current if i == 0 else width) + skips.pop(), width) for i in range(layers + 1)]
            attention = c["up_block_types"][level].startswith("CrossAttn")
            up.append(Stage(channels, *common, attention, "up" if level < last else None))
            current = width
        self.down, self.up = nn.ModuleList(down), nn.ModuleList(up)
        self.norm_out = nn.GroupNorm(groups, current)
        self.conv_out = nn.Conv2d(current, c["out_channels"], 3, padding=1)

    def forward(self, x, timesteps, context):
        time = self.time2(F.silu(self.time1(sinusoid(timesteps, self.width).to(x.dtype))))
        x = self.conv_in(x)
        skips = [x]
        for stage in self.down:
            for i in range(len(stage.resnets)):
                x = stage.block(i, x, time, context)
                skips.append(x)
            if stage.resize:
                x = stage.resize(x)
                skips.append(x)
        x = self.mid.block(0, x, time, context)
        x = self.mid.block(1, self.mid_transformer(x, context), time, context)
        for stage in self.up:
            for i in range(len(stage.resnets)):
                x = stage.block(i, torch.cat([x, skips.pop()], dim=1), time, context)
            if stage.resize:
                x = stage.resize(x)
        return self.conv_out(F.silu(self.norm_out(x)))


def main():
    task = json.loads(sys.stdin.readline())
    torch.set_num_threads(task["threads"])
    torch.manual_seed(0)
    config, batch, size = task["config"], task["batch"], task["size"]
    device = "cuda" if task.get("device") == "cuda" else "cpu"
    half = task.get("precision") == "f16"
    net = UNet(config).to(device)
    parameters = sum(p.numel() for p in net.parameters())
    x = torch.randn(batch, config["in_channels"], size, size, device=device)
    target = torch.randn(batch, config["out_channels"], size, size, device=device)
    timesteps = torch.randint(0, 1000, (batch,), device=device)
    context = torch.randn(batch, task["tokens"], config["cross_attention_dim"], device=device)
    scaler = torch.amp.GradScaler(device, enabled=half) if hasattr(torch.amp, "GradScaler") else None
    state = {}

    def run_forward(key, wrap):
        if key not in state:
            stored = copy.deepcopy(net).half() if half else net
            state[key] = wrap(stored.eval())
        with torch.no_grad():
            state[key](x.half() if half else x, timesteps, context.half() if half else context)

    def train():
        if "optimizer" not in state:
            state["optimizer"] = torch.optim.AdamW(net.parameters(), lr=1e-4)
        optimizer = state["optimizer"]
        with torch.autocast(device, dtype=torch.float16, enabled=half):
            loss = F.mse_loss(net(x, timesteps, context).float(), target)
        optimizer.zero_grad()
        if half and scaler is not None:
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
        else:
            loss.backward()
            optimizer.step()

    commands = {
        "forward": lambda: run_forward("eager", lambda module: module),
        "forward compiled": lambda: run_forward("compiled", torch.compile),
        "train": train,
    }
    name = torch.cuda.get_device_name() if device == "cuda" else "cpu"
    print(json.dumps({"version": torch.__version__, "parameters": parameters, "device": name}), flush=True)

    for line in sys.stdin:
        if device == "cuda":
            torch.cuda.reset_peak_memory_stats()
            torch.cuda.synchronize()
        start = time.perf_counter()
        commands[line.strip()]()
        if device == "cuda":
            torch.cuda.synchronize()
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        if device == "cuda":
            peak = torch.cuda.max_memory_allocated()
        print(json.dumps({"seconds": seconds, "peakBytes": peak}), flush=True)


main()
