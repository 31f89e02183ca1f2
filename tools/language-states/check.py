"""Tests fill.py with a tiny random LLaMA, tokenizer and CLIP tower: python check.py. Prints each check; exits with 1 if one fails."""

import hashlib
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from PIL import Image
from safetensors import safe_open
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import CLIPVisionConfig, CLIPVisionModel, LlamaConfig, LlamaModel, PreTrainedTokenizerFast

from fill import state_key

POSITIONS, WIDTH, SIDE = 4, 32, 16
PROMPT = "see <image> : {instruction} " + "".join(f"<img_{i}>" for i in range(POSITIONS))
WORDS = "[UNK] see : remove paint the circle red".split()


def make_model(folder):
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    own = ["<image>", *(f"<img_{i}>" for i in range(POSITIONS))]
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", additional_special_tokens=own)
    fast.save_pretrained(folder / "language")
    llama = LlamaConfig(vocab_size=len(fast), hidden_size=WIDTH, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4)
    LlamaModel(llama).save_pretrained(folder / "language")
    clip = CLIPVisionConfig(hidden_size=24, intermediate_size=48, num_hidden_layers=3, num_attention_heads=2, image_size=SIDE, patch_size=8)
    CLIPVisionModel(clip).save_pretrained(folder / "vision")
    projector = torch.nn.Linear(24, WIDTH)
    names = {"model.mm_projector.weight": projector.weight.detach(), "model.mm_projector.bias": projector.bias.detach()}
    torch.save(names, folder / "projector.bin")


def make_store(store, instructions):
    (store / "pictures").mkdir(parents=True)
    config = {"format": "rewardedit-states-1", "model": "tiny", "prompt": PROMPT, "positions": POSITIONS, "width": WIDTH, "side": SIDE}
    (store / "states.json").write_text(json.dumps(config))
    lines = []
    for instruction in instructions:
        picture = Image.frombytes("RGB", (SIDE, SIDE), random.randbytes(SIDE * SIDE * 3))
        name = f"pictures/{hashlib.sha256(picture.tobytes()).hexdigest()}.png"
        picture.save(store / name)
        key = state_key(SIDE, SIDE, picture.tobytes(), instruction)
        lines.append(json.dumps({"key": key, "picture": name, "instruction": instruction}))
    (store / "wanted.jsonl").write_text("\n".join(lines) + "\n")
    return [json.loads(line)["key"] for line in lines]


def fill(folder, store, *more):
    arguments = [store, "--language", folder / "language", "--vision", folder / "vision", "--projector", folder / "projector.bin", *more]
    command = [sys.executable, Path(__file__).with_name("fill.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def states_of(store):
    found, metadata = {}, {}
    for path in store.glob("states-*.safetensors"):
        with safe_open(path, "pt") as file:
            metadata = file.metadata()
            found.update({key: file.get_tensor(key) for key in file.keys()})
    return found, metadata


def generated(folder, store, key):
    """The states of a generation that outputs the image tokens in order."""
    entry = next(json.loads(line) for line in (store / "wanted.jsonl").read_text().splitlines() if key in line)
    llama = LlamaModel.from_pretrained(folder / "language").eval()
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder / "language")
    vision = CLIPVisionModel.from_pretrained(folder / "vision").eval()
    weights = torch.load(folder / "projector.bin")
    picture = Image.open(store / entry["picture"])
    values = torch.tensor(list(picture.tobytes()), dtype=torch.float32).reshape(1, SIDE, SIDE, 3).permute(0, 3, 1, 2) / 255
    mean = torch.tensor([0.48145466, 0.4578275, 0.40821073]).reshape(1, 3, 1, 1)
    deviation = torch.tensor([0.26862954, 0.26130258, 0.27577711]).reshape(1, 3, 1, 1)
    with torch.inference_mode():
        seen = vision(pixel_values=(values - mean) / deviation, output_hidden_states=True).hidden_states[-2][:, 1:]
        seen = seen @ weights["model.mm_projector.weight"].T + weights["model.mm_projector.bias"]
        ids = tokenizer(PROMPT.replace("{instruction}", entry["instruction"]), add_special_tokens=False)["input_ids"]
        vectors = llama.get_input_embeddings()(torch.tensor([ids]))
        place = ids.index(tokenizer.convert_tokens_to_ids("<image>"))
        vectors = torch.cat([vectors[:, :place], seen, vectors[:, place + 1 :]], 1)
        step = llama(inputs_embeds=vectors[:, :-POSITIONS], use_cache=True)
        states = []
        for i in range(POSITIONS):
            at = vectors.shape[1] - POSITIONS + i
            step = llama(inputs_embeds=vectors[:, at : at + 1], past_key_values=step.past_key_values, use_cache=True)
            states.append(step.last_hidden_state[0, 0])
    return torch.stack(states)


def with_lora(folder):
    """The same weights with LoRA layers unmerged, named as in SmartEdit's file, and merged."""
    own = LlamaModel.from_pretrained(folder / "language").state_dict()
    prefix = "model.base_model.model."
    unmerged = {prefix + name: value for name, value in own.items()}
    merged = dict(own)
    for name in [each for each in own if each.endswith(("q_proj.weight", "v_proj.weight"))]:
        down, up = torch.randn(2, WIDTH) / 10, torch.randn(WIDTH, 2) / 10
        base = prefix + name.removesuffix(".weight")
        unmerged[f"{base}.lora_A.default.weight"], unmerged[f"{base}.lora_B.default.weight"] = down, up
        merged[name] = own[name] + 16 / 2 * up @ down
    unmerged[f"{prefix}layers.0.self_attn.rotary_emb.inv_freq"] = torch.ones(4)
    torch.save(unmerged, folder / "unmerged.bin")
    torch.save({prefix + name: value for name, value in merged.items()}, folder / "merged.bin")


def main():
    random.seed(0)
    torch.manual_seed(0)
    failed = []

    def check(what, holds):
        print(f"{'ok  ' if holds else 'FAIL'} {what}")
        if not holds:
            failed.append(what)

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make_model(folder)
        store = folder / "store"
        keys = make_store(store, ["remove the circle", "paint the circle red", "remove the red circle"])
        first = fill(folder, store, "--shard", "2")
        states, metadata = states_of(store)
        check(f"fills the store {first.stderr[-300:]}", first.returncode == 0 and set(states) == set(keys))
        check("in two files of F16 [positions, width]", len(list(store.glob("states-*"))) == 2 and all(each.dtype == torch.float16 and each.shape == (POSITIONS, WIDTH) for each in states.values()))
        check("with model and template in the metadata", metadata.get("model") == "tiny" and metadata.get("template") == hashlib.sha256(PROMPT.encode()).hexdigest())
        check("existing states are not computed again", "No states are missing" in fill(folder, store).stdout)
        difference = max((states[key].float() - generated(folder, store, key)).abs().max().item() for key in keys)
        check(f"the states equal those of a generation (largest difference {difference:.1e})", difference < 5e-3)
        for path in store.glob("states-*"):
            path.unlink()
        fill(folder, store, "--shard", "1")
        check("computed again, they are equal bit for bit", all(torch.equal(states[key], each) for key, each in states_of(store)[0].items()))

        with_lora(folder)
        results = []
        for weights in ("unmerged.bin", "merged.bin"):
            other = folder / weights.removesuffix(".bin")
            random.seed(0)
            make_store(other, ["remove the circle"])
            run = fill(folder, other, "--weights", folder / weights)
            results.append(list(states_of(other)[0].values()) if run.returncode == 0 else run.stderr[-300:])
        same = not isinstance(results[0], str) and not isinstance(results[1], str)
        check(f"LoRA layers next to full weights are merged {'' if same else results}", same and (results[0][0].float() - results[1][0].float()).abs().max() < 2e-3)

        (store / "wanted.jsonl").write_text((store / "wanted.jsonl").read_text().replace("remove the circle", "paint the circle"))
        for path in store.glob("states-*"):
            path.unlink()
        changed = fill(folder, store)
        check("a changed instruction is rejected with its line", changed.returncode != 0 and "line 1" in changed.stderr)
        wrong = json.loads((folder / "merged" / "states.json").read_text())
        (folder / "merged" / "states.json").write_text(json.dumps({**wrong, "model": "another"}))
        check("a file of another model is rejected by name", "another model" in fill(folder, folder / "merged").stderr)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
