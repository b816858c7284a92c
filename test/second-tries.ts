import type { Reporter, TestModule } from 'vitest/node';

/**
 * Names the tests that failed and then passed, after all other output. Hundreds of tests talk to processes, brokers and
 * browsers on whatever machine there is, so each has a second try (`retry` in vitest.config.ts). One that needs it is wrong
 * about what it may expect, and is to be mended.
 */
export default class SecondTries implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const names = modules.flatMap((module) =>
      [...module.children.allTests()]
        .filter((test) => test.diagnostic()?.flaky === true)
        .map((test) => `  ${module.relativeModuleId} > ${test.fullName}`),
    );
    if (names.length === 0) return;
    console.error(`\nPassed at the second try only, and to be mended:\n${names.join('\n')}`);
  }
}
