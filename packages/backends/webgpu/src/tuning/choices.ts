import type { KernelStep } from '../codegen/shader.ts';

/** The fastest algorithm by the key of the kernel. */
export interface Choices {
  get(key: string): string | undefined;
  set(key: string, body: string): void;
}

/** Choices in memory, for the lifetime of the process. */
export function choicesInMemory(known: Readonly<Record<string, string>> = {}): Choices {
  const kept = new Map(Object.entries(known));
  return { get: (key) => kept.get(key), set: (key, body) => void kept.set(key, body) };
}

/** Identifies a kernel by its code, grid and tensors. */
export async function choiceKey({ wgsl, workgroups, tensors }: KernelStep): Promise<string> {
  const about = [wgsl, workgroups.join(), ...tensors.map(({ shape, dtype }) => `${dtype} ${shape.join()}`)];
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(about.join('\n')));
  return Array.from(new Uint8Array(digest).slice(0, 12), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );
}
