import { IGNORED } from '@rewardedit/models';

/** A batch of texts in each of which image vectors replace one token. */
export interface SplicedTexts {
  /** The texts without that token, padded at the end, [B, N] flat. */
  readonly ids: Int32Array;
  /**
   * For each position of the spliced texts [B, N + I], its row among all token vectors [B N] followed by all
   * image vectors [B I].
   */
  readonly rows: Int32Array;
  /** [B, N + I] flat. */
  readonly attentionMask: Int32Array;
  readonly labels: Int32Array;
  /** 1 for image tokens that the Q-Former sees. */
  readonly seen: Int32Array;
}

/**
 * SmartEdit's layout of its language model's input: the first `<img_0>` of each text is a placeholder that
 * `images` image vectors replace.
 *
 * @param texts token ids [B, N] flat, with mask and labels of the same size, and `padding`, the id of the
 * padding token.
 * @param firstImageToken the id of `<img_0>`; those of the other image tokens follow it.
 */
export function spliceImage(
  texts: {
    readonly ids: ArrayLike<number>;
    readonly attentionMask: ArrayLike<number>;
    readonly labels: ArrayLike<number>;
  },
  {
    batch,
    images,
    firstImageToken,
    padding,
  }: {
    readonly batch: number;
    readonly images: number;
    readonly firstImageToken: number;
    readonly padding: number;
  },
): SplicedTexts {
  const tokens = texts.ids.length / batch;
  const spliced = Array.from({ length: batch }, (_, text) => {
    const part = (values: ArrayLike<number>) => Array.from(values).slice(text * tokens, (text + 1) * tokens);
    const ids = part(texts.ids);
    const place = ids.indexOf(firstImageToken);
    if (place < 0) throw new Error(`Text ${text} has no image placeholder.`);
    const put = (values: number[], image: (i: number) => number, end: number) => [
      ...values.slice(0, place),
      ...Array.from({ length: images }, (_, i) => image(i)),
      ...values.slice(place + 1),
      end,
    ];
    const rest = [...ids.slice(0, place), ...ids.slice(place + 1), padding];
    const rowsOfTokens = rest.map((_, i) => text * tokens + i);
    return {
      ids: rest,
      rows: [
        ...rowsOfTokens.slice(0, place),
        ...Array.from({ length: images }, (_, i) => batch * tokens + text * images + i),
        ...rowsOfTokens.slice(place),
      ],
      attentionMask: put(part(texts.attentionMask), () => 1, 0),
      labels: put(part(texts.labels), () => IGNORED, IGNORED),
      seen: put(
        ids.map((id) => (id >= firstImageToken ? 1 : 0)),
        () => 0,
        0,
      ),
    };
  });
  const all = (name: keyof SplicedTexts) => Int32Array.from(spliced.flatMap((text) => text[name]));
  return {
    ids: all('ids'),
    rows: all('rows'),
    attentionMask: all('attentionMask'),
    labels: all('labels'),
    seen: all('seen'),
  };
}
