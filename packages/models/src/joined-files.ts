import type { TensorEntry } from './safetensors-header.ts';
import type { TensorFile } from './tensor-file.ts';

/**
 * Several open files as if they were one, which closes them all.
 *
 * @param path what messages call it.
 * @param files at least one; no tensor is in two of them.
 */
export function joinedFiles(path: string, files: readonly TensorFile[]): TensorFile {
  const owners = new Map<string, TensorFile>();
  const tensors = new Map<string, TensorEntry>();
  for (const file of files) {
    for (const [name, entry] of file.tensors) {
      owners.set(name, file);
      tensors.set(name, entry);
    }
  }
  // A name that no file has is refused by any of them.
  const ownerOf = (name: string) => owners.get(name) ?? files[0];
  return {
    path,
    metadata: new Map(),
    tensors,
    float32: (name) => ownerOf(name).float32(name),
    float16: (name) => ownerOf(name).float16(name),
    int32: (name) => ownerOf(name).int32(name),
    close: async () => {
      await Promise.all(files.map((file) => file.close()));
    },
  };
}
