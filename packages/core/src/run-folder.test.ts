import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRunFolder } from './run-folder.ts';

let path: string;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-run-'));
  path = join(folder, 'runs', 'first');
});
afterEach(() => rm(folder, { recursive: true }));

const config = { seed: 1, steps: 100, optimizer: { name: 'adamw', betas: [0.9, 0.99] }, note: undefined };

describe('openRunFolder', () => {
  it('creates the folder, keeps the config, and can be reopened', async () => {
    await (await openRunFolder(path, { config })).close();
    const again = await openRunFolder(path, { config });
    await again.close();
    expect(again.checkpointsDir).toBe(join(path, 'checkpoints'));
    expect(JSON.parse(await readFile(join(path, 'config.json'), 'utf8'))).toEqual({
      ...config,
      note: undefined,
    });
  });

  it('rejects the folder of another run, naming the differences', async () => {
    await (await openRunFolder(path, { config })).close();
    const other = { ...config, seed: 2, optimizer: { name: 'sgd' } };
    await expect(openRunFolder(path, { config: other })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(/seed is 1 there, 2 here; optimizer is \{.*adamw.*\} there/),
      where: path,
    });
  });

  it('accepts changes of settings that may differ', async () => {
    await (await openRunFolder(path, { config })).close();
    const longer = { ...config, steps: 200 };
    await (await openRunFolder(path, { config: longer, mayDiffer: ['steps'] })).close();
    expect(JSON.parse(await readFile(join(path, 'config.json'), 'utf8'))).toHaveProperty('steps', 200);
  });

  it('calls beforeReplace with the recorded settings only if the others agree, and keeps them if it rejects', async () => {
    await (await openRunFolder(path, { config })).close();
    const recorded: unknown[] = [];
    const beforeReplace = async ({ steps }: Readonly<Record<string, unknown>>) => {
      recorded.push(steps);
      throw new Error('not longer');
    };
    const options = { mayDiffer: ['steps'], beforeReplace };
    const other = { ...config, steps: 200, seed: 2 };
    await expect(openRunFolder(path, { config: other, ...options })).rejects.toThrow('seed is 1 there');
    const longer = { ...config, steps: 200 };
    await expect(openRunFolder(path, { config: longer, ...options })).rejects.toThrow('not longer');
    expect(recorded).toEqual([100]);
    expect(JSON.parse(await readFile(join(path, 'config.json'), 'utf8'))).toHaveProperty('steps', 100);
  });

  it('fills in settings that an older run lacks', async () => {
    await (await openRunFolder(path, { config })).close();
    const beforeSet = { precision: 'f32' };
    const open = (precision: string) => openRunFolder(path, { config: { ...config, precision }, beforeSet });
    await expect(open('f16')).rejects.toThrow(/precision is "f32" there, "f16" here/);
    await (await open('f32')).close();
    expect(JSON.parse(await readFile(join(path, 'config.json'), 'utf8'))).toHaveProperty('precision', 'f32');
  });

  it('rejects damaged settings', async () => {
    await (await openRunFolder(path, { config })).close();
    await writeFile(join(path, 'config.json'), '{"seed":');
    await expect(openRunFolder(path, { config })).rejects.toMatchObject({
      code: 'bad-input',
      where: join(path, 'config.json'),
    });
  });
});
