import { difference } from './difference.ts';
import { element } from './dom.ts';
import { formatNumber } from './format.ts';
import { caption, sizeToPane } from './picture-frame.ts';
import type { LoadedPicture } from './pictures.ts';
import type { NamedPicture, Pair, View } from './view.ts';

export type DifferenceView = View & { setGain(gain: number): void };

/** How much the two pictures differ at each pixel and channel, times the gain; black is no difference. */
export async function differenceView({ reference, edited }: Pair, gain: number): Promise<DifferenceView> {
  const size = reference.picture;
  const [a, b] = await Promise.all([pixelsOf(reference, size), pixelsOf(edited, size)]);
  const canvas = element('canvas', { width: size.width, height: size.height, role: 'img' });
  const context = canvas.getContext('2d')!;
  const said = caption('left');
  const frame = element('div', { class: 'frame' }, canvas);
  const pane = element('div', { class: 'pane' }, frame);
  const setGain = (gain: number) => {
    const { data, mean, changed } = difference(a, b, gain);
    context.putImageData(new ImageData(data, size.width, size.height), 0, 0);
    const text = `${formatNumber(changed * 100)} % of the pixels differ visibly · mean difference ${formatNumber(mean)} of 255`;
    said.textContent = text;
    canvas.ariaLabel = text;
  };
  setGain(gain);
  return {
    root: element('div', { class: 'view' }, element('figure', { class: 'side-picture' }, pane, said)),
    resize: (zoom) => sizeToPane(frame, pane, size, zoom),
    setGain,
  };
}

/** The pixels of a picture, scaled to `size` where it has another. */
async function pixelsOf(
  { picture }: NamedPicture,
  { width, height }: LoadedPicture,
): Promise<Uint8ClampedArray> {
  const image = new Image();
  image.src = picture.url;
  await image.decode();
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  // As the pixels that are judged: transparent ones lie on white.
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  context.drawImage(image, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
}
