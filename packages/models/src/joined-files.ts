import type { TensorEntry } from './safetensors-header.ts';
import type { TensorFile } from './tensor-file.ts';

/**
 * Presents several open files as one. Closing it closes them all.
 *
 * @param path name for messages.
 * @param files at least one; no two contain the same tensor.
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
  // For an unknown name, any of the files throws.
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

/** Renames the tensors of a file. @param rename must be injective. */
export function renamedFile(file: TensorFile, rename: (name: string) => string): TensorFile {
  const own = new Map(Array.from(file.tensors.keys(), (name) => [rename(name), name]));
  // For an unknown name, the file throws.
  const nameOf = (name: string) => own.get(name) ?? name;
  return {
    ...file,
    tensors: new Map(Array.from(file.tensors, ([name, entry]) => [rename(name), entry])),
    float32: (name) => file.float32(nameOf(name)),
    float16: (name) => file.float16(nameOf(name)),
    int32: (name) => file.int32(nameOf(name)),
  };
}
