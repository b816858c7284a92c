/** @type {typeof import('./result-table.d.mts').resultTable} */
export function resultTable(results) {
  const rows = [
    ['agents', 'openai', 'node', 'sdk', 'passed', 'failed', 'skipped', 'seconds', ''],
    ...results.map(({ asked, loaded, passed, failed, skipped, seconds, problems }) => [
      asked.agents ?? '',
      asked.openai,
      loaded?.node ?? String(asked.node),
      loaded?.sdk ?? String(asked.sdk),
      ...[passed, failed, skipped].map(String),
      seconds.toFixed(0),
      problems.length === 0 ? 'ok' : 'FAILED',
    ]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
}
