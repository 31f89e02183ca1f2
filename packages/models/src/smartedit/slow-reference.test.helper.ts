/** The Q-Former and the interaction module once more, number by number, to judge the graphs of any size. */

/** Rows of vectors. */
export type Rows = readonly (readonly number[])[];
/** A weight by its checkpoint key, row by row. */
export type Weights = (name: string) => {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
};

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + value * b[i], 0);
const plus = (a: Rows, b: Rows): Rows => a.map((row, i) => row.map((value, j) => value + b[i][j]));

/** x W^T + b. */
export function slowLinear(weights: Weights, name: string, x: Rows): Rows {
  const { shape, values } = weights(`${name}.weight`);
  const bias = weights(`${name}.bias`).values;
  const [outputs, inputs] = shape;
  const rows = Array.from({ length: outputs }, (_, o) =>
    Array.from({ length: inputs }, (_, i) => values[o * inputs + i]),
  );
  return x.map((row) => rows.map((weight, o) => dot(weight, row) + bias[o]));
}

function slowLayerNorm(weights: Weights, name: string, x: Rows, epsilon: number): Rows {
  const [scale, shift] = ['weight', 'bias'].map((part) => weights(`${name}.${part}`).values);
  return x.map((row) => {
    const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
    return row.map((value, i) => ((value - mean) / Math.sqrt(variance + epsilon)) * scale[i] + shift[i]);
  });
}

/** @param seen which keys are seen; where none is, all are, alike. */
function slowAttention(q: Rows, k: Rows, v: Rows, heads: number, seen?: readonly boolean[]): Rows {
  const size = q[0].length / heads;
  const head = (row: readonly number[], h: number) => row.slice(h * size, (h + 1) * size);
  const anySeen = seen === undefined || seen.includes(true);
  return q.map((query) =>
    Array.from({ length: heads }).flatMap((_, h) => {
      const scores = k.map((key, i) => {
        if (!anySeen) return 0;
        return seen === undefined || seen[i]
          ? dot(head(query, h), head(key, h)) / Math.sqrt(size)
          : -Infinity;
      });
      const largest = Math.max(...scores);
      const shares = scores.map((score) => Math.exp(score - largest));
      const total = shares.reduce((sum, share) => sum + share, 0);
      return Array.from({ length: size }, (_, c) =>
        shares.reduce((sum, share, i) => sum + (share / total) * v[i][h * size + c], 0),
      );
    }),
  );
}

/** Abramowitz and Stegun, 7.1.5: the series, which converges for what a small network has. */
function erf(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; n < 200; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
const gelu = (x: number) => 0.5 * x * (1 + erf(x / Math.SQRT2));

export interface SlowQFormer {
  readonly layers: number;
  readonly heads: number;
  readonly frequency: number;
}

/** One sample of `qformer`. */
export function slowQFormer(
  weights: Weights,
  { layers, heads, frequency }: SlowQFormer,
  states: Rows,
  seen?: readonly boolean[],
): Rows {
  const { shape, values } = weights('sd_query_tokens');
  const width = shape[2];
  const tokens = Array.from({ length: shape[1] }, (_, q) =>
    Array.from({ length: width }, (_, c) => values[q * width + c]),
  );
  let x = slowLayerNorm(weights, 'sd_qformer.embeddings.LayerNorm', tokens, 1e-12);
  const addAndNorm = (name: string, hidden: Rows, shortcut: Rows) =>
    slowLayerNorm(
      weights,
      `${name}.LayerNorm`,
      plus(slowLinear(weights, `${name}.dense`, hidden), shortcut),
      1e-12,
    );
  const attend = (name: string, from: Rows, to: Rows, mask?: readonly boolean[]) => {
    const project = (part: string, rows: Rows) => slowLinear(weights, `${name}.self.${part}`, rows);
    const mixed = slowAttention(
      project('query', from),
      project('key', to),
      project('value', to),
      heads,
      mask,
    );
    return addAndNorm(`${name}.output`, mixed, from);
  };
  for (let layer = 0; layer < layers; layer++) {
    const place = `sd_qformer.encoder.layer.${layer}`;
    x = attend(`${place}.attention`, x, x);
    if (layer % frequency === 0) x = attend(`${place}.crossattention`, x, states, seen);
    const hidden = slowLinear(weights, `${place}.intermediate_query.dense`, x);
    x = addAndNorm(
      `${place}.output_query`,
      hidden.map((row) => row.map(gelu)),
      x,
    );
  }
  return x;
}

export interface SlowTwoWay {
  readonly depth: number;
  readonly heads: number;
}

/** One sample of `twoWayTransformer` under `modulate_transformer`. */
export function slowTwoWay(
  weights: Weights,
  { depth, heads }: SlowTwoWay,
  { tokens: first, image: keys }: { readonly tokens: Rows; readonly image: Rows },
  positions: Rows,
): { readonly tokens: Rows; readonly image: Rows } {
  const root = 'modulate_transformer';
  const attend = (name: string, q: Rows, k: Rows, v: Rows) => {
    const project = (part: string, rows: Rows) => slowLinear(weights, `${name}.${part}_proj`, rows);
    return project('out', slowAttention(project('q', q), project('k', k), project('v', v), heads));
  };
  const norm = (name: string, x: Rows) => slowLayerNorm(weights, name, x, 1e-5);
  let [tokens, image] = [first, keys];
  for (let layer = 0; layer < depth; layer++) {
    const place = `${root}.layers.${layer}`;
    const asked = layer === 0 ? tokens : plus(tokens, first);
    const own = attend(`${place}.self_attn`, asked, asked, tokens);
    tokens = norm(`${place}.norm1`, layer === 0 ? own : plus(tokens, own));
    const looked = attend(
      `${place}.cross_attn_token_to_image`,
      plus(tokens, first),
      plus(image, positions),
      image,
    );
    tokens = norm(`${place}.norm2`, plus(tokens, looked));
    const hidden = slowLinear(weights, `${place}.mlp.lin1`, tokens).map((row) =>
      row.map((v) => Math.max(v, 0)),
    );
    tokens = norm(`${place}.norm3`, plus(tokens, slowLinear(weights, `${place}.mlp.lin2`, hidden)));
    const attended = attend(
      `${place}.cross_attn_image_to_token`,
      plus(image, positions),
      plus(tokens, first),
      tokens,
    );
    image = norm(`${place}.norm4`, plus(image, attended));
  }
  const last = attend(
    `${root}.final_attn_token_to_image`,
    plus(tokens, first),
    plus(image, positions),
    image,
  );
  return { tokens: norm(`${root}.norm_final_attn`, plus(tokens, last)), image };
}

/** Bilinear, as PyTorch has it without aligned corners: rows of pixels [h w, C] as [H W, C]. */
export function slowResize(x: Rows, from: readonly [number, number], to: readonly [number, number]): Rows {
  const places = (axis: 0 | 1) =>
    Array.from({ length: to[axis] }, (_, i) => {
      const at = Math.max(0, ((i + 0.5) * from[axis]) / to[axis] - 0.5);
      const low = Math.min(Math.floor(at), from[axis] - 1);
      return { low, high: Math.min(low + 1, from[axis] - 1), share: at - low };
    });
  const columns = places(1);
  return places(0).flatMap((row) =>
    columns.map((column) =>
      x[0].map((_, c) => {
        const pixel = (h: number, w: number) => x[h * from[1] + w][c];
        const along = (h: number) =>
          pixel(h, column.low) * (1 - column.share) + pixel(h, column.high) * column.share;
        return along(row.low) * (1 - row.share) + along(row.high) * row.share;
      }),
    ),
  );
}
