import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readProjectConfig } from './project-config.ts';

const KNOWN = { 'data scenes': ['count', 'seed', 'fault-rate'], train: ['steps', 'size'] };

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-config-'));
  file = join(folder, 'rewardedit.config.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('the nearest file above is read', async () => {
  const below = join(folder, 'a', 'b', 'c');
  await mkdir(below, { recursive: true });
  await writeFile(file, '{"train": {"steps": 1}}');
  expect(await readProjectConfig(undefined, below, KNOWN)).toEqual({
    path: file,
    isFound: true,
    sections: { train: { steps: 1 } },
  });
  const nearer = join(folder, 'a', 'rewardedit.config.json');
  await writeFile(nearer, '{"train": {"steps": 2}}');
  expect(await readProjectConfig(undefined, below, KNOWN)).toMatchObject({ path: nearer });
});

test('a file that is named is read instead', async () => {
  await writeFile(file, '{"train": {"steps": 1}}');
  await writeFile(join(folder, 'other.json'), '{"data scenes": {"seed": 2}}');
  expect(await readProjectConfig('other.json', folder, KNOWN)).toEqual({
    path: join(folder, 'other.json'),
    isFound: false,
    sections: { 'data scenes': { seed: 2 } },
  });
});

test('no file is no error, unless it is named', async () => {
  expect(await readProjectConfig(undefined, folder, KNOWN)).toBeUndefined();
  await expect(readProjectConfig('other.json', folder, KNOWN)).rejects.toMatchObject({
    code: 'bad-input',
    where: join(folder, 'other.json'),
  });
});

describe('a file is refused', () => {
  test.each([
    ['that is not JSON', '{"train": ', 'not valid JSON', []],
    ['that is no object', '[]', 'not a JSON object of sections', []],
    [
      'with an unknown command',
      '{"data scene": {}}',
      '"data scene", which is not a command',
      ['data scenes'],
    ],
    ['with a section that is no object', '{"train": 3}', 'section "train"', []],
    ['with an unknown option', '{"data scenes": {"faultRate": 1}}', 'no option "faultRate"', ['fault-rate']],
    ['with an option of another command', '{"train": {"seed": 1}}', 'no option "seed"', []],
    ['with a name of objects in general', '{"__proto__": {"steps": 1}}', '"__proto__"', []],
    ['with another such name', '{"train": {"constructor": 1}}', '"constructor"', []],
  ])('%s', async (_name, text, problem, suggestions) => {
    await writeFile(file, text);
    const error = await readProjectConfig(undefined, folder, KNOWN).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'bad-input', where: file, suggestions });
    expect((error as Error).message).toContain(problem);
  });
});
