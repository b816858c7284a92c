/**
 * Shows that one more call, event, message or stream costs the same however many there are, and draws it.
 *
 *     npm run bench:scale                  # docs/pictures/scale-*.svg, and a table
 *     ROUNDS=9 npm run bench:scale -- streams
 *
 * Content on spans and events are on. Each figure is processor time of a process of its own, the least of several: other
 * work on the machine only adds.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { SCALE_SUBJECTS, type ScaleSubject, type ScaleVariant } from './scale-subjects.js';

const ROUNDS = Number(process.env.ROUNDS ?? 3);
/** Compiled, since a loader's work would be measured as well. */
const WORKER = path.resolve('.cache/bench/scale-worker.js');

interface Point {
  readonly count: number;
  /** The cost of one more. In a conversation, it is one call, which has as many messages. */
  readonly micros: number;
}

const all = Object.keys(SCALE_SUBJECTS) as ScaleSubject[];
const chosen = process.argv.slice(2);
const unknown = chosen.find((name) => !all.some((subject) => subject === name));
if (unknown !== undefined) throw new Error(`unknown subject ${unknown}; use one of ${all.join(', ')}`);

for (const subject of all.filter((name) => chosen.length === 0 || chosen.includes(name))) {
  const { title, many, unit, counts, file } = SCALE_SUBJECTS[subject];
  const points = counts.map((count): Point => ({ count, micros: measure(subject, count) }));
  console.log(`\n${title}\n\n| ${many} | ${unit} |\n| --: | --: |`);
  for (const { count, micros } of points)
    console.log(
      `| ${count.toLocaleString('en-US')} | ${Number(micros.toPrecision(3)).toLocaleString('en-US')} |`,
    );
  writeFileSync(`docs/pictures/${file}.svg`, await plot(subject, points));
}

function measure(subject: ScaleSubject, count: number): number {
  const ours = least(subject, count, 'ours');
  return SCALE_SUBJECTS[subject].hasBare ? ours - least(subject, count, 'bare') : ours;
}

function least(subject: ScaleSubject, count: number, variant: ScaleVariant): number {
  const run = () =>
    Number(
      execFileSync(process.execPath, ['--max-old-space-size=4096', WORKER, subject, `${count}`, variant], {
        encoding: 'utf8',
      }),
    );
  return Math.min(...Array.from({ length: ROUNDS }, run));
}

async function plot(subject: ScaleSubject, points: readonly Point[]): Promise<string> {
  const { title, many, unit } = SCALE_SUBJECTS[subject];
  // A straight line in both scales is a constant cost of each message; elsewhere the line is level.
  const isTotal = subject === 'messages';
  const spec: TopLevelSpec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title,
    width: 420,
    height: 220,
    background: 'white',
    data: { values: points.map((point) => ({ ...point })) },
    mark: { type: 'line', point: true },
    encoding: {
      x: {
        field: 'count',
        type: 'quantitative',
        title: many,
        scale: { type: 'log' },
        axis: { format: '~s', values: points.map(({ count }) => count) },
      },
      y: {
        field: 'micros',
        type: 'quantitative',
        title: unit,
        scale: isTotal ? { type: 'log' } : { zero: true },
      },
    },
  };
  const view = new vega.View(vega.parse(compile(spec).spec), { renderer: 'none' });
  return `${await view.toSVG()}\n`;
}
