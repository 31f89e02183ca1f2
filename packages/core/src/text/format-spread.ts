/** The smallest, the largest and the mean of some numbers; absent where there are none. */
export type Spread = {
  readonly min?: number | undefined;
  readonly mean?: number | undefined;
  readonly max?: number | undefined;
};

/** Numbers for people: `5 to 60 characters, 26 on average`; `none`, or the one value that all have. `what` stands after them, if anything does. */
export function formatSpread(
  { min, mean, max }: Spread,
  show: (value: number) => string,
  what?: string,
): string {
  if (min === undefined || mean === undefined || max === undefined) return 'none';
  const unit = what === undefined ? '' : ` ${what}`;
  const [least, most] = [show(min), show(max)];
  return least === most ? `${least}${unit}` : `${least} to ${most}${unit}, ${show(mean)} on average`;
}
