import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runCli } from './run-cli.test.helper.ts';

/** Makes a dataset of drawn scenes in the folder. */
export async function drawScenes(folder: string, count: number): Promise<string> {
  const scenes = join(folder, 'scenes');
  await runCli(['data', 'scenes', scenes, '--count', String(count), '--size', '16', '--seed', '7']);
  return scenes;
}

/** The words of a command that lets the model of a server judge a dataset. */
export function judgeWords(scenes: string, url: string, ...more: string[]): string[] {
  return ['annotate', scenes, '--judge', 'compatible:m', '--base-url', url, ...more];
}

/** The texts of all replies that are stored; a line that a killed writer left torn counts for nothing. */
export async function storedReplies(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.flatMap((text) =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { reply: { text: string } }).reply.text),
  );
}
