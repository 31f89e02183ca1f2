import { expect, it } from 'vitest';
import { refuseOtherContents } from './other-contents.ts';

it.each([
  ['version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n', 'a Git LFS pointer', 'git lfs pull'],
  ['\n <!DOCTYPE html><html>', 'an HTML page', 'download'],
  ['\uFEFF<HTML>', 'an HTML page', 'download'],
  [Buffer.from('\uFEFF{}', 'utf16le'), 'text in UTF-16', 'iconv'],
])('%j is %s', (contents, what, remedy) => {
  expect(() => refuseOtherContents(Buffer.from(contents), 'x', 'text')).toThrow(
    expect.objectContaining({
      message: expect.stringContaining(what),
      hint: expect.stringContaining(remedy),
      where: 'x',
    }),
  );
});

it.each(['{"a":1}', '', 'PAR1', '<svg', 'version 1', '\uFEFF[]'])('%j is none of these', (contents) => {
  expect(refuseOtherContents(Buffer.from(contents), 'x', 'text')).toBeUndefined();
});

it('does not check for text encodings in binary files', () => {
  expect(refuseOtherContents(Uint8Array.of(0xff, 0xfe, 0, 0), 'x', 'file')).toBeUndefined();
});
