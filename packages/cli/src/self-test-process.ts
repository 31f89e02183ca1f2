import { openBackend } from './backend-flag.ts';
import { selfTest } from './self-test.ts';

// Runs as a process of its own, which `selfTestApart` starts: tests the backend that it is given, and sends the result.
const [name] = process.argv.slice(2);
process.send?.(await selfTest(name, () => openBackend({ backend: name })));
process.disconnect();
