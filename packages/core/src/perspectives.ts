/** The three perspectives on an edit (Gu et al., arXiv 2411.04713, section 3), in the order of the published data. */
export const PERSPECTIVES = ['following', 'preserving', 'quality'] as const;

export type Perspective = (typeof PERSPECTIVES)[number];

/** The perspectives' names in text. */
export const PERSPECTIVE_TITLES: Readonly<Record<Perspective, string>> = {
  following: 'instruction following',
  preserving: 'detail preserving',
  quality: 'generation quality',
};
