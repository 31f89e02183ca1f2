export { CHARACTER_WIDTH, LINE_HEIGHT, drawText, wrapText } from './bitmap-font.ts';
export { blockMeans } from './block-means.ts';
export { boxBlur } from './box-blur.ts';
export { compressJpeg } from './compress-jpeg.ts';
export { compressPng } from './compress-png.ts';
export { contactSheet, enlargePicture, type ContactSheetRow } from './contact-sheet.ts';
export {
  WRITTEN_FORMATS,
  encodePicture,
  writtenFormat,
  type EncodeOptions,
  type WrittenFormat,
} from './encode-picture.ts';
export { encodePng, type PngOptions } from './encode-png.ts';
export { readAlpha, resizeAlpha, type Alpha } from './picture-alpha.ts';
export { pictureFormat } from './picture-format.ts';
export { assertSameSize, blankPicture, type Picture, type PictureSize } from './picture.ts';
export { blendPixels, toPixels, type Pixels } from './pixels.ts';
export { readPlainPicture, type PlainPicture } from './plain-picture.ts';
export { readPictureTexts } from './read-picture-texts.ts';
export { readPngText } from './read-png-text.ts';
export { readPicture, readPictureSize, type ReadPictureOptions } from './read-picture.ts';
export { resizePicture, type CropBox } from './resize-picture.ts';
export { pictureRow, shrinkPicture } from './shrink-picture.ts';
export { thumbnailJpeg } from './thumbnail.ts';
export { writePng } from './write-png.ts';
