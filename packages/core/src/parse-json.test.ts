import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson, parseJsonBytes, parseLooseJsonBytes } from './parse-json.ts';

describe('parseJson', () => {
  it('equals JSON.parse for the output of JSON.stringify', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    ['1285704473650888702', '1285704473650888702'],
    ['-9007199254740993', '-9007199254740993'],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 2 ** 53],
    ['0.1234567890123456', 0.1234567890123456],
    ['1234567890123456.5', 1234567890123456.5],
    ['1e300', 1e300],
    ['"1285704473650888702"', '1285704473650888702'],
  ])('reads %s as %j', (text, value) => {
    expect(parseJson(`{"a":[${text}]}`)).toEqual({ a: [value] });
  });

  it('skips a byte order mark, and rejects bytes that are not UTF-8', () => {
    expect(parseJsonBytes(Buffer.from('\uFEFF{"a":1}'))).toEqual({ a: 1 });
    expect(() => parseJsonBytes(Buffer.from([0x22, 0xff, 0x22]))).toThrow(TypeError);
  });
});

describe('parseLooseJsonBytes', () => {
  it('reads numbers that only Python writes, but not within strings', () => {
    const text =
      '{"a":NaN,"b":[-Infinity,Infinity,1285704473650888702],"c":"NaN, \\"Infinity","__proto__":NaN}';
    const value = parseLooseJsonBytes(Buffer.from(text));
    expect(Object.entries(value as object)).toEqual([
      ['a', NaN],
      ['b', [-Infinity, Infinity, '1285704473650888702']],
      ['c', 'NaN, "Infinity'],
      ['__proto__', NaN],
    ]);
  });

  it.each(['{"a":NaNs}', '{"a":nan}', '{"NaN"', '[NaN NaN]', 'NaN'])('rejects %s', (text) => {
    expect(() => parseLooseJsonBytes(Buffer.from(text))).toThrow(SyntaxError);
  });
});
