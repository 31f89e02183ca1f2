import {
  add,
  input,
  matmul,
  node,
  nodesOf,
  program,
  state,
  type Backend,
  type BackendEvent,
  type Op,
} from '@rewardedit/graph';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOnnxBackend } from './onnx-backend.ts';
import { availableProviders, PROVIDER_NAMES } from './providers.ts';
import { BACKEND_CONTRACT, createState, someValues } from '@rewardedit/graph/testing';

let backend: Backend;
beforeAll(async () => {
  backend = await createOnnxBackend();
});
afterAll(() => backend.dispose());

const w = state('w', [2]);
const x = input('x', [2]);
const values = { w: Float32Array.of(3, 5) };

test.each(Object.entries(BACKEND_CONTRACT))('%s', (_, check) => check(backend));

test('a session owns its large constants: the state may be overwritten and released', async () => {
  const size = 512;
  const built = program({ outputs: { y: matmul(input('row', [1, size]), state('m', [size, size])) } });
  const memory = await createState(backend, built, { m: new Float32Array(size * size).fill(1) });
  const frozen = await backend.compile(built, memory, { freeze: 'all' });
  await memory.write('m', new Float32Array(size * size));
  const row = new Float32Array(size).fill(1);
  expect((await frozen.run({ row }))['y'][7]).toBe(size);
  await memory.release(['m']);
  expect((await frozen.run({ row }))['y'][7]).toBe(size);
});

test('reports compilation and long runs', async () => {
  const events: BackendEvent[] = [];
  const end = backend.onEvent((event) => events.push(event));
  const size = 700;
  const built = program({
    outputs: {
      y: [0, 1, 2, 3, 4, 5].reduce(
        (h) => matmul(h, state('m', [size, size])),
        matmul(state('m', [size, size]), state('m', [size, size])),
      ),
    },
  });
  const memory = await createState(backend, built, { m: someValues(size * size) });
  const executable = await backend.compile(built, memory);
  // A slow machine also reports heartbeats while it compiles.
  const compilation = events.filter(({ type }) => type !== 'running');
  expect(compilation).toMatchObject([
    { type: 'compiling', nodes: nodesOf(built).length },
    { type: 'compiled' },
  ]);
  events.length = 0;
  // Start more runs at once until the last one waits long enough for a report, on any machine.
  for (let runs = 20; !events.some(({ type }) => type === 'running'); runs *= 2) {
    await Promise.all(Array.from({ length: runs }, () => executable.run({})));
  }
  end();
  const count = events.length;
  await executable.dispose();
  await backend.compile(
    program({ outputs: { y: add(w, 1) } }),
    await createState(backend, program({ outputs: { w } }), values),
  );
  expect(events.length).toBe(count);
});

test('rejects an unavailable provider and lists the available ones', async () => {
  const missing = PROVIDER_NAMES.find((name) => !availableProviders().includes(name))!;
  await expect(createOnnxBackend({ provider: missing })).rejects.toMatchObject({
    code: 'usage',
    hint: expect.stringContaining('onnx:cpu') as string,
  });
});

describe('errors are reported', () => {
  const built = program({ outputs: { y: add(w, x) } });

  test('for an unknown op', async () => {
    const strange: Op<null> = {
      name: 'strange',
      shape: ([shape]) => shape,
      dtype: ([dtype]) => dtype,
      gradient: () => [],
      evaluate: ([value]) => value,
    };
    const odd = program({ outputs: { y: node(strange, [x], null) } });
    await expect(backend.compile(odd, await backend.createState({}))).rejects.toThrow('"strange"');
  });

  test('for a state of another backend', async () => {
    const other = await createOnnxBackend();
    const memory = await createState(other, built, values);
    await expect(backend.compile(built, memory)).rejects.toMatchObject({ code: 'usage' });
    await other.dispose();
    await expect(memory.read('w')).rejects.toThrow('not possible');
  });
});
