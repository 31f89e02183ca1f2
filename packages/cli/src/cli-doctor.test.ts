import { expect, test } from 'vitest';
import type { DoctorReport } from './commands/doctor.ts';
import { runJson } from './run-cli.test.helper.ts';

test('the CPU computes rightly', async () => {
  const { exitCode, document } = await runJson<DoctorReport>(['doctor', '--backend', 'onnx:cpu']);
  expect(exitCode).toBe(0);
  expect(document.system.node).toBe(process.versions.node);
  expect(document.backends).toHaveLength(1);
  expect(document.backends[0]).toMatchObject({ backend: 'onnx:cpu', outcome: 'passed' });
  expect(document.backends[0].largestError).toBeLessThan(1e-4);
});
