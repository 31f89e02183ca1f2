"""Repeats the edits of main.ts with diffusers, PEFT and the published reward code, and compares the results.

    python interop.py CASES.json [--published CLONE]

Prints a line per case, and exits with 1 if a picture differs by more than 2 of 255 in any value, or the output of the U-Net by more
than 1e-4 of its largest value.
"""

import argparse
import json
import re
import sys
import types
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file

MOST_LEVELS = 2
MOST_SHARE = 1e-4


def picture_case(case):
    """Edits with diffusers' pipeline, using the random numbers of our edit."""
    from diffusers import StableDiffusionInstructPix2PixPipeline

    pipe = StableDiffusionInstructPix2PixPipeline.from_pretrained(case["model"])
    if "lora" in case:
        file = Path(case["lora"])
        pipe.load_lora_weights(str(file.parent), weight_name=file.name)
        pipe.fuse_lora(lora_scale=case["strength"])
    pipe.set_progress_bar_config(disable=True)
    start, *steps = load_file(Path(case["folder"]) / "noise.safetensors")["noise"].unsqueeze(1)
    # The scheduler's own random numbers come from the same file.
    module = sys.modules[type(pipe.scheduler).__module__]
    if hasattr(module, "randn_tensor"):
        module.randn_tensor = lambda *_, **__: steps.pop(0)
    image = pipe(
        case["instruction"],
        image=Image.open(case["picture"]).convert("RGB"),
        latents=start,
        num_inference_steps=case["steps"],
        guidance_scale=case["textScale"],
        image_guidance_scale=case["imageScale"],
    ).images[0]
    image.save(Path(case["folder"]) / "theirs.png")
    ours = np.asarray(Image.open(Path(case["folder"]) / "ours.png").convert("RGB"), dtype=int)
    most = int(np.abs(ours - np.asarray(image, dtype=int)).max())
    spread = float(ours.std())
    return most <= MOST_LEVELS, f"largest difference {most} of 255 (deviation of the picture {spread:.0f}), {type(pipe.scheduler).__name__}"


def published_class(clone, config):
    """The U-Net class of the published code. It hard-codes 320 channels, a time embedding of 1280 and text of 768; other widths are
    substituted in its source."""
    first = config["block_out_channels"][0]
    widths = {"320": first, "1280": 4 * first, "768": config["reward"]["text_width"]}
    try:
        import easydict  # noqa: F401
    except ImportError:
        easydict = types.ModuleType("easydict")
        easydict.EasyDict = lambda **values: types.SimpleNamespace(**values)
        sys.modules["easydict"] = easydict
    for name in ("utils", "Unet2DConditionModel"):
        source = (Path(clone) / f"{name}.py").read_text()
        source = re.sub(r"(?<=[(=, ])(320|1280|768)(?=[,)\n])", lambda found: str(widths[found[1]]), source)
        module = types.ModuleType(name)
        sys.modules[name] = module
        exec(compile(source, f"{name}.py", "exec"), module.__dict__)
    return sys.modules["Unet2DConditionModel"].UNet2DConditionModel


def forward_case(case, clone):
    folder = Path(case["model"]) / "unet"
    net = published_class(clone, json.loads((folder / "config.json").read_text())).from_pretrained(folder).eval()
    given = load_file(Path(case["folder"]) / "forward.safetensors")
    with torch.no_grad():
        output = net(
            given["sample"],
            given["timestep"],
            given["encoder_hidden_states"],
            added_cond_kwargs={"reward_scores": given["reward_scores"], "negative_embeds": given["negative_embeds"]},
            return_dict=False,
        )[0]
    share = float((output - given["output"]).abs().max() / given["output"].abs().max())
    return share <= MOST_SHARE, f"largest difference {share:.1e} of the largest value"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cases")
    parser.add_argument("--published")
    options = parser.parse_args()
    ok = True
    for case in json.loads(Path(options.cases).read_text()):
        if case["kind"] == "forward" and options.published is None:
            print(f"SKIPPED  {case['name']}: no clone of the published code (--published)")
            continue
        fine, told = picture_case(case) if case["kind"] == "picture" else forward_case(case, options.published)
        ok = ok and fine
        print(f"{'equal' if fine else 'DIFFERS'}  {case['name']}: {told}")
    sys.exit(0 if ok else 1)


main()
