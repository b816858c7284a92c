import type { ClientSuiteResult } from './client-suite.d.mts';

/** A line for the names of the columns, and one for each result. */
export function resultTable(results: readonly ClientSuiteResult[]): string[];
