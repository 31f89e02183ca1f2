import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  findModel,
  knownModels,
  modelFacts,
  modelTableSchema,
  pictureTokens,
  readModelTable,
  type KnownModel,
  type PictureTokensRule,
} from './known-models.ts';

const ruleOf = (id: string): PictureTokensRule => {
  const rule = findModel(id)?.pictureTokens;
  if (rule === undefined) throw new Error(`no rule for ${id}`);
  return rule;
};
const tokens = (id: string, width: number, height: number) => pictureTokens(ruleOf(id), { width, height });

describe('the table of known models', () => {
  it('is dated, and names the source of each entry', async () => {
    const table: unknown = JSON.parse(
      await readFile(new URL('./known-models.json', import.meta.url), 'utf8'),
    );
    const { asOf } = modelTableSchema.parse(table);
    expect(asOf).toMatch(/^2\d{3}-\d{2}-\d{2}$/);
    for (const { model, source } of knownModels) expect(source?.length, model).toBeGreaterThan(20);
  });

  it('names no model twice', () => {
    const names = knownModels.map(({ model }) => model);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  it('has consistent prices, and a replacement only for retired models', () => {
    const priced = knownModels.flatMap(({ prices }) => prices ?? []);
    expect(priced.length).toBeGreaterThan(15);
    const odd = priced.filter(
      ({ input, cachedInput = 0, output }) => output <= input || cachedInput >= input,
    );
    expect(odd).toEqual([]);
    expect(knownModels.filter(({ replacement, shutdown }) => replacement && !shutdown)).toEqual([]);
  });

  it('sends no temperature to reasoning models', () => {
    const odd = knownModels.filter(
      ({ reasoning, temperature }) => reasoning === true && temperature !== false,
    );
    expect(odd).toEqual([]);
  });
});

describe('findModel', () => {
  it('finds models by name, and snapshots by their model', () => {
    expect(findModel('gpt-6-luna')).toMatchObject({ prices: { input: 0.1, cachedInput: 0.01, output: 0.5 } });
    expect(findModel('gpt-4o-2024-11-20')?.model).toBe('gpt-4o');
    expect(findModel('gpt-4o-2024-05-13')).toMatchObject({
      model: 'gpt-4o-2024-05-13',
      shutdown: '2026-10-23',
    });
    expect(findModel('gpt-4o-mini-2024-07-18')?.model).toBe('gpt-4o-mini');
  });

  it('finds no others, however similar', () => {
    for (const id of [
      'gpt-6',
      'gpt-6-luna-fast',
      'GPT-6-LUNA',
      'gpt-4o-2024',
      '',
      '__proto__',
      'constructor',
    ])
      expect(findModel(id), id).toBeUndefined();
  });
});

describe('modelFacts', () => {
  const own: KnownModel[] = [{ model: 'gpt-4o', vision: true, prices: { input: 1, output: 2 } }];

  it("prefers the user's table", () => {
    expect(modelFacts('gpt-4o', own)).toBe(own[0]);
    expect(modelFacts('gpt-4o-2024-11-20', own)).toBe(own[0]);
    expect(modelFacts('gpt-6-luna', own)?.model).toBe('gpt-6-luna');
    expect(modelFacts('mine', own)).toBeUndefined();
  });
});

describe('readModelTable', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rewardedit-models-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const table = async (text: string) => {
    const path = join(folder, 'models.json');
    await writeFile(path, text);
    return path;
  };

  it('reads the built-in table, and shorter ones', async () => {
    const path = await table(JSON.stringify({ models: knownModels }));
    expect(await readModelTable(path)).toEqual(knownModels);
    const short = await table('{"models":[{"model":"mine","vision":true}]}');
    expect(await readModelTable(short)).toEqual([{ model: 'mine', vision: true }]);
  });

  it.each([
    ['what is not JSON', '{"models":', 'is not valid JSON'],
    ['a misspelt key', '{"models":[{"model":"a","vision":true,"price":{"input":1}}]}', 'price'],
    [
      'a negative price',
      '{"models":[{"model":"a","vision":true,"prices":{"input":-1,"output":1}}]}',
      'input',
    ],
    ['no day', '{"models":[{"model":"a","vision":true,"shutdown":"2027-02-30"}]}', 'shutdown'],
    ['an unknown rule', '{"models":[{"model":"a","vision":true,"pictureTokens":{"kind":"area"}}]}', 'kind'],
  ])('rejects %s', async (_, text, expected) => {
    const path = await table(text);
    await expect(readModelTable(path)).rejects.toMatchObject({
      code: 'bad-input',
      where: path,
      message: expect.stringContaining(expected) as string,
    });
  });

  it('names a missing file', async () => {
    const where = join(folder, 'none.json');
    await expect(readModelTable(where)).rejects.toMatchObject({ code: 'bad-input', where });
  });
});

describe('pictureTokens', () => {
  // The examples of OpenAI's images and vision guide, "Calculating costs".
  it.each([
    ['1024 x 1024', 1024, 1024, 765],
    ['2048 x 4096', 2048, 4096, 1105],
  ])('counts tiles as OpenAI does in its example of %s', (_, width, height, high) => {
    expect(tokens('gpt-4o', width, height)).toEqual({ low: 85, high });
  });

  it.each([
    ['1024 x 1024', 1024, 1024, 1024],
    ['1800 x 2400', 1800, 2400, 1452],
  ])('counts patches as OpenAI does in its example of %s', (_, width, height, low) => {
    const rule = { kind: 'patches', side: 32, multiplier: 1, most: 1536 } as const;
    expect(pictureTokens(rule, { width, height }).low).toBe(low);
    expect(pictureTokens(rule, { width, height }).high).toBe(low === 1024 ? 1024 : 1536);
  });

  // What users were charged for one picture, without the text: see the sources in the table.
  it.each([
    ['gpt-5-mini', 256, 256, 77],
    ['gpt-5-mini', 512, 512, 308],
    ['gpt-5-mini', 768, 1024, 922],
    ['gpt-5-mini', 1280, 720, 1104],
    ['gpt-5-mini', 1024, 1024, 1229],
    ['gpt-5-mini', 2048, 768, 1844],
    ['gpt-4.1-mini', 4000, 1474, 2488],
    ['gpt-4o', 128, 64, 255],
    ['gpt-4o-mini', 128, 64, 8500],
  ])('includes what %s takes for %i x %i', (id, width, height, charged) => {
    const { low, high } = tokens(id, width, height);
    expect(low).toBeLessThanOrEqual(charged);
    // Bills are rounded up or down.
    expect(high).toBeGreaterThanOrEqual(charged - 1);
  });

  it('rounds the patches of open models to the nearest whole number, within limits', () => {
    expect(tokens('Qwen/Qwen2.5-VL-7B-Instruct', 280, 291)).toEqual({ low: 100, high: 100 });
    expect(tokens('Qwen/Qwen2.5-VL-7B-Instruct', 10, 10)).toEqual({ low: 4, high: 4 });
    expect(tokens('Qwen/Qwen3-VL-8B-Instruct', 32, 32)).toEqual({ low: 64, high: 64 });
    const large = tokens('Qwen/Qwen3-VL-8B-Instruct', 10_000, 7_000);
    expect(large.high).toBe(16_384);
    expect(large.low).toBeGreaterThan(16_000);
    expect(tokens('google/gemma-3-12b-it', 4000, 30)).toEqual({ low: 256, high: 256 });
  });

  it('is a range for every model and size', () => {
    const rules = knownModels.flatMap(({ model, pictureTokens: rule }) => (rule ? [{ model, rule }] : []));
    expect(rules.length).toBeGreaterThan(20);
    for (const { model, rule } of rules) {
      for (const [width, height] of [
        [1, 1],
        [31, 3000],
        [512, 512],
        [1568, 1043],
        [8000, 6000],
      ]) {
        const { low, high } = pictureTokens(rule, { width, height });
        expect(Number.isInteger(low) && Number.isInteger(high), model).toBe(true);
        expect(low, model).toBeGreaterThan(0);
        expect(high, `${model} ${width} x ${height}`).toBeGreaterThanOrEqual(low);
      }
    }
  });
});
