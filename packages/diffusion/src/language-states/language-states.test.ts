import { spawnSync } from 'node:child_process';
import { appendFile, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readPicture, type Picture } from '@rewardedit/data';
import { fromFloat16, toFloat16 } from '@rewardedit/graph';
import { smartEditConfigSchema, writeSafetensors } from '@rewardedit/models';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assertStates, templateHash, type AskedStates } from '../pipelines/index.ts';
import { stateKey } from './state-key.ts';
import { computedStates, storedStates } from './state-sources.ts';
import { openStateStore } from './state-store.ts';
import { claimStore, type StoreConfig } from './store-config.ts';

const CONFIG: StoreConfig = {
  format: 'rewardedit-states-1',
  model: 'tiny-llama',
  prompt: '<image> {instruction} <img_0> <img_1>',
  positions: 2,
  width: 3,
  side: 4,
};
const METADATA = { format: 'pt', model: CONFIG.model, template: templateHash(CONFIG) };

const square = (seed: number): Picture => ({
  width: 4,
  height: 4,
  data: Uint8Array.from({ length: 48 }, (_, i) => (i * 37 + seed * 11) % 256),
});
const asking = (instruction: string, seed = 1): AskedStates => ({ picture: square(seed), instruction });
const STATES = Float32Array.of(0.1, -2, 3.3, 1e-3, 5, -6);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'states-'));
  await claimStore(folder, CONFIG);
});
afterEach(() => rm(folder, { recursive: true }));

describe('stateKey', () => {
  it('distinguishes pictures by size and contents, and instructions', () => {
    const { data } = square(1);
    const keys = [
      asking('a'),
      asking('b'),
      asking('a', 2),
      { picture: { width: 2, height: 8, data }, instruction: 'a' },
      { picture: { width: 8, height: 2, data }, instruction: 'a' },
    ].map(stateKey);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('equals the key of tools/language-states', (context) => {
    const script = fileURLToPath(new URL('../../../../tools/language-states', import.meta.url));
    const instruction = 'mach es grün: "🙂" \n';
    const code = `import sys, json; sys.path.insert(0, ${JSON.stringify(script)}); sys.dont_write_bytecode = True
from fill import state_key
print(state_key(4, 4, bytes(json.loads(sys.argv[1])), json.loads(sys.argv[2])))`;
    const args = ['-c', code, JSON.stringify([...square(3).data]), JSON.stringify(instruction)];
    const { status, stdout, error } = spawnSync('python3', args, { encoding: 'utf8' });
    if (error) context.skip('there is no python3');
    expect(status).toBe(0);
    expect(stdout.trim()).toBe(stateKey(asking(instruction, 3)));
  });
});

describe('a store of states', () => {
  it('returns stored states, rounded to float16, also after reopening', async () => {
    const store = await openStateStore(folder);
    const key = stateKey(asking('remove it'));
    expect(await store.read(key)).toBeUndefined();
    await store.add(key, STATES);
    const expected = fromFloat16(toFloat16(STATES));
    expect(await store.read(key)).toEqual(expected);
    const again = await openStateStore(folder);
    expect([again.size, again.has(key)]).toEqual([1, true]);
    expect(await again.read(key)).toEqual(expected);
  });

  it('rejects a file of another language model, template, shape, type or name', async () => {
    const key = stateKey(asking('a'));
    const good = { [key]: { shape: [2, 3], dtype: 'f16' } } as const;
    const cases = [
      [good, { ...METADATA, model: 'other-llama' }, 'another language model: other-llama'],
      [good, { ...METADATA, template: 'f'.repeat(64) }, 'another template: ffff'],
      [good, { format: 'pt' }, 'another language model: no name given'],
      [{ [key]: { shape: [3, 2], dtype: 'f16' } }, METADATA, 'are F16 [3, 2], not F16 [2, 3]'],
      [{ [key]: { shape: [2, 3], dtype: 'f32' } }, METADATA, 'are F32 [2, 3]'],
      [{ a: { shape: [2, 3], dtype: 'f16' } }, METADATA, 'is not a SHA-256 hash'],
    ] as const;
    const path = join(folder, 'states-other.safetensors');
    for (const [tensors, metadata, message] of cases) {
      await writeSafetensors(path, tensors, () => STATES, metadata);
      await expect(openStateStore(folder)).rejects.toMatchObject({
        code: 'bad-input',
        message: expect.stringContaining(message) as string,
        where: path,
      });
    }
  });

  it('is not reused for another prompt', async () => {
    const other = { ...CONFIG, prompt: 'otherwise {instruction}' };
    await expect(claimStore(folder, other)).rejects.toThrow('the store has another prompt');
    await claimStore(folder, CONFIG);
  });
});

describe('sources of states', () => {
  it('a store reports another picture or instruction, and lists it once', async () => {
    const store = await openStateStore(folder);
    await store.add(stateKey(asking('remove it')), STATES);
    const source = await storedStates(store);
    expect(await source.statesOf(asking('remove it'))).toEqual(fromFloat16(toFloat16(STATES)));
    for (const asked of [asking('paint it red'), asking('remove it', 2), asking('paint it red')]) {
      await expect(source.statesOf(asked)).rejects.toMatchObject({
        code: 'bad-input',
        message: `the store has no states of ${JSON.stringify(asked.instruction)} with this picture`,
        where: folder,
      });
    }
    // A line that a crash cut off is listed again.
    await appendFile(join(folder, 'wanted.jsonl'), `{"key":"${stateKey(asking('third'))}","pict`);
    await expect((await storedStates(store)).statesOf(asking('third'))).rejects.toThrow('third');
    await expect((await storedStates(store)).statesOf(asking('third'))).rejects.toThrow('third');

    const lines = (await readFile(join(folder, 'wanted.jsonl'), 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(4);
    const whole = [lines[0], lines[1], lines[3]].map(
      (line) => JSON.parse(line) as { key: string; picture: string; instruction: string },
    );
    expect(whole.map(({ instruction }) => instruction)).toEqual(['paint it red', 'remove it', 'third']);
    for (const { key, picture, instruction } of whole) {
      expect(stateKey({ picture: await readPicture(join(folder, picture)), instruction })).toBe(key);
    }
    // Pictures that are asked about twice are kept once.
    expect(await readdir(join(folder, 'pictures'))).toHaveLength(2);
  });

  it('computes each state once, across concurrent requests and later processes', async () => {
    let computed = 0;
    const compute = async () => {
      computed += 1;
      return STATES;
    };
    const source = computedStates(await openStateStore(folder), compute);
    const asked = asking('remove it');
    const [one, other] = await Promise.all([source.statesOf(asked), source.statesOf(asked)]);
    expect(await source.statesOf(asked)).toEqual(one);
    expect(other).toEqual(one);
    const later = computedStates(await openStateStore(folder), compute);
    expect(await later.statesOf(asked)).toEqual(one);
    expect(computed).toBe(1);
    await source.statesOf(asking('paint it'));
    expect(computed).toBe(2);
  });
});

describe('assertStates', () => {
  const smartEdit = smartEditConfigSchema.parse({
    image: { kind: 'convolutions', side: 4 },
    language: { kind: 'stored', positions: 2, width: 3, model: CONFIG.model, prompt: CONFIG.prompt },
    qformer: { encoder_width: 3, hidden_size: 12, num_attention_heads: 2 },
    bim: { width: 8, heads: 2, context_width: 12 },
  });
  const source = { model: CONFIG.model, template: templateHash(CONFIG) };

  it('accepts the states that the model was trained with, and no others', () => {
    assertStates(smartEdit, source);
    assertStates(undefined, undefined);
    const refused = (found?: Partial<typeof source>) => () =>
      assertStates(smartEdit, found && { ...source, ...found });
    expect(refused({ model: 'other' })).toThrow('another language model (other instead of tiny-llama)');
    expect(refused({ template: 'f'.repeat(64) })).toThrow('another template (ffffffffffff instead of');
    expect(refused()).toThrow('none are given');
    expect(() => assertStates(undefined, source)).toThrow('does not read states');
  });
});
