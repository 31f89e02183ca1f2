import type { Corner, Scene, Shape } from '../scene.ts';

/** A shape, and words for it that can only be understood together with the picture. */
export interface Reference {
  readonly corner: Corner;
  readonly words: string;
}

/** Directions, by the step from one corner to the next (columns, rows). */
const DIRECTIONS = [
  { step: [-1, 0], words: 'to the left of' },
  { step: [1, 0], words: 'to the right of' },
  { step: [0, -1], words: 'above' },
  { step: [0, 1], words: 'below' },
] as const;

function place(corner: Corner): readonly [column: number, row: number] {
  return [corner.endsWith('left') ? 0 : 1, corner.startsWith('top') ? 0 : 1];
}

/** Refers to every shape that has a neighbour by that neighbour: "the shape to the left of the blue square". */
export function relations({ shapes }: Scene): Reference[] {
  return shapes.flatMap((shape) =>
    shapes.flatMap((other) => {
      const [from, to] = [place(other.corner), place(shape.corner)];
      const found = DIRECTIONS.find(({ step }) => from.every((at, axis) => at + step[axis] === to[axis]));
      return found
        ? [{ corner: shape.corner, words: `the shape ${found.words} the ${other.colour} ${other.form}` }]
        : [];
    }),
  );
}

/** Refers to a shape by ruling out the others: "the shape that is not red", "the only shape that is neither red nor a square". */
export function exclusions({ shapes }: Scene): Reference[] {
  const left = (ruledOut: (shape: Shape) => boolean, words: string): Reference[] => {
    const rest = shapes.filter((shape) => !ruledOut(shape));
    return rest.length === 1 && shapes.length > 1 ? [{ corner: rest[0].corner, words }] : [];
  };
  const colours = [...new Set(shapes.map(({ colour }) => colour))];
  const forms = [...new Set(shapes.map(({ form }) => form))];
  return [
    ...colours.flatMap((colour) =>
      left((shape) => shape.colour === colour, `the shape that is not ${colour}`),
    ),
    ...forms.flatMap((form) => left((shape) => shape.form === form, `the shape that is not a ${form}`)),
    ...colours.flatMap((colour) =>
      forms.flatMap((form) => {
        const isOne = (shape: Shape) => shape.colour === colour || shape.form === form;
        // Each must rule something out that the other does not.
        const needsBoth =
          shapes.some((shape) => shape.colour === colour && shape.form !== form) &&
          shapes.some((shape) => shape.form === form && shape.colour !== colour);
        return needsBoth ? left(isOne, `the only shape that is neither ${colour} nor a ${form}`) : [];
      }),
    ),
  ];
}
