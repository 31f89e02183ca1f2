import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Writes files with one JSON value a line, or with the given text, into a folder that is removed after the test. */
export async function temporaryFiles(
  files: Readonly<Record<string, readonly unknown[] | string>>,
): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'rewardedit-eval-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const paths: string[] = [];
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    const text =
      typeof content === 'string' ? content : content.map((value) => `${JSON.stringify(value)}\n`).join('');
    await writeFile(path, text);
    paths.push(path);
  }
  return paths;
}
