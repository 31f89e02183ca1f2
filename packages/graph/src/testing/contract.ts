import { deepStrictEqual as same, rejects } from 'node:assert/strict';
import type { Backend } from '../backend.ts';
import { evaluate } from '../evaluate.ts';
import { add, mul, sub } from '../ops/elementwise.ts';
import { input, state } from '../ops/leaf.ts';
import { reshape, transpose } from '../ops/movement.ts';
import { sum } from '../ops/reduction.ts';
import { program } from '../program.ts';
import { createState, relativeError, someValues } from './run-program.ts';

const w = state('w', [2]);
const x = input('x', [2]);
const values = { w: Float32Array.of(3, 5) };
const ones = { x: Float32Array.of(1, 1) };
const built = program({ outputs: { y: add(w, x) } });
const product = program({ outputs: { y: mul(w, x) } });
const adding = program({ outputs: {}, updates: { w: add(w, x) } });

/**
 * The contract of a backend's states and programs, beyond the results of ops. Each check throws if it is
 * violated.
 */
export const BACKEND_CONTRACT: Readonly<Record<string, (backend: Backend) => Promise<void>>> = {
  'a state copies the arrays it is written from and read into': async (backend) => {
    const memory = await createState(backend, built, values);
    const read = await memory.read('w');
    same([...read], [3, 5]);
    read[0] = 100;
    same([...(await memory.read('w'))], [3, 5]);
    same([...values.w], [3, 5]);
  },

  'programs share a state': async (backend) => {
    const look = program({ outputs: { total: sum(w) } });
    const memory = await createState(backend, adding, values);
    const [stepping, looking] = [await backend.compile(adding, memory), await backend.compile(look, memory)];
    await stepping.run({ x: Float32Array.of(1, 2) });
    same((await looking.run({}))['total'][0], 11);
    same([...(await memory.read('w'))], [4, 7]);
  },

  'runs execute in the order of the calls': async (backend) => {
    const step = program({ outputs: { before: mul(w, 1) }, updates: { w: add(mul(w, 2), x) } });
    const memory = await createState(backend, step, { w: Float32Array.of(0, 0) });
    const executable = await backend.compile(step, memory);
    const runs = [1, 2, 3, 4].map((each) => executable.run({ x: Float32Array.of(each, -each) }));
    const before = (await Promise.all(runs)).map((outputs) => [...outputs['before']]);
    same(
      before.map((pair) => pair.map((value) => value + 0)),
      [
        [0, 0],
        [1, -1],
        [4, -4],
        [11, -11],
      ],
    );
  },

  'all updates are computed from the old values': async (backend) => {
    const [a, b] = [state('a', [2, 3]), state('b', [2, 3])];
    const turned = reshape(transpose(a, [1, 0]), [2, 3]);
    const swap = program({
      outputs: { before: a },
      updates: { a: b, b: a, c: turned, d: add(turned, state('d', [2, 3])) },
    });
    const start = Object.fromEntries(['a', 'b', 'c', 'd'].map((name, i) => [name, someValues(6, i)]));
    const memory = await createState(backend, swap, start);
    const executable = await backend.compile(swap, memory);
    const { outputs, state: after } = evaluate(swap, { state: start });
    same(relativeError((await executable.run({}))['before'], outputs['before']), 0);
    for (const [name, expected] of Object.entries(after))
      same(relativeError(await memory.read(name), expected) < 1e-6, true, name);
  },

  'a frozen program keeps its values when they are overwritten or released': async (backend) => {
    const memory = await createState(backend, product, values);
    const frozen = await backend.compile(product, memory, { freeze: 'all' });
    const late = await backend.compile(product, memory, { freeze: 'all' });
    const free = await backend.compile(product, memory);
    const stepping = await backend.compile(adding, memory);
    await stepping.run(ones);
    same([...(await frozen.run(ones))['y']], [3, 5]);
    same([...(await free.run(ones))['y']], [4, 6]);
    await memory.write('w', Float32Array.of(0, 0));
    const zero = await backend.compile(product, memory, { freeze: 'all' });
    await memory.release(['w']);
    same([...(await late.run(ones))['y']], [3, 5]);
    same([...(await zero.run(ones))['y']], [0, 0]);
    for (const ask of [
      () => stepping.run(ones),
      () => free.run(ones),
      () => memory.read('w'),
      () => memory.write('w', values.w),
      () => backend.compile(product, memory),
    ])
      await rejects(ask, /released/);
    await rejects(memory.release(['v']), /"v"/);
  },

  'some entries may be frozen and released while others stay': async (backend) => {
    const both = program({ outputs: { y: add(mul(w, x), state('b', [2])) } });
    const memory = await createState(backend, both, { ...values, b: Float32Array.of(0, 0) });
    const frozen = await backend.compile(both, memory, { freeze: new Set(['w']) });
    await memory.release(['w']);
    await memory.write('b', Float32Array.of(1, 2));
    same([...(await frozen.run(ones))['y']], [4, 7]);
  },

  'a program reads in place what another has computed': async (backend) => {
    const edit = await backend.createState({ encoded: { shape: [2], dtype: 'f32' } });
    const weights = await createState(backend, built, values);
    const states = { edit, '': weights };
    const encode = program({ outputs: {}, updates: { 'edit.encoded': mul(w, x) } });
    const use = program({ outputs: { total: sum(add(state('edit.encoded', [2]), w)) } });
    const [encoding, using] = [await backend.compile(encode, states), await backend.compile(use, states)];
    same(await encoding.run({ x: Float32Array.of(2, 3) }), {});
    same((await using.run({}))['total'][0], 6 + 15 + 3 + 5);
    same([...(await edit.read('encoded'))], [6, 15]);
  },

  'a program runs with the averages of its weights in place': async (backend) => {
    const spec = { shape: [2], dtype: 'f32' } as const;
    const memory = await backend.createState({ w: spec, 'ema.w': spec });
    await memory.write('w', values.w);
    await memory.write('ema.w', Float32Array.of(10, 20));
    const look = program({ outputs: { total: sum(w) } });
    const averaged = await backend.compile(look, memory, { aliases: { w: 'ema.w' } });
    same((await averaged.run({}))['total'][0], 30);
    await memory.write('ema.w', Float32Array.of(1, 2));
    same((await averaged.run({}))['total'][0], 3);
  },

  'a run does not take ownership of its inputs': async (backend) => {
    const passing = program({ outputs: { y: mul(w, x), same: x } });
    const executable = await backend.compile(passing, await createState(backend, passing, values));
    const given = new Float32Array([9, 1, 2, 9]).subarray(1, 3);
    const { y, same: passed } = await executable.run({ x: given });
    same(
      [[...y], [...passed], [...given]],
      [
        [3, 10],
        [1, 2],
        [1, 2],
      ],
    );
  },

  'integers pass through exactly': async (backend) => {
    const whole = input('whole', [3], 'i32');
    const doubling = program({ outputs: { doubled: add(whole, whole) } });
    const executable = await backend.compile(doubling, await backend.createState({}));
    const { doubled } = await executable.run({ whole: Int32Array.of(1, -2, 2 ** 29) });
    same(doubled, Int32Array.of(2, -4, 2 ** 30));
  },

  'f16 is passed as its bits': async (backend) => {
    const half = state('half', [3], 'f16');
    const doubling = program({ outputs: { same: half }, updates: { half: mul(half, 2) } });
    const memory = await backend.createState(doubling.state);
    const bits = Uint16Array.of(0x3c00, 0x3555, 0xc000);
    await memory.write('half', bits);
    const executable = await backend.compile(doubling, memory);
    same((await executable.run({}))['same'], bits);
    same(await memory.read('half'), Uint16Array.of(0x4000, 0x3955, 0xc400));
  },

  'errors in a state are reported': async (backend) => {
    const memory = await createState(backend, built, values);
    await rejects(memory.read('v'), { code: 'bad-input', message: /"v"/ });
    await rejects(memory.write('w', new Float32Array(3)), /"w" has 2 values, not 3/);
    await rejects(memory.write('w', new Int32Array(2)), /"w" is f32, but was given a Int32Array/);
    const other = await backend.createState({ w: { shape: [3], dtype: 'f32' } });
    await rejects(backend.compile(built, other), /uses "w" as 2 f32; the state has it as 3 f32/);
    await rejects(backend.compile(built, await backend.createState({})), /does not have/);
  },

  'errors in inputs are reported': async (backend) => {
    const executable = await backend.compile(built, await createState(backend, built, values));
    await rejects(executable.run({}), /input "x" is missing/);
    await rejects(executable.run({ x: new Float32Array(3) }), /"x" has 2 values, not 3/);
    await rejects(executable.run({ x: new Int32Array(2) }), /"x" is f32/);
  },

  'freezing an updated entry is rejected': async (backend) => {
    const step = program({ outputs: {}, updates: { w: sub(w, x) } });
    const memory = await createState(backend, step, values);
    for (const freeze of ['all', new Set(['w']), new Set(['v'])] as const)
      await rejects(backend.compile(step, memory, { freeze }), { code: 'usage' });
  },

  'disposed objects are rejected': async (backend) => {
    const memory = await createState(backend, built, values);
    const executable = await backend.compile(built, memory);
    await executable.dispose();
    await rejects(executable.run({ x: values.w }), /disposed/);
    await memory.dispose();
    await rejects(memory.read('w'), /disposed/);
  },
};
