// The evidence that the page's server gives: verification, proofs, the report, and a session as a page that stands alone.
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { parse } from 'parse5';
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../../src/cli/view/view-api.js';
import { ChaukasSpanProcessor, FileSink } from '../../../src/index.js';
import { makeFolder } from '../../harness/folder.js';
import { EVERY_TYPE, eventLine, runCommand } from '../run-command.js';
import { type StartedView, startView } from './started-view.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');

/** A signed stream of two calls, and the file of its public key. */
async function signedFile(): Promise<{ file: string; key: string }> {
  const folder = makeFolder('view-evidence');
  const file = path.join(folder, 'events.jsonl');
  const key = path.join(folder, 'key.pem');
  writeFileSync(key, publicKey.export({ type: 'spki', format: 'pem' }));
  const processor = new ChaukasSpanProcessor({
    sinks: [new FileSink({ path: file })],
    checkpoints: { key: privateKey },
  });
  const provider = new BasicTracerProvider({ spanProcessors: [processor] });
  const attributes = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm' };
  for (const name of ['one', 'two']) provider.getTracer('t').startSpan(name, { attributes }).end();
  await provider.shutdown();
  return { file, key };
}

/** Asks until the verification has ended, as the page does. */
async function verified(view: StartedView, query = ''): Promise<Evidence> {
  for (;;) {
    const evidence = await view.json<Evidence>(`/api/evidence${query}`);
    if (evidence.state !== 'running') return evidence;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function viewOf(
  file: string,
  keys: readonly string[] = [],
  anchors: readonly string[] = [],
): Promise<StartedView> {
  const view = await startView([file], {
    evidence: {
      named: { publicKeys: keys, witnessKeys: [], anchors: [] },
      given: { publicKeys: keys.map((key) => readFileSync(key, 'utf8')), witnessKeys: [], anchors },
    },
  });
  await view.until(({ indexed }) => indexed);
  return view;
}

describe('The evidence of a signed file', () => {
  it('has its streams, checkpoints and keys, and no findings', async () => {
    const { file, key } = await signedFile();
    const evidence = await verified(await viewOf(file, [key]));
    expect(evidence).toMatchObject({ state: 'done', progress: 1, findings: [], findingsTotal: 0 });
    expect(evidence.streams).toMatchObject([{ ended: true, signed: true }]);
    expect(evidence.keys.map(({ given }) => given)).toEqual([true]);
  });

  it('says of each anchor what it is about, and whether the stream agrees with it', async () => {
    const { file, key } = await signedFile();
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    const notes = lines.flatMap((line): string[] => JSON.parse(line).metadata?.checkpoint ?? []);
    const [note = ''] = notes;
    const changed = note.replace(/\n\d+\n/, '\n99\n');
    const { anchors } = await verified(await viewOf(file, [key], [note, changed]));
    const [stream, size] = note.split('\n');
    expect(anchors).toEqual([
      { name: `${stream}, ${size} events`, state: 'agrees' },
      { name: `${stream}, 99 events`, state: expect.stringMatching(/^anchor 2 /) },
    ]);
  });

  it('says of a key that was not given that it was not', async () => {
    const { file } = await signedFile();
    const { keys } = await verified(await viewOf(file));
    expect(keys.map(({ given }) => given)).toEqual([false]);
  });

  it('has a proof of an event, the one that agent-events prove prints', async () => {
    const { file, key } = await signedFile();
    const view = await viewOf(file, [key]);
    const id = (JSON.parse(readFileSync(file, 'utf8').split('\n')[3] ?? '') as { event_id: string }).event_id;
    const response = await view.get('/api/events/3/proof');
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await response.text()).toBe((await runCommand(['prove', file, id])).stdout);
    expect((await view.get('/api/events/999/proof')).status).toBe(404);
  });

  it('says why an event has no proof', async () => {
    const view = await viewOf(EVERY_TYPE);
    const response = await view.get('/api/events/3/proof');
    expect([response.status, await response.json()]).toEqual([
      409,
      { problem: expect.stringContaining('no proof') },
    ]);
  });
});

describe('The findings of a changed file', () => {
  const changed = () => {
    const lines = readFileSync(EVERY_TYPE, 'utf8').split('\n');
    lines[4] = (lines[4] ?? '').replace(/"timestamp":"20(\d\d)/, '"timestamp":"21$1');
    lines.splice(8, 1);
    const file = path.join(makeFolder('view-changed'), 'events.jsonl');
    writeFileSync(file, `not JSON\n\n${lines.join('\n')}`);
    return file;
  };

  it('are those of agent-events verify, each with its event', async () => {
    const file = changed();
    const { findings } = JSON.parse((await runCommand(['verify', '--json', file])).stdout) as {
      findings: { code: string; line: number | null }[];
    };
    const evidence = await verified(await viewOf(file));
    expect(evidence.findings.map(({ code }) => code)).toEqual(findings.map(({ code }) => code));
    const [unreadable, edited] = ['unreadable_line', 'changed_event'].map((code) =>
      evidence.findings.find((finding) => finding.code === code),
    );
    expect(unreadable?.event).toBeUndefined();
    expect(edited?.event).toBe(4);
  });

  it('come in parts, and as files', async () => {
    const view = await viewOf(changed());
    const all = await verified(view);
    const part = await verified(view, '?offset=1&limit=1');
    expect(part.findings).toEqual(all.findings.slice(1, 2));
    expect(part.findingsTotal).toBe(all.findings.length);
    expect(await view.json('/api/export/findings?format=json')).toEqual({ findings: all.findings });
    const csv = await (await view.get('/api/export/findings?format=csv')).text();
    expect(csv.split('\r\n')[0]).toBe('severity,code,event,session,message');
    expect(csv.trimEnd().split('\r\n')).toHaveLength(all.findings.length + 1);
    expect((await view.get('/api/export/findings?format=xml')).status).toBe(400);
  });
});

/** Names of elements and of attributes in a page. */
function namesIn(html: string): { elements: Set<string>; attributes: Set<string> } {
  const elements = new Set<string>();
  const attributes = new Set<string>();
  const visit = (node: { nodeName: string; attrs?: { name: string }[]; childNodes?: unknown[] }): void => {
    elements.add(node.nodeName);
    for (const { name } of node.attrs ?? []) attributes.add(name);
    for (const child of node.childNodes ?? []) visit(child as typeof node);
  };
  visit(parse(html) as never);
  return { elements, attributes };
}

const HOSTILE =
  '</td></table><script>alert(1)</script><img src=https://x.example/ onerror=alert(1)>\u202e\u001b[31m';

describe('The pages that stand alone', () => {
  it('have no script, image or link, whatever the events say', async () => {
    const file = path.join(makeFolder('view-hostile'), 'events.jsonl');
    const named = { session_id: HOSTILE, agent_id: HOSTILE, agent_name: HOSTILE };
    writeFileSync(
      file,
      [
        { type: 'EVENT_TYPE_SESSION_START', metadata: { name: HOSTILE } },
        { type: 'EVENT_TYPE_AGENT_START' },
        { type: 'EVENT_TYPE_INPUT_RECEIVED', message: { role: HOSTILE, text: HOSTILE } },
        {
          type: 'EVENT_TYPE_TOOL_CALL_START',
          tool_call: { name: HOSTILE, arguments: { [HOSTILE]: HOSTILE } },
        },
        { type: 'EVENT_TYPE_ERROR', error: { error_message: HOSTILE } },
      ]
        .map((members) => eventLine({ ...named, ...members }))
        .join(''),
    );
    const view = await viewOf(file);
    await verified(view);
    for (const url of [`/api/export/session?format=html&id=${encodeURIComponent(HOSTILE)}`, '/api/report']) {
      const response = await view.get(url);
      expect([url, response.status, response.headers.get('content-type')]).toEqual([
        url,
        200,
        'text/html; charset=utf-8',
      ]);
      expect(response.headers.get('content-security-policy')).not.toContain('script-src *');
      const html = await response.text();
      expect(html).toContain('alert(1)');
      const { elements, attributes } = namesIn(html);
      for (const name of ['script', 'img', 'iframe', 'object', 'form', 'link'])
        expect(elements).not.toContain(name);
      for (const name of ['src', 'onerror', 'style']) expect(attributes).not.toContain(name);
      for (const character of ['\u202e', '\u001b']) expect(html).not.toContain(character);
    }
  });

  it('show a session with its steps, its messages and its evidence', async () => {
    const view = await viewOf(EVERY_TYPE);
    await verified(view);
    const page = await view.json<{ rows: { id: string; modelCalls: number }[] }>('/api/sessions');
    const id = page.rows.find(({ modelCalls }) => modelCalls > 0)?.id ?? '';
    const html = await (
      await view.get(`/api/export/session?format=html&id=${encodeURIComponent(id)}`)
    ).text();
    for (const text of ['Summary', 'Steps', 'Conversation', 'Evidence', 'The files were verified', id]) {
      expect(html).toContain(text);
    }
    expect((await view.get('/api/export/session?format=html&id=none')).status).toBe(404);
  });
});
