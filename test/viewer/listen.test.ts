/** The page of `agent-events view --listen` while applications send their telemetry to it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type ModelServer, startModelServer } from '../../examples/model-server/server.js';
import { freePorts } from '../../scripts/backends/free-ports.js';
import { launchChromium } from '../../scripts/chromium/chromium.js';
import { violations } from '../examples/accessibility-rules.js';
import { PROJECT } from '../run-fixture.js';
import { type OpenedView, openView, settled, ViewProcess } from './view-process.js';

const REGISTER = 'opentelemetry-instrumentation-openai-agents/register';
const REQUEST = 'My kettle from order A-1001 arrived broken. I would like my money back.';

let browser: Browser;
let models: ModelServer;

beforeAll(async () => {
  browser = await launchChromium();
  models = await startModelServer();
});

afterAll(async () => {
  await browser.close();
  await models.close();
});

async function startListening(): Promise<OpenedView & { readonly view: ViewProcess }> {
  const { page: port } = await freePorts('page');
  const view = await ViewProcess.start('--listen', String(port));
  onTestFinished(() => view.stop());
  return { ...(await openView(browser, view)), view };
}

/** The support desk with telemetry from outside only: `register` and what `view --listen` printed. */
function startDesk(variables: Readonly<Record<string, string>>): ChildProcess {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: _, ...environment } = process.env;
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--import', REGISTER, 'test/viewer/desk-app.ts', models.url, models.origin],
    {
      cwd: PROJECT,
      stdio: ['pipe', 'ignore', 'inherit'],
      env: { ...environment, ...variables, OTEL_METRICS_EXPORTER: 'none', OTEL_SERVICE_NAME: 'desk' },
    },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

describe('The page of a live application that `register` switched on', () => {
  it('says which variables to set, and has each run as it happens, each call once', async () => {
    const { page, faults, view } = await startListening();
    await page.getByRole('heading', { name: 'Nothing has arrived yet' }).waitFor();
    expect(Object.keys(view.variables)).toEqual([
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'OTEL_EXPORTER_OTLP_PROTOCOL',
      'CHAUKAS_OUTPUT_MODE',
    ]);
    for (const [name, value] of Object.entries(view.variables)) {
      await page.getByText(`${name}=${value}`).waitFor();
    }
    await page.evaluate(() => document.body.setAttribute('data-loaded', 'once'));
    const desk = startDesk(view.variables);
    const rows = page.locator('.virtual [role=row]');
    desk.stdin?.write(`${REQUEST}\n`);
    await expect.poll(() => rows.count()).toBe(1);
    // The application waits for another request, so that this is not what it sends at its end.
    await expect.poll(() => rows.first().locator('.cell-outcome').innerText()).toBe('Completed');
    expect(desk.exitCode).toBeNull();
    desk.stdin?.write(`${REQUEST}\n`);
    await expect.poll(() => rows.count()).toBe(2);
    desk.stdin?.end();
    await expect.poll(() => desk.exitCode).toBe(0);

    await rows.first().locator('.row-link').click();
    const steps = page.locator('.virtual .tree-row');
    await steps.first().waitFor();
    const kinds = await steps.locator('.tree-kind').allInnerTexts();
    expect(kinds.filter((kind) => ['agent', 'model', 'tool'].includes(kind))).toEqual([
      'agent',
      'model',
      'tool',
      'tool',
      'model',
      'agent',
      'model',
      'tool',
      'model',
    ]);
    await page.getByRole('tab', { name: 'Conversation' }).first().click();
    const chat = page.getByRole('region', { name: 'Conversation' });
    await chat.getByText(REQUEST).first().waitFor();
    expect(await page.locator('body').getAttribute('data-loaded')).toBe('once');
    expect(faults).toEqual([]);
    await page.context().close();
  });
});

interface SentRequest {
  readonly path: string;
  readonly contentType: string;
  readonly contentEncoding?: string;
  readonly body: string;
}

/** Sends what the published Python instrumentation of OpenAI sent; scripts/python-genai recorded it. */
async function sendRecorded(origin: string, name: string): Promise<void> {
  const file = path.join(PROJECT, `test/cli/view/receiver/recorded/${name}.json`);
  for (const request of JSON.parse(readFileSync(file, 'utf8')) as readonly SentRequest[]) {
    const answer = await fetch(origin + request.path, {
      method: 'POST',
      body: Buffer.from(request.body, 'base64'),
      headers: {
        'content-type': request.contentType,
        ...(request.contentEncoding !== undefined && { 'content-encoding': request.contentEncoding }),
      },
    });
    expect(answer.status).toBe(200);
  }
}

describe('The page of spans that the Python instrumentation sent', () => {
  it.each(['python-earlier', 'python-latest'])(
    'has their tree, texts, tokens and failure, and breaks no rule of accessibility (%s)',
    async (name) => {
      const { page, faults, view } = await startListening();
      await sendRecorded(view.origin, name);
      const rows = page.locator('.virtual [role=row]');
      await expect.poll(() => rows.count()).toBe(2);
      const agent = rows.filter({ hasText: 'helper' });
      await agent.locator('.row-link').click();
      const steps = page.locator('.virtual .tree-row');
      await expect
        .poll(() => steps.locator('.tree-kind, .tree-name').allInnerTexts())
        .toEqual(expect.arrayContaining(['agent', 'helper', 'model', 'gpt-5-mini', 'tool', 'a', 'b']));

      await steps.filter({ hasText: 'model' }).first().click();
      const facts = page.locator('.facts');
      await facts.getByText('Tokens and cost').waitFor();
      expect(await facts.innerText()).toMatch(/\b96\b/);
      await page.getByRole('tab', { name: 'Conversation' }).first().click();
      const chat = page.getByRole('region', { name: 'Conversation' });
      for (const said of ['You are brief.', 'Ask both.', 'Tool a said result of a']) {
        await chat.getByText(said).first().waitFor();
      }
      await settled(page);
      expect(await violations(page)).toEqual([]);

      await page.getByRole('link', { name: 'Sessions' }).click();
      await rows.filter({ hasNotText: 'helper' }).locator('.row-link').click();
      await steps.filter({ hasText: 'error' }).first().click();
      await page.locator('.fact-bad').first().waitFor();
      expect(faults).toEqual([]);
      await page.context().close();
    },
  );
});
