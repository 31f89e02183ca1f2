import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { findJsonFile, readJsonFile } from './json-file.ts';

const schema = z.object({ list: z.array(z.object({ n: z.number() })) });
const name = { what: 'the list', hint: 'make one' };

it('reads a file that matches the schema, and reports where another one does not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'json-file-'));
  const path = join(folder, 'list.json');
  const read = async (text: string) => {
    await writeFile(path, text);
    return readJsonFile(path, schema, name);
  };
  expect(await findJsonFile(path, schema, name)).toBeUndefined();
  await expect(readJsonFile(path, schema, name)).rejects.toMatchObject({
    code: 'bad-input',
    message: 'cannot read the list: it does not exist',
  });
  expect(await read('{"list": [{"n": 1}]}')).toEqual({ list: [{ n: 1 }] });
  expect(await findJsonFile(path, schema, name)).toEqual({ list: [{ n: 1 }] });
  await expect(read('{"list":')).rejects.toMatchObject({
    message: 'the list is not valid JSON',
    where: path,
  });
  await expect(read('{"list": [{"n": "1"}]}')).rejects.toMatchObject({
    code: 'bad-input',
    message: expect.stringMatching(/^the list is invalid: list\.0\.n: /),
    hint: 'make one',
  });
  await expect(read('3')).rejects.toMatchObject({
    message: expect.stringMatching(/^the list is invalid: Invalid/),
  });
});
