import { extname } from 'node:path';
import { openSafetensors } from './safetensors.ts';
import type { TensorFile } from './tensor-file.ts';
import { openTorchFile } from './torch/torch-file.ts';

/** Extensions of files written by `torch.save`. */
export const TORCH_ENDINGS: ReadonlySet<string> = new Set(['.bin', '.ckpt', '.pt', '.pth']);

/**
 * Opens a file of weights, as a torch file by its extension, otherwise as safetensors.
 *
 * @throws RewardEditError 'bad-input' if it is not a file of that format.
 */
export function openTensorFile(path: string): Promise<TensorFile> {
  return TORCH_ENDINGS.has(extname(path).toLowerCase()) ? openTorchFile(path) : openSafetensors(path);
}
