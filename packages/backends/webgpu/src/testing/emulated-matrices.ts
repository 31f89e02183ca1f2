import type { KernelStep } from '../codegen/shader.ts';

/**
 * Rewrites a subgroup-matrix kernel so that any device can run it: each invocation holds whole f32 matrices,
 * rounded to f16. Tests the kernel's indexing, not the hardware units.
 */
export function emulated(step: KernelStep): KernelStep {
  if (!step.wgsl.includes('subgroup_matrix_result')) return step;
  const wgsl = step.wgsl
    .replace(/^(enable|diagnostic).*$/gm, '')
    .replace(/subgroupMatrixLoad<subgroup_matrix_(\w+)<[^>]*>>\(&\w+, /g, 'load_$1(')
    .replace(/subgroupMatrixStore\(&patches, /g, 'store_result(')
    .replace(/subgroupMatrixMultiplyAccumulate/g, 'multiply')
    .replace(/subgroup_matrix_result<[^>]*>/g, 'Matrix')
    .replace(/array<f16/g, 'array<f32')
    .replace(/\bf16\(/g, 'quantizeToF16(');
  return { ...step, wgsl: `${wgsl}\n${FUNCTIONS}` };
}

const load = (side: string) => `fn load_${side}(offset: u32, by_columns: bool, stride: u32) -> Matrix {
  var m: Matrix;
  for (var i = 0u; i < 256u; i++) {
    let place = select((i / 16u) * stride + i % 16u, (i % 16u) * stride + i / 16u, by_columns);
    m[i] = ${side}[offset + place];
  }
  return m;
}`;

const FUNCTIONS = `alias Matrix = array<f32, 256>;
${load('left')}
${load('right')}
fn multiply(a: Matrix, b: Matrix, c: Matrix) -> Matrix {
  var m = c;
  var x = a;
  var y = b;
  for (var i = 0u; i < 256u; i++) {
    for (var k = 0u; k < 16u; k++) { m[i] += x[(i / 16u) * 16u + k] * y[k * 16u + i % 16u]; }
  }
  return m;
}
fn store_result(offset: u32, given: Matrix, by_columns: bool, stride: u32) {
  var m = given;
  for (var i = 0u; i < 256u; i++) { patches[offset + (i / 16u) * stride + i % 16u] = m[i]; }
}`;
