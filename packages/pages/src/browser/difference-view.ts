import { difference } from './difference.ts';
import { element, setStyleNumber } from './dom.ts';
import { formatNumber } from './format.ts';
import { caption, imageOf, sizeToPane } from './picture-frame.ts';
import type { LoadedPicture, NamedPicture, Pair, View } from './view.ts';

export type DifferenceView = View & { setGain(gain: number): void };

/** Shows the difference of the two pictures at each pixel and channel, times the gain; black means no difference. */
export async function differenceView(pair: Pair, gain: number): Promise<DifferenceView> {
  const size = pair.reference.picture;
  const pixels = await Promise.all([pixelsOf(pair.reference, size), pixelsOf(pair.edited, size)]);
  const [a, b] = pixels;
  return a === undefined || b === undefined
    ? blendedDifference(pair, gain)
    : countedDifference([a, b], size, gain);
}

type Pixels = Uint8ClampedArray;

function countedDifference(
  [a, b]: readonly [Pixels, Pixels],
  size: LoadedPicture,
  gain: number,
): DifferenceView {
  const canvas = element('canvas', { width: size.width, height: size.height, role: 'img' });
  const context = canvas.getContext('2d')!;
  const said = caption('left');
  const setGain = (gain: number) => {
    const { data, mean, changed } = difference(a, b, gain);
    context.putImageData(new ImageData(data, size.width, size.height), 0, 0);
    const text = `${formatNumber(changed * 100)} % of the pixels differ visibly · mean difference ${formatNumber(mean)} of 255`;
    said.textContent = text;
    canvas.ariaLabel = text;
  };
  setGain(gain);
  return { ...inPane([canvas], said, size), setGain };
}

/** Looks the same, for pages that may show pixels but not read them: those opened from the disk. */
function blendedDifference({ reference, edited }: Pair, gain: number): DifferenceView {
  const said = caption('left', `Difference of ${reference.title} and ${edited.title}`);
  const blended = element(
    'div',
    { class: 'blended', role: 'img', 'aria-label': said.textContent ?? '' },
    imageOf(reference.picture, ''),
    imageOf(edited.picture, ''),
  );
  const setGain = (gain: number) => setStyleNumber(blended, '--gain', gain);
  setGain(gain);
  return { ...inPane([blended], said, reference.picture), setGain };
}

function inPane(shown: readonly HTMLElement[], said: HTMLElement, size: LoadedPicture): View {
  const frame = element('div', { class: 'frame' }, ...shown);
  const pane = element('div', { class: 'pane' }, frame);
  return {
    root: element('div', { class: 'view' }, element('figure', { class: 'side-picture' }, pane, said)),
    resize: (zoom) => sizeToPane(frame, pane, size, zoom),
  };
}

/** Returns the pixels of a picture, scaled to `size`; undefined if the browser does not let the page read them. */
async function pixelsOf(
  { picture }: NamedPicture,
  { width, height }: LoadedPicture,
): Promise<Pixels | undefined> {
  const image = new Image();
  image.src = picture.url;
  await image.decode();
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  // Transparent pixels are put on white, as for judges.
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  context.drawImage(image, 0, 0, width, height);
  try {
    return context.getImageData(0, 0, width, height).data;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'SecurityError') return undefined;
    throw error;
  }
}
