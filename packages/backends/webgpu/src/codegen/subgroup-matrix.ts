/** Rows and columns of the matrices: 16x16x16 from f16 to f32, as on NVIDIA GPUs. */
export const MATRIX = 16;

/**
 * The dialect of a device's subgroup-matrix functions. WGSL's experimental functions first took the memory
 * order as an argument, later as a template parameter.
 */
export interface MatrixUnits {
  readonly order: 'argument' | 'template';
  /** Invocations per subgroup. */
  readonly subgroup: number;
}

/** The directives at the start of a shader that uses them. */
export const matrixEnables: readonly string[] = [
  'enable f16;',
  'enable subgroups;',
  'enable chromium_experimental_subgroup_matrix;',
  // Offsets differ between subgroups by design, which the uniformity analysis cannot tell from an error.
  'diagnostic(off, chromium.subgroup_matrix_uniformity);',
];

/** A zero accumulator. */
export const zeroMatrix = `subgroup_matrix_result<f32, ${MATRIX}, ${MATRIX}>()`;

/** Loads an f16 operand from the workgroup memory of that side's name. */
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

/** Stores an accumulator row by row. */
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
