import type { KernelStep } from '../codegen/shader.ts';

/** Which way to compute was the fastest, by the kernel's key. */
export interface Choices {
  get(key: string): string | undefined;
  set(key: string, body: string): void;
}

/** Choices that are kept for as long as the process runs. */
export function choicesInMemory(known: Readonly<Record<string, string>> = {}): Choices {
  const kept = new Map(Object.entries(known));
  return { get: (key) => kept.get(key), set: (key, body) => void kept.set(key, body) };
}

/** What tells a kernel from all others: everything that its code, its grid and its tensors say. */
export async function choiceKey({ wgsl, workgroups, tensors }: KernelStep): Promise<string> {
  const about = [wgsl, workgroups.join(), ...tensors.map(({ shape, dtype }) => `${dtype} ${shape.join()}`)];
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(about.join('\n')));
  return Array.from(new Uint8Array(digest).slice(0, 12), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );
}
