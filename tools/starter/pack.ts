// Packs a trained model for the package: weights in float16, and the size it edits at.
//
// node tools/dist/starter/pack.js RUN/model packages/cli/models/starter --size 128
//
// The folder's README, its model card, is kept.
import { cp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { TensorData } from '@rewardedit/graph';
import { loadPart, openModelFolder, writeModelFolder, type WriteWeight } from '@rewardedit/models';

/** The most bytes that the package may grow by. */
const MOST_BYTES = 12e6;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { size: { type: 'string', default: '128' } },
});
const [from, to] = positionals;
if (from === undefined || to === undefined) throw new Error('usage: pack.js MODEL FOLDER [--size PIXELS]');

const model = await openModelFolder(from);
if (!('pixelSpace' in model.images)) throw new Error('the starter model works on pixels');
const { pixelSpace } = model.images;
const [unet, text] = [new Map<string, TensorData>(), new Map<string, TensorData>()];
const into =
  (weights: Map<string, TensorData>): WriteWeight =>
  async (name, data) =>
    void weights.set(name, data);
await loadPart(model, 'unet', into(unet));
await loadPart(model, 'textEncoder', into(text));

const packed = `${to}.packed`;
await rm(packed, { recursive: true, force: true });
await writeModelFolder(packed, {
  unet: {
    config: { ...model.unet, sample_size: Number(values.size) / pixelSpace.patch_size },
    read: async (name) => unet.get(name)!,
  },
  textEncoder: { config: model.textEncoder, read: async (name) => text.get(name)! },
  tokenizer: model.tokenizer.files,
  scheduler: model.scheduler,
  dtype: 'f16',
  images: { pixelSpace },
});
await cp(packed, to, { recursive: true });
await rm(packed, { recursive: true });

let bytes = 0;
for (const entry of await readdir(to, { recursive: true, withFileTypes: true }))
  if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
if (bytes > MOST_BYTES) throw new Error(`the model has ${bytes} bytes, more than ${MOST_BYTES}`);
process.stdout.write(`${to} has ${bytes} bytes.\n`);
