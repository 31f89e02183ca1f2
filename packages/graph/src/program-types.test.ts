/** Type tests of programs: if a line marked as an error compiles, the build fails. */
import { expect, expectTypeOf, test } from 'vitest';
import type { ValuesOf } from './backend.ts';
import { cast } from './ops/cast.ts';
import { add, mul } from './ops/elementwise.ts';
import { gather } from './ops/gather.ts';
import { input, state } from './ops/leaf.ts';
import { mean } from './ops/reduction.ts';
import { program } from './program.ts';
import { referenceBackend } from './testing/reference-backend.ts';

const x = input('x', [2]);
const rows = input('rows', [2], 'i32');
const table = state('table', [3, 1]);

async function compiled() {
  const picked = gather(table, rows);
  const outputs = { y: add(mul(x, 2), 1), half: cast(x, 'f16'), loss: mean(picked), picked };
  const backend = referenceBackend();
  const specs = { table: { shape: [3, 1], dtype: 'f32' } } as const;
  const held = await backend.createState(specs);
  await held.write('table', Float32Array.of(1, 2, 3));
  return backend.compile(program({ inputs: { x, rows }, outputs }), held);
}

const given = { x: Float32Array.of(1, 2), rows: Int32Array.of(0, 2) };

test('inputs of another element type, under another name, or missing do not compile', async () => {
  const { run } = await compiled();
  expectTypeOf(run).parameter(0).toEqualTypeOf<ValuesOf<{ readonly x: 'f32'; readonly rows: 'i32' }>>();
  // Never called: only the types are checked.
  const wrong = [
    // @ts-expect-error -- the input is i32
    () => run({ ...given, rows: Float32Array.of(0, 2) }),
    // @ts-expect-error -- there is no such input
    () => run({ ...given, z: Float32Array.of(1) }),
    // @ts-expect-error -- an input is missing
    () => run({ x: given.x }),
  ];
  expect(wrong).toHaveLength(3);
});

test('outputs have the arrays of their element types', async () => {
  const outputs = await (await compiled()).run(given);
  expectTypeOf(outputs.y).toEqualTypeOf<Float32Array>();
  expectTypeOf(outputs.half).toEqualTypeOf<Uint16Array>();
  expectTypeOf(outputs.loss).toEqualTypeOf<Float32Array>();
  // @ts-expect-error -- there is no such output
  expect(outputs.z).toBeUndefined();
  expect([...outputs.y, ...outputs.loss]).toEqual([3, 5, 2]);
});

test('a program without declared inputs accepts any', () => {
  const { inputs } = program({ outputs: { y: x } });
  expectTypeOf(inputs).toExtend<Readonly<Record<string, object>>>();
  expect(Object.keys(inputs)).toEqual(['x']);
});
