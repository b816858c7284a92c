import type { SuiteResult } from './suite.d.mjs';

/** A line for the names of the columns, and one for each result. */
export function resultTable(results: readonly SuiteResult[]): string[];
