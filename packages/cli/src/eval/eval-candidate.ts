import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Precision } from '@rewardedit/diffusion';
import type { Benchmark, Candidate } from '@rewardedit/eval';
import { openBackend } from '../flags/backend-flag.ts';
import { askedSize, drawSettings, type DrawOptions } from '../flags/draw-flags.ts';
import { modelDigest } from '../models/model-digest.ts';

type CandidateOptions = DrawOptions & Parameters<typeof openBackend>[0] & { readonly precision: Precision };

/** What `eval` measures: a model where the folder is one, else the pictures in it, by the items' ids. */
export async function openCandidate(
  path: string,
  { items }: Benchmark,
  options: CandidateOptions,
): Promise<{ readonly candidate: Candidate; readonly close: () => Promise<void> }> {
  const { folderCandidate, modelCandidate } = await import('@rewardedit/eval');
  if (!existsSync(join(path, 'model_index.json'))) {
    return { candidate: await folderCandidate(path, items), close: async () => undefined };
  }
  const { loadEditModel } = await import('@rewardedit/diffusion');
  const asked = await drawSettings(options);
  const backend = await openBackend(options);
  const parts = await loadEditModel(path, backend, options.precision);
  const settings = await asked(parts.model);
  const size = await askedSize(parts.model, options);
  const config = {
    model: resolve(path),
    digest: await modelDigest(path),
    backend: backend.name,
    ...(options.precision !== 'f32' && { precision: options.precision }),
  };
  const candidate = modelCandidate({ parts, settings, size, config });
  return {
    candidate,
    close: async () => {
      await candidate.dispose();
      await backend.dispose();
    },
  };
}
