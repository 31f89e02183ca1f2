import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { builtInProtocol, PROTOCOL_NAMES } from './index.ts';
import { rewritesProtocol } from './rewrites.ts';

const PROTOCOLS = [
  ...PROTOCOL_NAMES.map(builtInProtocol),
  rewritesProtocol({ rectify: true, contrast: 0 }),
  rewritesProtocol({ rectify: false, contrast: 1 }),
  rewritesProtocol({ rectify: true, contrast: 8 }),
];

/**
 * SHA-256 of all that is sent of each question, in order. It is the key of stored replies, so a change here makes users pay for every reply
 * again: give a changed protocol a new name instead.
 */
it('asks exactly what it asked when replies were stored', () => {
  const hashes = PROTOCOLS.map(({ name, questions }) => {
    const asked = [undefined, 'local', 'style'].flatMap((kind) =>
      questions({ instruction: 'make "it" red', kind: kind as 'local' | undefined, nonce: 'n0nce' }),
    );
    return [name, createHash('sha256').update(JSON.stringify(asked)).digest('hex').slice(0, 16)];
  });
  expect(hashes).toMatchInlineSnapshot(`
    [
      [
        "rubric-v1",
        "4578518a2477da7f",
      ],
      [
        "rubric-v2",
        "150c28119693d89b",
      ],
      [
        "real-edit-like",
        "6706d1791321aeb0",
      ],
      [
        "viescore-like",
        "3b4af4e3a9399fe1",
      ],
      [
        "pairwise-v1",
        "cf5853aaed887b58",
      ],
      [
        "rewrites-v1",
        "b7074efdbf7abc46",
      ],
      [
        "rewrites-v1",
        "ca6badf8bdc08a1c",
      ],
      [
        "rewrites-v1",
        "dbfb7bb43bf7bdbb",
      ],
    ]
  `);
});
