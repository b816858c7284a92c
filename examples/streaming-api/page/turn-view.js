/** One turn of the conversation: the user's message, and all that comes of it. */
import { element } from './dom.js';
import { reportView } from './report-view.js';

export class TurnView {
  element;
  #body;
  #agent;
  #messages = new Map();
  #calls = new Map();
  #approvals = new Map();
  #reasoning;
  #progress;
  #onDecision;

  /**
   * @param {string} agent - name of the agent that begins.
   * @param {string | undefined} input - the user's message.
   * @param {(decision: { id: string, approve: boolean }) => void} onDecision
   */
  constructor(agent, input, onDecision) {
    this.#agent = agent;
    this.#onDecision = onDecision;
    this.#body = element('div.events');
    const said = input === undefined ? [] : [element('div.user', {}, label('You'), element('p', {}, input))];
    this.element = element('article.turn', {}, ...said, this.#body);
  }

  /** Shows an event of the run. Returns a sentence to announce, if the event is worth one. */
  show(event) {
    switch (event.type) {
      case 'raw_response':
        return this.#showRaw(event);
      case 'run_item':
        return this.#showItem(event);
      case 'agent_updated':
        this.#agent = event.agent;
        return undefined;
      case 'progress':
        return this.#showProgress(event);
      case 'stream_complete':
        return this.#showEnd(event);
      case 'error':
        return this.showError(event.message, event.code);
      default:
        return undefined;
    }
  }

  showError(message, code) {
    this.#settle();
    this.#add(
      element('div.failure', {}, element('strong', {}, `Failed (${code})`), element('p', {}, message)),
    );
    return `Failed: ${message}`;
  }

  showStopped() {
    this.#settle();
    this.#add(element('p.note', {}, 'You stopped this answer.'));
  }

  /** Adds tokens, cost, duration and trace of a run. A turn with an approval has several. */
  showFacts(facts) {
    this.#add(element('p.facts', {}, ...facts));
  }

  /** Shows a message of an earlier turn. */
  showText(text) {
    this.#completeMessage(text);
  }

  /** Shows that an earlier turn failed or was stopped: its session has nothing but the user's message. */
  showIfEmpty() {
    if (this.#body.childElementCount === 0) this.#add(element('p.note', {}, 'This message has no answer.'));
  }

  get hasOpenApprovals() {
    return [...this.#approvals.values()].some((card) => !card.decided);
  }

  get firstApproval() {
    return [...this.#approvals.values()].find((card) => !card.decided)?.element;
  }

  #showRaw(event) {
    if (event.kind === 'text_delta') {
      this.#messageOf(event.item_id).append(event.delta);
    } else if (event.kind === 'reasoning_delta') {
      this.#reasoningText().append(event.delta);
    } else if (event.kind === 'function_call_arguments' && !isHandoff(event.name)) {
      const card = this.#callOf(event.call_id, event.name);
      if (event.arguments !== undefined) card.arguments.textContent = readable(event.arguments);
      else card.arguments.append(event.delta ?? '');
    }
    return undefined;
  }

  #showItem(event) {
    if (event.agent !== undefined) this.#agent = event.agent;
    switch (event.kind) {
      case 'message':
        this.#completeMessage(event.text);
        return undefined;
      case 'reasoning':
        if (event.text) this.#reasoningText().textContent = event.text;
        this.#reasoning = undefined;
        return undefined;
      case 'tool_call':
        if (isHandoff(event.name)) return undefined;
        this.#callOf(event.call_id, event.name).arguments.textContent = readable(event.arguments);
        return `The tool ${event.name} is called.`;
      case 'tool_output': {
        const card = this.#callOf(event.call_id, event.name ?? 'tool');
        card.state.textContent = 'done';
        card.element.classList.add('done');
        card.output.textContent = readable(event.output);
        return undefined;
      }
      case 'handoff':
        this.#agent = event.to;
        this.#add(
          element(
            'p.handoff',
            {},
            element('b', {}, event.from),
            ' handed over to ',
            element('b', {}, event.to),
          ),
        );
        return `${event.from} handed over to ${event.to}.`;
      case 'approval_requested':
        return this.showApproval(event);
      default:
        return undefined;
    }
  }

  /** Asks the user for a decision. The same question is asked once. */
  showApproval({ id, tool, arguments: input, agent }) {
    if (this.#approvals.has(id)) return undefined;
    const decide = (approve) => () => {
      card.decided = true;
      buttons.replaceWith(
        element('p.decision', {}, approve ? 'You approved this call.' : 'You rejected this call.'),
      );
      this.#onDecision({ id, approve });
    };
    const title = element('strong', { id: `approval-${id}` }, `${agent} wants to call ${tool}`);
    const buttons = element(
      'div.buttons',
      {},
      element('button', { type: 'button', click: decide(true) }, 'Approve'),
      element('button.quiet', { type: 'button', click: decide(false) }, 'Reject'),
    );
    const card = {
      decided: false,
      element: element(
        'div.approval',
        { role: 'group', 'aria-labelledby': `approval-${id}`, tabindex: '-1' },
        title,
        element('code', {}, readable(input)),
        buttons,
      ),
    };
    this.#approvals.set(id, card);
    const call = this.#calls.get(id);
    if (call !== undefined) call.state.textContent = 'waits for you';
    this.#add(card.element);
    return `${agent} wants to call ${tool}. Approve or reject it.`;
  }

  #showProgress({ stage, message, done, total }) {
    if (this.#progress === undefined) {
      const steps = ['planning', 'searching', 'writing'].map((name) =>
        element('li', { 'data-stage': name }, name),
      );
      const bar = element('progress', { max: 1, value: 0, 'aria-label': 'Searches' });
      const log = element('ul.log');
      this.#progress = { steps, bar, log };
      this.#add(element('div.progress', {}, element('ol.stages', {}, ...steps), bar, log));
    }
    const { steps, bar, log } = this.#progress;
    const current = steps.findIndex((step) => step.dataset.stage === stage);
    for (const [index, step] of steps.entries()) {
      step.classList.toggle('done', index < current);
      if (index === current) step.setAttribute('aria-current', 'step');
      else step.removeAttribute('aria-current');
    }
    if (total !== undefined) {
      bar.max = total;
      bar.value = done ?? 0;
    }
    log.append(element('li', {}, message));
    return done === undefined || done === 0 ? message : undefined;
  }

  #showEnd(event) {
    for (const approval of event.pending_approvals ?? []) this.showApproval(approval);
    this.#settle();
    const { final_output: output } = event;
    if (typeof output === 'object' && output !== null && 'markdown' in output) {
      this.#add(reportView(output));
      return `The report is complete. ${output.summary}`;
    }
    if (this.hasOpenApprovals) return undefined;
    // The answer is announced once it is whole; a screen reader would stumble over single words.
    return typeof output === 'string' ? `${this.#agent} answered: ${output}` : undefined;
  }

  #settle() {
    for (const step of this.#progress?.steps ?? []) {
      if (step.hasAttribute('aria-current')) step.classList.add('done');
      step.removeAttribute('aria-current');
    }
    for (const { cursor } of this.#messages.values()) cursor.classList.remove('writing');
  }

  #messageOf(itemId) {
    const known = this.#messages.get(itemId);
    if (known !== undefined) return known.text;
    const text = element('p.text.writing');
    this.#messages.set(itemId, { text, cursor: text });
    this.#add(element('div.message', {}, label(this.#agent), text));
    return text;
  }

  /** The whole text replaces its deltas, in the message that is still being written. */
  #completeMessage(text) {
    const open = [...this.#messages.values()].find(({ cursor }) => cursor.classList.contains('writing'));
    const target = open?.text ?? this.#messageOf(crypto.randomUUID());
    target.textContent = text;
    target.classList.remove('writing');
  }

  #reasoningText() {
    if (this.#reasoning === undefined) {
      this.#reasoning = element('p');
      this.#add(element('details.reasoning', {}, element('summary', {}, 'Reasoning'), this.#reasoning));
    }
    return this.#reasoning;
  }

  #callOf(callId, name) {
    const known = this.#calls.get(callId);
    if (known !== undefined) return known;
    const card = {
      state: element('span.state', {}, 'running'),
      arguments: element('code'),
      output: element('p.output'),
    };
    card.element = element(
      'div.call',
      {},
      element('div.call-line', {}, element('b', {}, name), card.arguments, card.state),
      card.output,
    );
    this.#calls.set(callId, card);
    this.#add(card.element);
    return card;
  }

  #add(node) {
    this.#body.append(node);
  }
}

function label(name) {
  return element('span.speaker', {}, name);
}

function isHandoff(name) {
  return name?.startsWith('transfer_to_') === true;
}

/** `city: Paris` of `{"city":"Paris"}`. Any other text is shown as it is. */
function readable(text) {
  try {
    const value = typeof text === 'string' ? JSON.parse(text) : text;
    if (typeof value !== 'object') return String(text);
    const members = Object.entries(value);
    return members.map(([name, value]) => `${name}: ${asText(value)}`).join(', ');
  } catch {
    return String(text);
  }
}

function asText(value) {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
