export { bar } from './bar.ts';
export { formatBytes } from './format-bytes.ts';
export { formatDollars } from './format-dollars.ts';
export { formatDuration } from './format-duration.ts';
export { formatSpread } from './format-spread.ts';
export { oneLine, printable } from './printable.ts';
export { shellWord } from './shell-word.ts';
