/** The three sides from which an edit is judged (Gu et al., arXiv 2411.04713, section 3), in the order of the published data. */
export const PERSPECTIVES = ['following', 'preserving', 'quality'] as const;

export type Perspective = (typeof PERSPECTIVES)[number];

/** Each perspective as people call it. */
export const PERSPECTIVE_TITLES: Readonly<Record<Perspective, string>> = {
  following: 'instruction following',
  preserving: 'detail preserving',
  quality: 'generation quality',
};
