"""Fills a store of language-model states for SmartEdit models; see README.md in this folder.

Needs torch, transformers, safetensors and Pillow; `state_key` needs nothing.
"""

import argparse
import hashlib
import json
import os
import re
import struct
from pathlib import Path

# The normalization of CLIP's vision towers.
CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_DEVIATION = (0.26862954, 0.26130258, 0.27577711)


def state_key(width, height, rgb, instruction):
    """Returns the key of a state, like `stateKey` in packages/diffusion/src/language-states/state-key.ts."""
    text = instruction.encode("utf-8")
    digest = hashlib.sha256()
    digest.update(f"picture {width} {height}\n".encode())
    digest.update(rgb)
    digest.update(f"instruction {len(text)}\n".encode())
    digest.update(text)
    return digest.hexdigest()


def stored_keys(store, metadata):
    """Returns the keys in the store's files; exits if a file is of another language model or template."""
    keys = set()
    for path in sorted(store.glob("states-*.safetensors")):
        with open(path, "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(length))
        found = header.pop("__metadata__", {})
        for name, wanted in metadata.items():
            if found.get(name) != wanted:
                raise SystemExit(f"{path}: made with another {name} ({found.get(name)} instead of {wanted})")
        keys.update(header)
    return keys


def wanted(store, keys):
    """Yields the entries of the list without states, each once."""
    seen = set(keys)
    for number, line in enumerate((store / "wanted.jsonl").read_text("utf-8").splitlines(), 1):
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            # A line truncated by a crash; whoever needs its state lists it again.
            continue
        if entry["key"] in seen:
            continue
        seen.add(entry["key"])
        yield number, entry


def read_picture(store, number, entry, side):
    """Reads the picture of an entry and checks it against the entry's key."""
    from PIL import Image

    path = store / entry["picture"]
    picture = Image.open(path).convert("RGB")
    if picture.size != (side, side):
        raise SystemExit(f"{path}: {picture.size[0]} x {picture.size[1]} pixels, the model sees {side} x {side}")
    if state_key(*picture.size, picture.tobytes(), entry["instruction"]) != entry["key"]:
        raise SystemExit(f"wanted.jsonl, line {number}: {path} is another picture, or the instruction was changed")
    return picture


def merge_lora(weights, alpha):
    """Merges LoRA layers that are stored next to full weights, as in SmartEdit's LLM-15000/adapter_model.bin."""
    found = {name: weights.pop(name) for name in list(weights) if ".lora_" in name}
    for name, down in found.items():
        if ".lora_A." not in name:
            continue
        up = found[name.replace(".lora_A.", ".lora_B.")]
        target = re.sub(r"\.lora_A\.(\w+\.)?weight$", ".weight", name)
        weights[target] = weights[target].float() + (alpha / down.shape[0]) * (up.float() @ down.float())
    return weights


class LanguageModel:
    """A LLaMA in whose input CLIP's features replace one token, as in LLaVA 1.1; without --vision there is no picture."""

    def __init__(self, options, config):
        import torch
        from transformers import AutoModel, AutoTokenizer, CLIPVisionModel

        self.torch, self.config, self.options = torch, config, options
        dtype = getattr(torch, options.dtype)
        self.tokenizer = AutoTokenizer.from_pretrained(options.tokenizer or options.language)
        self.language = AutoModel.from_pretrained(options.language, dtype=dtype).to(options.device).eval()
        if options.weights:
            self.load_weights(options.weights)
        width = self.language.config.hidden_size
        if width != config["width"]:
            raise SystemExit(f"{options.language}: states {width} wide, the store has {config['width']}")
        self.vision = self.projector = None
        if options.vision:
            self.vision = CLIPVisionModel.from_pretrained(options.vision).to(options.device).eval()
            self.load_projector(options.projector)

    def load_weights(self, path):
        weights = self.torch.load(path, map_location="cpu", weights_only=True)
        weights = merge_lora(weights, self.options.lora_alpha)
        prefix = "model.base_model.model."
        own = {name.removeprefix(prefix): value for name, value in weights.items() if not name.endswith("inv_freq")}
        rows = own["embed_tokens.weight"].shape[0]
        self.language.resize_token_embeddings(rows)
        missing, extra = self.language.load_state_dict(own, strict=False)
        if missing or extra:
            raise SystemExit(f"{path}: missing {missing[:5]}, unknown {extra[:5]}")

    def load_projector(self, path):
        if path is None:
            raise SystemExit("--vision needs --projector, which maps its features to the language model's vectors")
        weights = self.torch.load(path, map_location="cpu", weights_only=True)
        named = {name: value for name, value in weights.items() if "mm_projector" in name}
        weight = next(value for name, value in named.items() if name.endswith("weight"))
        bias = next(value for name, value in named.items() if name.endswith("bias"))
        self.projector = self.torch.nn.Linear(weight.shape[1], weight.shape[0])
        self.projector.load_state_dict({"weight": weight.float(), "bias": bias.float()})
        self.projector.to(self.options.device)

    def ids(self, instruction):
        text = self.config["prompt"].replace("{instruction}", instruction)
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def states(self, picture, instruction):
        """The states at the prompt's last tokens, from one forward pass: nothing is generated."""
        torch, positions = self.torch, self.config["positions"]
        ids = self.ids(instruction)
        answer = self.ids("")[-positions:]
        if ids[-positions:] != answer or len(set(answer)) != positions:
            raise SystemExit(f"the prompt does not end with {positions} distinct image tokens")
        special = set(self.tokenizer.get_added_vocab().values())
        if [i for i in ids if i in special] != [i for i in self.ids("") if i in special]:
            raise SystemExit(f"{instruction!r} contains a special token of the language model")
        device = self.options.device
        with torch.inference_mode():
            vectors = self.language.get_input_embeddings()(torch.tensor([ids], device=device))
            if self.vision is not None:
                place = ids.index(self.tokenizer.convert_tokens_to_ids(self.options.image_token))
                seen = self.projector(self.features(picture)).to(vectors.dtype)
                vectors = torch.cat([vectors[:, :place], seen, vectors[:, place + 1 :]], 1)
            hidden = self.language(inputs_embeds=vectors, use_cache=False).last_hidden_state
        return hidden[0, -positions:].to(torch.float16).cpu().contiguous()

    def features(self, picture):
        torch = self.torch
        values = torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8)
        values = values.reshape(1, picture.height, picture.width, 3).permute(0, 3, 1, 2).float() / 255
        mean, deviation = (torch.tensor(each).reshape(1, 3, 1, 1) for each in (CLIP_MEAN, CLIP_DEVIATION))
        pixels = ((values - mean) / deviation).to(self.options.device)
        return self.vision(pixel_values=pixels, output_hidden_states=True).hidden_states[-2][:, 1:]


def save(store, states, metadata):
    """Writes a file under a temporary name and renames it, so that the store never has a partial file."""
    from safetensors.torch import save_file

    name = hashlib.sha256("".join(sorted(states)).encode()).hexdigest()[:32]
    temporary = store / f".states-{name}.tmp"
    save_file(states, temporary, {"format": "pt", **metadata})
    os.replace(temporary, store / f"states-{name}.safetensors")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store", type=Path, help="folder with states.json and wanted.jsonl, as made by `rewardedit data states`")
    parser.add_argument("--language", required=True, help="folder of the LLaMA in transformers' layout")
    parser.add_argument("--tokenizer", help="folder of its tokenizer, if different")
    parser.add_argument("--weights", help="torch file with its weights and unmerged LoRA layers: LLM-15000/adapter_model.bin")
    parser.add_argument("--lora-alpha", type=float, default=16)
    parser.add_argument("--vision", help="folder of CLIP's vision tower")
    parser.add_argument("--projector", help="torch file with mm_projector.weight and .bias")
    parser.add_argument("--image-token", default="<image>", help="token of the prompt that the picture replaces")
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16", "float16"])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--shard", type=int, default=256, help="states per file")
    options = parser.parse_args()

    config = json.loads((options.store / "states.json").read_text("utf-8"))
    template = hashlib.sha256(config["prompt"].encode("utf-8")).hexdigest()
    metadata = {"model": config["model"], "template": template}
    todo = list(wanted(options.store, stored_keys(options.store, metadata)))
    if not todo:
        print("No states are missing.")
        return
    model = LanguageModel(options, config)
    states = {}
    for done, (number, entry) in enumerate(todo, 1):
        picture = read_picture(options.store, number, entry, config["side"])
        states[entry["key"]] = model.states(picture, entry["instruction"])
        if len(states) == options.shard or done == len(todo):
            save(options.store, states, metadata)
            states = {}
            print(f"{done} of {len(todo)} states are done.", flush=True)


if __name__ == "__main__":
    main()
