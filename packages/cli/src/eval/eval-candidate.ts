import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Benchmark, Candidate } from '@rewardedit/eval';
import { openBackend } from '../flags/backend-flag.ts';
import { askedSize, drawSettings, type DrawOptions } from '../flags/draw-flags.ts';
import { openStates, withStates, type StateOptions } from '../flags/state-flags.ts';
import { editModelOptions, type WeightsOptions } from '../flags/weights-flags.ts';
import { modelDigest } from '../models/model-digest.ts';

type CandidateOptions = DrawOptions & StateOptions & WeightsOptions & Parameters<typeof openBackend>[0];

/** Opens the candidate of `eval`: a model, or a folder of pictures named after the items' ids. */
export async function openCandidate(
  path: string,
  { items }: Benchmark,
  options: CandidateOptions,
): Promise<{ readonly candidate: Candidate; readonly close: () => Promise<void> }> {
  const { folderCandidate, modelCandidate } = await import('@rewardedit/eval');
  if (!isModel(path)) {
    return { candidate: await folderCandidate(path, items), close: async () => undefined };
  }
  const { openEditModel } = await import('@rewardedit/diffusion');
  const asked = await drawSettings(options);
  const backend = await openBackend(options);
  const states = await openStates(options);
  const model = await withStates(await openEditModel(path, editModelOptions(options)), states);
  const settings = await asked(model.model);
  const size = await askedSize(model.model, options);
  const config = {
    model: resolve(path),
    digest: await modelDigest(path),
    backend: backend.name,
    ...(options.precision !== 'f32' && { precision: options.precision }),
    ...(options.states !== undefined && { states: resolve(options.states) }),
    ...(options.lora && { lora: await Promise.all(options.lora.map(digested)) }),
  };
  const candidate = modelCandidate({ model, backend, settings, size, config });
  return {
    candidate,
    close: async () => {
      await candidate.dispose();
      await states.close();
      await backend.dispose();
    },
  };
}

/** Whether the path is a model: a file, a folder with model_index.json, or a folder of Hugging Face's cache. */
function isModel(path: string): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return true;
  return existsSync(join(path, 'model_index.json')) || existsSync(join(path, 'snapshots'));
}

async function digested({ path, strength }: { readonly path: string; readonly strength: number }) {
  return { digest: await modelDigest(path), strength };
}
