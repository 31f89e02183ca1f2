import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../dataset.test.helper.ts';
import { readJsonElements, type JsonElement } from './json-elements.ts';

async function elementsOf(text: string | Uint8Array): Promise<JsonElement[]> {
  const path = join(await temporaryFolder(onTestFinished), 'file.json');
  await writeFile(path, text);
  const elements: JsonElement[] = [];
  for await (const element of readJsonElements(path)) elements.push(element);
  return elements;
}

describe('readJsonElements', () => {
  it('yields the elements of any array, however it is formatted', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue()),
        fc.constantFrom(undefined, 1, '\t'),
        async (array, indent) => {
          const elements = await elementsOf(JSON.stringify(array, null, indent));
          expect(elements.map(({ value }) => value)).toEqual(JSON.parse(JSON.stringify(array)));
          expect(elements.map(({ index }) => index)).toEqual(array.map((_, i) => i));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('yields the entries of any object, with any keys', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), async (object) => {
        const text = JSON.stringify(object);
        const entries = (await elementsOf(text)).map(({ key, value }) => [key, value]);
        expect(entries).toEqual(Object.entries(JSON.parse(text) as object));
      }),
      { numRuns: 60 },
    );
  });

  it('yields both values of a repeated key, and treats __proto__ as a key', async () => {
    const elements = await elementsOf('{"a": 1, "a": 2, "__proto__": {"b": 3}}');
    expect(elements.map(({ key, value }) => [key, value])).toEqual([
      ['a', 1],
      ['a', 2],
      ['__proto__', { b: 3 }],
    ]);
  });

  it('reads elements longer than a chunk', async () => {
    const long = 'x,}]"\\'.repeat(100_000);
    expect((await elementsOf(JSON.stringify([long, 1, long]))).map(({ value }) => value)).toEqual([
      long,
      1,
      long,
    ]);
  });

  it('skips a byte order mark', async () => {
    expect(await elementsOf('\u{FEFF}[1]')).toEqual([{ value: 1, index: 0 }]);
  });

  it.each([
    ['', /ends too early/],
    ['[1, 2', /ends too early/],
    ['{"a": 1', /ends too early/],
    ['["a', /ends too early/],
    ['[1,]', /comma after the last element/],
    ['[,1]', /not complete JSON/],
    ['{"a"}', /not complete JSON/],
    ['{"a": }', /not complete JSON/],
    ['[1}', /not complete JSON/],
    ['{1: 2}', /a key is not a string/],
    ['[1] 2', /after the end/],
    ['"text"', /neither an array nor an object/],
    ['12', /neither an array nor an object/],
    ['[nothing]', /not valid JSON/],
    ['[1 2]', /not valid JSON/],
  ])('refuses %j', async (text, message) => {
    await expect(elementsOf(text)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(message),
    });
  });

  it('refuses invalid UTF-8 and endless elements', async () => {
    await expect(elementsOf(Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]))).rejects.toMatchObject({
      code: 'bad-input',
    });
    await expect(elementsOf(`["${'x'.repeat(17 * 1024 * 1024)}`)).rejects.toMatchObject({
      message: 'one element is larger than 16 MB',
    });
  });
});
