const PIECE = 65_536;

/** A growing list of 32-bit integers, at four bytes each. */
export type GrowingIntegers = {
  push(value: number): void;
  get(index: number): number;
  set(index: number, value: number): void;
  readonly length: () => number;
};

export function createGrowingIntegers(): GrowingIntegers {
  const pieces: Int32Array[] = [];
  let length = 0;
  return {
    push(value) {
      if (length % PIECE === 0) pieces.push(new Int32Array(PIECE));
      pieces[pieces.length - 1][length % PIECE] = value;
      length += 1;
    },
    get: (index) => pieces[Math.floor(index / PIECE)][index % PIECE],
    set(index, value) {
      pieces[Math.floor(index / PIECE)][index % PIECE] = value;
    },
    length: () => length,
  };
}
