import type { SuiteResult } from './suite.d.mjs';

/** Returns a line with the names of the columns, and one line per result. */
export function resultTable(results: readonly SuiteResult[]): string[];
