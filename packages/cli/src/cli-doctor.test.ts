import { expect, test } from 'vitest';
import type { DoctorReport } from './commands/doctor.ts';
import { runJson } from './run-cli.test.helper.ts';

test('the CPU computes rightly', async () => {
  const { exitCode, stdout } = await runJson(['doctor', '--backend', 'onnx:cpu']);
  expect(exitCode).toBe(0);
  const { system, backends } = JSON.parse(stdout) as DoctorReport;
  expect(system.node).toBe(process.versions.node);
  expect(backends).toHaveLength(1);
  expect(backends[0]).toMatchObject({ backend: 'onnx:cpu', outcome: 'passed' });
  expect(backends[0].largestError).toBeLessThan(1e-4);
});
