/** Money as text: whole cents from a dollar on, else as many digits as say something. */
export function formatDollars(dollars: number): string {
  if (dollars >= 1 || dollars === 0) return `$${dollars.toFixed(2)}`;
  return `$${dollars < 0.0001 ? dollars.toExponential(1) : dollars.toFixed(4)}`;
}
