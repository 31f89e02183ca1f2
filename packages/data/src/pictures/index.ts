export { compressPng } from './compress-png.ts';
export { contactSheet, enlargePicture, type ContactSheetRow } from './contact-sheet.ts';
export { encodePng, type PngOptions } from './encode-png.ts';
export { assertSameSize, blankPicture, type Picture, type PictureSize } from './picture.ts';
export { readPictureHeader, type PictureHeader } from './picture-header.ts';
export { readPngText } from './read-png-text.ts';
export { readPicture, type ReadPictureOptions } from './read-picture.ts';
export { resizePicture, type CropBox } from './resize-picture.ts';
export { writePng } from './write-png.ts';
