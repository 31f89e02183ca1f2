/** Rows and columns of the matrices that units multiply: what NVIDIA's have, f16 to f32. */
export const MATRIX = 16;

/**
 * How a device's matrix units are spoken to. Whether a matrix lies row by row was an argument of WGSL's experimental functions
 * at first, and is a template parameter since.
 */
export interface MatrixUnits {
  readonly order: 'argument' | 'template';
  /** Invocations of a subgroup. */
  readonly subgroup: number;
}

/** What a shader that uses them begins with. */
export const matrixEnables: readonly string[] = [
  'enable f16;',
  'enable subgroups;',
  'enable chromium_experimental_subgroup_matrix;',
  // Offsets differ from subgroup to subgroup, as they should, which the compiler cannot tell from mistakes.
  'diagnostic(off, chromium.subgroup_matrix_uniformity);',
];

/** A result of nothing yet. */
export const zeroMatrix = `subgroup_matrix_result<f32, ${MATRIX}, ${MATRIX}>()`;

/** A matrix of f16 from the workgroup's memory of that name, as an operand on that side. */
export function loadMatrix(
  { order }: MatrixUnits,
  side: 'left' | 'right',
  offset: string,
  stride: number,
  byColumns: boolean,
): string {
  const type = `subgroup_matrix_${side}<f16, ${MATRIX}, ${MATRIX}>`;
  return order === 'argument'
    ? `subgroupMatrixLoad<${type}>(&${side}, u32(${offset}), ${byColumns}, ${stride}u)`
    : `subgroupMatrixLoad<${type}, ${byColumns ? 'col_major' : 'row_major'}>(&${side}, u32(${offset}), ${stride}u)`;
}

/** Stores a result row by row. */
export function storeMatrix(
  { order }: MatrixUnits,
  memory: string,
  offset: string,
  matrix: string,
  stride: number,
): string {
  return order === 'argument'
    ? `subgroupMatrixStore(&${memory}, u32(${offset}), ${matrix}, false, ${stride}u);`
    : `subgroupMatrixStore<row_major>(&${memory}, u32(${offset}), ${matrix}, ${stride}u);`;
}
