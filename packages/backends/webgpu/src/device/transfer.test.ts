import { sizeOf } from '@rewardedit/graph';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stored } from '../codegen/stored.ts';
import { fromDevice, toDevice } from './transfer.ts';

const tensors = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 }).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    order: fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }),
  }),
);

test('values are stored by their strides and read back in row-major order', () => {
  fc.assert(
    fc.property(tensors, fc.constantFrom('f32', 'f16', 'i32'), ({ shape, order }, dtype) => {
      const tensor = stored(shape, dtype, { kind: 'input' }, order);
      const numbers = Array.from({ length: sizeOf(shape) }, (_, i) => i);
      const values =
        dtype === 'f32'
          ? Float32Array.from(numbers)
          : dtype === 'i32'
            ? Int32Array.from(numbers)
            : Uint16Array.from(numbers);
      const data = toDevice(values, tensor, true);
      const words = new (values.constructor as typeof Float32Array)(data);
      numbers.forEach((number) => {
        let [rest, address] = [number, 0];
        for (let axis = shape.length - 1; axis >= 0; axis--) {
          address += (rest % shape[axis]) * tensor.strides[axis];
          rest = Math.floor(rest / shape[axis]);
        }
        expect(words[address]).toBe(number);
      });
      expect(fromDevice(data.slice(0, values.byteLength), tensor, true)).toEqual(values);
    }),
  );
});
