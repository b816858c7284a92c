/** The conversation with one agent: its session, its turns, and the run that is going on. */
import { element } from './dom.js';
import { Refusal, readRun } from './event-stream.js';
import { showHistory } from './history.js';
import { kept } from './kept.js';
import { TurnView } from './turn-view.js';

/** How often a message is sent again to a session whose stopped run is still ending. */
const BUSY_RETRIES = 30;

const NO_USAGE = { requests: 0, input_tokens: 0, output_tokens: 0, cost: undefined };

export class Conversation {
  /** `restoring`, `idle`, `running`, or `waiting` for the user's decisions. */
  state = 'idle';
  connected = true;
  sessionId;
  usage = { ...NO_USAGE };
  traceId;
  transcript;
  #agent;
  #jaegerUrl;
  #onChange;
  #announce;
  #abort;
  #turn;
  #decisions = [];
  /** The part of the run's usage that is counted already: a resumed run reports that of the whole run. */
  #counted = NO_USAGE;

  constructor(agent, { jaegerUrl, onChange, announce }) {
    this.#agent = agent;
    this.#jaegerUrl = jaegerUrl;
    this.#onChange = onChange;
    this.#announce = announce;
    // The log is not a live region: single words would be read while they arrive. Announcements are made elsewhere.
    this.transcript = element('div.transcript', {
      role: 'log',
      'aria-live': 'off',
      'aria-label': `Conversation with ${agent.name}`,
      tabindex: '0',
    });
  }

  get name() {
    return this.#agent.name;
  }

  get isResearch() {
    return this.#agent.name === 'research';
  }

  /** Shows the session of an earlier visit, and goes on with the run that it left. */
  async restore() {
    const { session, stream, usage, traceId, counted } = kept.read(this.name);
    this.sessionId = session;
    this.usage = usage ?? this.usage;
    this.traceId = traceId;
    this.#counted = counted ?? NO_USAGE;
    this.#change('restoring');
    if (session !== undefined) await this.#showSession(stream);
    if (stream !== undefined) {
      this.#beginTurn(stream.input);
      await this.#follow({ streamId: stream.id }, stream.input);
    }
    if (this.state === 'restoring') this.#settle();
  }

  /** @param running - the stream that goes on, which shows its own turn and answers its own questions. */
  async #showSession(running) {
    const answer = await fetch(this.#sessionPath());
    if (answer.status === 404) return this.forget();
    if (!answer.ok) return;
    const session = await answer.json();
    const last = showHistory(session.items, running?.input, (input) => this.#beginTurn(input));
    if (session.pending_approvals.length > 0 && running === undefined) {
      const turn = last ?? this.#beginTurn(undefined);
      this.#turn = turn;
      for (const approval of session.pending_approvals) turn.showApproval(approval);
    }
  }

  /** Starts over: the next message begins a new session. */
  forget() {
    kept.write(this.name, {});
    this.sessionId = undefined;
    this.traceId = undefined;
    this.usage = { ...NO_USAGE };
    this.#turn = undefined;
    this.transcript.replaceChildren();
    this.#settle();
  }

  async send(input) {
    if (this.state !== 'idle') return;
    this.#counted = NO_USAGE;
    this.#beginTurn(input);
    const body = this.isResearch ? { question: input } : { input, session_id: this.sessionId };
    this.#announce(`Sent to ${this.name}.`);
    await this.#follow({ open: () => this.#post('/stream', body) }, input);
  }

  stop() {
    this.#abort?.abort();
  }

  #beginTurn(input) {
    this.#turn = new TurnView(this.name, input, (decision) => this.#decide(decision));
    this.transcript.append(this.#turn.element);
    this.#scroll(true);
    return this.#turn;
  }

  /** All decisions of a pause are sent together, as the run goes on only once. */
  #decide(decision) {
    this.#decisions.push(decision);
    if (this.#turn.hasOpenApprovals) {
      this.#turn.firstApproval.focus();
      return;
    }
    const approvals = this.#decisions;
    this.#decisions = [];
    const path = `/session/${encodeURIComponent(this.sessionId)}/approvals`;
    this.#follow({ open: () => this.#post(path, { approvals, stream: true }) }, undefined);
  }

  async #follow(source, input) {
    const turn = this.#turn;
    const started = performance.now();
    this.#abort = new AbortController();
    this.#change('running');
    const { signal } = this.#abort;
    try {
      const onConnection = (isOpen) => {
        this.connected = isOpen;
        this.#onChange(this);
      };
      for await (const { data } of readRun({ prefix: this.#agent.prefix, signal, onConnection, ...source })) {
        if (data.type === 'stream_started') this.#remember(data, input);
        const sentence = turn.show(data);
        if (data.type === 'stream_complete') this.#count(data, turn, performance.now() - started);
        if (sentence !== undefined) this.#announce(sentence);
        this.#scroll();
      }
    } catch (error) {
      if (signal.aborted) {
        turn.showStopped();
        this.#announce('Stopped.');
      } else {
        this.#announce(turn.showError(error.message, error instanceof Refusal ? error.code : 'connection'));
      }
    }
    this.connected = true;
    this.#keep();
    this.#settle();
    this.#scroll();
  }

  #remember({ session_id: session, trace_id: traceId, stream_id: id }, input) {
    this.sessionId = session ?? this.sessionId;
    this.traceId = traceId;
    this.#keep({ id, input });
    this.#onChange(this);
  }

  #keep(stream) {
    const { sessionId: session, usage, traceId } = this;
    kept.write(this.name, { session, usage, traceId, stream, counted: this.#counted });
  }

  #count({ usage, cost, trace_id: traceId }, turn, milliseconds) {
    const whole = { ...usage, cost: cost ?? undefined };
    const before = this.#counted;
    const added = {};
    for (const name of Object.keys(NO_USAGE)) {
      added[name] = whole[name] === undefined ? undefined : whole[name] - (before[name] ?? 0);
      if (added[name] !== undefined) this.usage[name] = (this.usage[name] ?? 0) + added[name];
    }
    this.#counted = whole;
    this.traceId = traceId ?? this.traceId;
    turn.showFacts([
      element('span', {}, `${count(added.input_tokens)} → ${count(added.output_tokens)} tokens`),
      ...(added.cost === undefined ? [] : [element('span', {}, dollars(added.cost))]),
      element('span', {}, `${(milliseconds / 1_000).toFixed(1)} s`),
      traceView(traceId, this.#jaegerUrl),
    ]);
  }

  /** A session whose run was stopped a moment ago is busy until that run has ended. */
  async #post(path, body) {
    for (let attempt = 0; ; attempt += 1) {
      const answer = await fetch(`${this.#agent.prefix}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
        body: JSON.stringify(body),
        signal: this.#abort.signal,
      });
      if (answer.status !== 409 || attempt >= BUSY_RETRIES) return answer;
      const problem = await answer.clone().json();
      if (problem.code !== 'session_busy') return answer;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }

  #sessionPath() {
    return `${this.#agent.prefix}/session/${encodeURIComponent(this.sessionId)}`;
  }

  #settle() {
    const isWaiting = this.#turn?.hasOpenApprovals === true;
    this.#change(isWaiting ? 'waiting' : 'idle');
    // On the group and not on a button, so that a key that is still pressed decides nothing.
    if (isWaiting) this.#turn.firstApproval.focus();
  }

  #change(state) {
    this.state = state;
    this.#onChange(this);
  }

  /** Follows new content, unless the reader has scrolled up. */
  #scroll(always = false) {
    const { transcript } = this;
    const below = transcript.scrollHeight - transcript.scrollTop - transcript.clientHeight;
    if (always || below < 160) transcript.scrollTop = transcript.scrollHeight;
  }
}

/** `1,890`. */
export function count(number = 0) {
  return number.toLocaleString('en');
}

/** `$0.0004`, with as many digits as a small amount needs. */
export function dollars(amount) {
  return `$${amount >= 1 ? amount.toFixed(2) : amount.toPrecision(2)}`;
}

/** The trace's id, as a link if there is a Jaeger to look at it. */
export function traceView(traceId, jaegerUrl) {
  if (!traceId) return element('span', {}, 'not traced');
  const short = `trace ${traceId.slice(0, 8)}`;
  if (!jaegerUrl) return element('span', { title: traceId }, short);
  return element('a', { href: `${jaegerUrl}/trace/${traceId}`, target: '_blank', rel: 'noopener' }, short);
}
