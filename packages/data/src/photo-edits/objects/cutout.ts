/** An object cut out of its picture: RGBA interleaved, 0 to 1, not premultiplied, without empty borders. */
export type Cutout = {
  /** Name in instructions, without an article: "red apple". */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
};

/** Returns "an apple", "a red apple". */
export function withIndefiniteArticle(name: string): string {
  return `${/^[aeiou]/i.test(name) ? 'an' : 'a'} ${name}`;
}
