import { extname } from 'node:path';
import { openSafetensors } from './safetensors.ts';
import type { TensorFile } from './tensor-file.ts';
import { openTorchFile } from './torch/torch-file.ts';

/** How names of files that `torch.save` wrote end. */
export const TORCH_ENDINGS: ReadonlySet<string> = new Set(['.bin', '.ckpt', '.pt', '.pth']);

/**
 * Opens a file of weights: one of torch by its ending, safetensors in every other case.
 *
 * @throws RewardEditError 'bad-input' where it is not what its name says.
 */
export function openTensorFile(path: string): Promise<TensorFile> {
  return TORCH_ENDINGS.has(extname(path).toLowerCase()) ? openTorchFile(path) : openSafetensors(path);
}
