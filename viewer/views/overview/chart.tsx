/** A chart over time. The canvas is for the eye; the view has the same numbers in a table. */
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatTime } from '../../parts/format.ts';

export interface ChartSeries {
  readonly label: string;
  /** Name of the variable that has its colour. */
  readonly color: string;
  /** Lengths of strokes and gaps, so that lines differ without colour. */
  readonly dash?: readonly number[];
  readonly bars?: boolean;
  readonly values: readonly (number | undefined)[];
}

interface ChartProps {
  readonly title: string;
  /** The numbers in a sentence. */
  readonly summary: string;
  /** Starts of the buckets, and their width, in milliseconds. */
  readonly times: readonly number[];
  readonly width: number;
  readonly series: readonly ChartSeries[];
  readonly format: (value: number) => string;
}

const HEIGHT = 170;

export function Chart({ title, summary, times, width, series, format }: ChartProps) {
  const holder = useRef<HTMLDivElement>(null);
  const [hovered, setHovered] = useState<number>();
  const theme = useThemeChanges();
  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    const plot = new uPlot(
      options(element, times, width, series, format, setHovered),
      [
        times.map((time) => (time + width / 2) / 1000),
        ...series.map(({ values }) => values.map((value) => value ?? null)),
      ],
      element,
    );
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [times, width, series, format, theme]);
  const time = hovered === undefined ? undefined : times[hovered];
  return (
    <figure class="chart">
      <figcaption>
        <h2>{title}</h2>
        <p class="chart-line">{time === undefined ? summary : formatTime(time, width < 1000)}</p>
        <ul class="chart-legend">
          {series.map(({ label, color, dash, bars, values }) => {
            const value = hovered === undefined ? undefined : values[hovered];
            return (
              <li key={label}>
                <svg class="chart-key" width="22" height="10" aria-hidden="true">
                  {bars ? (
                    <rect x="4" y="0" width="14" height="10" fill={`var(${color})`} />
                  ) : (
                    <line
                      x1="0"
                      x2="22"
                      y1="5"
                      y2="5"
                      stroke={`var(${color})`}
                      stroke-width="2"
                      stroke-dasharray={dash?.join(' ')}
                    />
                  )}
                </svg>
                {label}
                {value !== undefined && <strong> {format(value)}</strong>}
              </li>
            );
          })}
        </ul>
      </figcaption>
      <div ref={holder} class="chart-canvas" aria-hidden="true" />
    </figure>
  );
}

function options(
  element: HTMLElement,
  times: readonly number[],
  width: number,
  series: readonly ChartSeries[],
  format: (value: number) => string,
  onHover: (index: number | undefined) => void,
): uPlot.Options {
  const color = (name: string): string => colorOf(element, name);
  const axis = {
    stroke: color('--muted'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
  };
  const first = (times[0] ?? 0) / 1000;
  const last = ((times.at(-1) ?? 0) + width) / 1000;
  return {
    width: element.clientWidth || 300,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, sync: { key: 'overview' }, points: { size: 7 } },
    scales: {
      x: { time: true, range: [first, last] },
      y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.1 : 1] },
    },
    axes: [
      { ...axis, space: 70, values: (_plot, splits, _axis, _space, step) => timeLabels(splits, step) },
      { ...axis, size: 62, values: (_plot, splits) => splits.map(format) },
    ],
    series: [
      {},
      ...series.map(({ color: name, dash, bars }): uPlot.Series => {
        const stroke = color(name);
        return {
          stroke,
          width: 1.75,
          spanGaps: true,
          points: { show: !bars && times.length <= 24, size: 5, fill: stroke },
          ...(dash && { dash: [...dash] }),
          ...(bars &&
            uPlot.paths.bars && { fill: stroke, width: 0, paths: uPlot.paths.bars({ size: [0.7, 32] }) }),
        };
      }),
    ],
    hooks: { setCursor: [(plot) => onHover(plot.cursor.idx ?? undefined)] },
  };
}

/** Times in the reader's zone, as exact as their distance asks for, and the day with the first one. */
function timeLabels(splits: readonly number[], step: number): string[] {
  let day = '';
  return splits.map((seconds) => {
    const [date = '', clock = ''] = formatTime(seconds * 1000).split(' ');
    const shown = step >= 86_400 ? '' : step >= 60 ? clock.slice(0, 5) : clock;
    if (shown === '') return date.slice(5);
    const fresh = date !== day;
    day = date;
    return fresh ? `${shown}\n${date.slice(5)}` : shown;
  });
}

/** A canvas needs the colour that a variable has in the current theme. */
function colorOf(element: HTMLElement, name: string): string {
  const before = element.style.color;
  element.style.color = `var(${name})`;
  const { color } = getComputedStyle(element);
  element.style.color = before;
  return color;
}

function useThemeChanges(): number {
  const [changes, setChanges] = useState(0);
  useEffect(() => {
    const changed = () => setChanges((count) => count + 1);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', changed);
    addEventListener('themechange', changed);
    return () => {
      dark.removeEventListener('change', changed);
      removeEventListener('themechange', changed);
    };
  }, []);
  return changes;
}
