// A Jest reporter that leaves the counts of a run in the file named by TEST_RESULT, for .ci/run to judge.
import { writeFileSync } from 'node:fs';

export default class TestResult {
  onRunComplete(_, { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numRuntimeErrorTestSuites }) {
    const result = {
      passed: numPassedTests,
      failed: numFailedTests + numRuntimeErrorTestSuites, // a suite that cannot be loaded has no tests to fail
      skipped: numPendingTests + numTodoTests,
    };
    writeFileSync(process.env.TEST_RESULT, JSON.stringify(result));
  }
}
