// Judges the tests from the counts that the reporter left, and prints the closing line of the log.
import { readFileSync } from 'node:fs';

const { passed, failed, skipped } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const fault =
  passed === 0
    ? 'No test ran.'
    : failed > 0
      ? 'Tests failed.'
      : skipped > 0
        ? `${skipped} tests were skipped: here every test runs.`
        : undefined;
if (fault) console.error(fault);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = fault ? 1 : 0;
