/** The charts of the page: what each shows, and how it is drawn. */
import * as format from './format.js';
import uPlot from './uplot/uPlot.esm.js';

/** Rows of a chart's table, the newest first. */
const TABLE_ROWS = 12;

const perMinute = (name) => (sample, interval) => (sample[name] * 60) / interval;
const ratio = (part, all) => (all === 0 ? null : (100 * part) / all);
const percent = (value) => (value === null ? '–' : `${Math.round(value)} %`);

/** @typedef {{ label: string, value: (sample: object, interval: number) => number | null }} Series */

/** @type {readonly { title: string, show: (value: number | null) => string, series: readonly Series[], max?: number }[]} */
export const CHARTS = [
  {
    title: 'Requests per minute',
    show: (value) => (value === null ? '–' : format.count(value)),
    series: [
      { label: 'all', value: perMinute('requests') },
      { label: 'failed', value: perMinute('failedRequests') },
    ],
  },
  {
    title: 'Response time',
    show: format.duration,
    series: [
      { label: 'median', value: ({ p50Seconds }) => p50Seconds },
      { label: '95th percentile', value: ({ p95Seconds }) => p95Seconds },
    ],
  },
  {
    title: 'Tokens per minute',
    show: (value) => (value === null ? '–' : format.count(value)),
    series: [
      { label: 'input', value: perMinute('inputTokens') },
      { label: 'output', value: perMinute('outputTokens') },
    ],
  },
  {
    title: 'Cost per minute',
    show: (value) => (value === null ? '–' : format.dollars(value)),
    series: [{ label: 'US dollars', value: perMinute('costUsd') }],
  },
  {
    title: 'Cache hits',
    show: percent,
    max: 100,
    series: [
      {
        label: 'of look-ups',
        value: ({ cacheHits, cacheMisses }) => ratio(cacheHits, cacheHits + cacheMisses),
      },
    ],
  },
  {
    title: 'Successful function calls',
    show: percent,
    max: 100,
    series: [
      {
        label: 'of all calls',
        value: ({ functionCalls, failedFunctionCalls }) =>
          ratio(functionCalls - failedFunctionCalls, functionCalls),
      },
    ],
  },
];

/** A chart with its heading, key and table. */
export class Chart {
  /** @param {(typeof CHARTS)[number]} definition */
  constructor(definition) {
    this.definition = definition;
    this.element = document.createElement('figure');
    this.plotElement = Object.assign(document.createElement('div'), { className: 'plot' });
    this.plotElement.setAttribute('role', 'img');
    this.table = document.createElement('table');
    const details = document.createElement('details');
    details.append(element('summary', `${definition.title} as a table`), this.table);
    this.element.append(this.caption(), this.plotElement, details);
    // A size that is not known yet is that of a page which is not laid out.
    new ResizeObserver(() => this.plot?.setSize(this.size())).observe(this.plotElement);
  }

  caption() {
    const caption = document.createElement('figcaption');
    const key = Object.assign(document.createElement('ul'), { className: 'key' });
    key.append(...this.definition.series.map(({ label }) => element('li', label)));
    caption.append(element('h3', this.definition.title), key);
    return caption;
  }

  /** Draws the samples, of which each has the time of its end. */
  draw(samples, interval) {
    const { series, title, show } = this.definition;
    const columns = series.map(({ value }) => samples.map((sample) => value(sample, interval)));
    const times = samples.map((sample) => sample.time);
    this.plot ??= new uPlot(this.options(), [times, ...columns], this.plotElement);
    this.plot.setData([times, ...columns]);
    const latest = series.map(({ label }, index) => `${label} ${show(columns[index].at(-1) ?? null)}`);
    this.plotElement.setAttribute(
      'aria-label',
      `Chart of ${title.toLowerCase()}. Latest: ${latest.join(', ')}.`,
    );
    this.fillTable(times, columns);
  }

  /** Colours belong to the scheme of the moment, so the plot is made anew when that changes. */
  restyle() {
    this.plot?.destroy();
    this.plot = undefined;
  }

  fillTable(times, columns) {
    const { title, series, show } = this.definition;
    const rows = times
      .map((time, index) => [format.time(time), ...columns.map((column) => show(column[index]))])
      .slice(-TABLE_ROWS)
      .reverse();
    fillTable(this.table, title, ['Time', ...series.map(({ label }) => label)], rows);
  }

  size() {
    return { width: Math.max(200, this.plotElement.clientWidth), height: 180 };
  }

  options() {
    const { series, show, max } = this.definition;
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const axis = {
      stroke: colour('--muted'),
      font: '12px system-ui, sans-serif',
      grid: { stroke: colour('--line'), width: 1 },
      ticks: { show: false },
    };
    return {
      ...this.size(),
      legend: { show: false },
      padding: [12, 30, 0, 0],
      cursor: { y: false, points: { size: 6 } },
      scales: { y: { range: (_plot, _low, high) => [0, max ? max * 1.04 : high > 0 ? high * 1.15 : 1] } },
      axes: [
        { ...axis, space: 70, size: 26, values: (_plot, splits) => splits.map(clockText) },
        { ...axis, size: 58, space: 36, values: (_plot, splits) => splits.map(show) },
      ],
      series: [
        {},
        ...series.map(({ label }, index) => ({
          label,
          stroke: colour(`--series-${index + 1}`),
          width: 2,
          // Not by colour alone.
          dash: index === 0 ? [] : [6, 4],
          points: { size: 5 },
          spanGaps: true,
        })),
      ],
    };
  }
}

const clockText = (seconds) => format.time(seconds).slice(0, seconds % 60 === 0 ? 5 : 8);

/** Fills a table with a caption. The first cell of a row is its heading. */
export function fillTable(table, title, headings, rows) {
  const head = document.createElement('thead');
  const headRow = document.createElement('tr');
  headRow.append(...headings.map((heading) => scoped(heading, 'col')));
  head.append(headRow);
  const body = document.createElement('tbody');
  for (const [name, ...cells] of rows) {
    const row = document.createElement('tr');
    row.append(scoped(name, 'row'), ...cells.map((cell) => element('td', cell)));
    body.append(row);
  }
  table.replaceChildren(element('caption', title), head, body);
}

export function element(name, text) {
  return Object.assign(document.createElement(name), { textContent: text });
}

function scoped(text, scope) {
  return Object.assign(element('th', text), { scope });
}
