import {
  add,
  input,
  matmul,
  mul,
  node,
  nodesOf,
  program,
  state,
  sub,
  sum,
  type Backend,
  type BackendEvent,
  type Op,
} from '@rewardedit/graph';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOnnxBackend } from './onnx-backend.ts';
import { availableProviders, PROVIDER_NAMES } from './providers.ts';
import { createState, someValues } from '@rewardedit/graph/testing';

let backend: Backend;
beforeAll(async () => {
  backend = await createOnnxBackend();
});
afterAll(() => backend.dispose());

const w = state('w', [2]);
const x = input('x', [2]);
const values = { w: Float32Array.of(3, 5) };

test('state is written, read, and kept apart from the arrays it came in', async () => {
  const memory = await createState(backend, program({ outputs: { y: add(w, x) } }), values);
  const read = await memory.read('w');
  expect([...read]).toEqual([3, 5]);
  read[0] = 100;
  expect([...(await memory.read('w'))]).toEqual([3, 5]);
  expect([...values.w]).toEqual([3, 5]);
});

test('executables share a state', async () => {
  const step = program({ outputs: {}, updates: { w: add(w, x) } });
  const look = program({ outputs: { total: sum(w) } });
  const memory = await createState(backend, step, values);
  const [stepping, looking] = [await backend.compile(step, memory), await backend.compile(look, memory)];
  await stepping.run({ x: Float32Array.of(1, 2) });
  expect((await looking.run({}))['total'][0]).toBe(11);
  expect([...(await memory.read('w'))]).toEqual([4, 7]);
});

test('runs follow one another in the order they were asked for', async () => {
  const step = program({ outputs: { before: mul(w, 1) }, updates: { w: add(mul(w, 2), x) } });
  const memory = await createState(backend, step, { w: Float32Array.of(0, 0) });
  const executable = await backend.compile(step, memory);
  const runs = [1, 2, 3, 4].map((each) => executable.run({ x: Float32Array.of(each, -each) }));
  const before = (await Promise.all(runs)).map((outputs) => [...outputs['before']]);
  expect(before).toEqual([
    [0, 0],
    [1, -1],
    [4, -4],
    [11, -11],
  ]);
});

test('a frozen program keeps the values it was compiled with', async () => {
  const built = program({ outputs: { y: mul(w, x) } });
  const memory = await createState(backend, built, values);
  const [frozen, free] = [
    await backend.compile(built, memory, { freeze: 'all' }),
    await backend.compile(built, memory),
  ];
  await memory.write('w', Float32Array.of(0, 0));
  const inputs = { x: Float32Array.of(1, 1) };
  expect([...(await frozen.run(inputs))['y']]).toEqual([3, 5]);
  expect([...(await free.run(inputs))['y']]).toEqual([0, 0]);
});

test('what one program computes, another one reads where it lies', async () => {
  const edit = await backend.createState({ encoded: { shape: [2], dtype: 'f32' } });
  const weights = await createState(backend, program({ outputs: { y: add(w, x) } }), values);
  const states = { edit, '': weights };
  const encode = program({ outputs: {}, updates: { 'edit.encoded': mul(w, x) } });
  const use = program({ outputs: { total: sum(add(state('edit.encoded', [2]), w)) } });
  const [encoding, using] = [await backend.compile(encode, states), await backend.compile(use, states)];
  expect(await encoding.run({ x: Float32Array.of(2, 3) })).toEqual({});
  expect((await using.run({}))['total'][0]).toBe(6 + 15 + 3 + 5);
  expect([...(await edit.read('encoded'))]).toEqual([6, 15]);
});

test('a program runs with the averages of its weights, where they lie', async () => {
  const spec = { shape: [2], dtype: 'f32' } as const;
  const memory = await backend.createState({ w: spec, 'ema.w': spec });
  await memory.write('w', values.w);
  await memory.write('ema.w', Float32Array.of(10, 20));
  const look = program({ outputs: { total: sum(w) } });
  const averaged = await backend.compile(look, memory, { aliases: { w: 'ema.w' } });
  expect((await averaged.run({}))['total'][0]).toBe(30);
  await memory.write('ema.w', Float32Array.of(1, 2));
  expect((await averaged.run({}))['total'][0]).toBe(3);
});

test('some entries are frozen and released, others stay as they are', async () => {
  const built = program({ outputs: { y: add(mul(w, x), state('b', [2])) } });
  const memory = await createState(backend, built, { ...values, b: Float32Array.of(0, 0) });
  const plain = await backend.compile(built, memory);
  const frozen = await backend.compile(built, memory, { freeze: new Set(['w']) });
  await memory.release(['w']);
  await memory.write('b', Float32Array.of(1, 2));
  const inputs = { x: Float32Array.of(1, 1) };
  expect([...(await frozen.run(inputs))['y']]).toEqual([4, 7]);

  const released = 'entry "w" was released';
  await expect(memory.read('w')).rejects.toThrow(released);
  await expect(memory.write('w', values.w)).rejects.toThrow(released);
  await expect(backend.compile(built, memory)).rejects.toThrow('released');
  await expect(plain.run(inputs)).rejects.toThrow('released');
  await expect(memory.release(['v'])).rejects.toThrow('"v"');
});

test("large constants are the session's own: the state may be released, and written over before", async () => {
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

test('a run leaves its inputs to the caller', async () => {
  const built = program({ outputs: { y: mul(w, x), same: x } });
  const executable = await backend.compile(built, await createState(backend, built, values));
  const given = new Float32Array([9, 1, 2, 9]).subarray(1, 3);
  const { y, same } = await executable.run({ x: given });
  expect([...y]).toEqual([3, 10]);
  expect([...same]).toEqual([1, 2]);
  expect([...given]).toEqual([1, 2]);
});

test('integers come in and go out as such', async () => {
  const whole = input('whole', [3], 'i32');
  const built = program({ outputs: { doubled: add(whole, whole) } });
  const executable = await backend.compile(built, await backend.createState({}));
  const { doubled } = await executable.run({ whole: Int32Array.of(1, -2, 2 ** 29) });
  expect(doubled).toEqual(Int32Array.of(2, -4, 2 ** 30));
});

test('it reports its work', async () => {
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
  expect(events).toMatchObject([{ type: 'compiling', nodes: nodesOf(built).length }, { type: 'compiled' }]);
  // More runs at once, until the last of them waits long enough for a report, however fast the machine is.
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

test('a provider that is not there is refused, with those that are', async () => {
  const missing = PROVIDER_NAMES.find((name) => !availableProviders().includes(name))!;
  await expect(createOnnxBackend({ provider: missing })).rejects.toMatchObject({
    code: 'usage',
    hint: expect.stringContaining('onnx:cpu') as string,
  });
});

describe('what is wrong is said', () => {
  const built = program({ outputs: { y: add(w, x) } });

  test('about state entries', async () => {
    const memory = await createState(backend, built, values);
    await expect(memory.read('v')).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('"v"') as string,
    });
    await expect(memory.write('w', new Float32Array(3))).rejects.toThrow('"w" has 2 values, not 3');
    await expect(memory.write('w', new Int32Array(2))).rejects.toThrow(
      '"w" holds f32, and was given a Int32Array',
    );
  });

  test('about programs that do not fit the state', async () => {
    const other = await backend.createState({ w: { shape: [3], dtype: 'f32' } });
    await expect(backend.compile(built, other)).rejects.toThrow(
      'uses "w" as 2 f32; the state has it as 3 f32',
    );
    await expect(backend.compile(built, await backend.createState({}))).rejects.toThrow('does not have');
  });

  test('about inputs', async () => {
    const executable = await backend.compile(built, await createState(backend, built, values));
    await expect(executable.run({})).rejects.toThrow('input "x" was not given');
    await expect(executable.run({ x: new Float32Array(3) })).rejects.toThrow('"x" has 2 values, not 3');
    await expect(executable.run({ x: new Int32Array(2) })).rejects.toThrow('"x" holds f32');
  });

  test('about freezing what has to change', async () => {
    const step = program({ outputs: {}, updates: { w: sub(w, x) } });
    const memory = await createState(backend, step, values);
    for (const freeze of ['all', new Set(['w']), new Set(['v'])] as const)
      await expect(backend.compile(step, memory, { freeze })).rejects.toMatchObject({ code: 'usage' });
  });

  test('about an op that is not known', async () => {
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

  test('about what was disposed of', async () => {
    const memory = await createState(backend, built, values);
    const executable = await backend.compile(built, memory);
    await executable.dispose();
    await expect(executable.run({ x: values.w })).rejects.toThrow('disposed');
    await memory.dispose();
    await expect(memory.read('w')).rejects.toThrow('disposed');
  });

  test('about a state of another backend', async () => {
    const other = await createOnnxBackend();
    const memory = await createState(other, built, values);
    await expect(backend.compile(built, memory)).rejects.toMatchObject({ code: 'usage' });
    await other.dispose();
    await expect(memory.read('w')).rejects.toThrow('not possible');
  });
});
