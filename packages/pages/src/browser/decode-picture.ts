import type { LoadedPicture } from './view.ts';

/** Lets the browser decode a picture; throws if it cannot. */
export async function decodePicture(url: string): Promise<LoadedPicture> {
  const image = new Image();
  image.src = url;
  await image.decode();
  return { url, width: image.naturalWidth, height: image.naturalHeight };
}
