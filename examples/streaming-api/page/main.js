/** The page: the choice of agent, the message field, and what the chosen conversation shows around itself. */
import { Conversation, count, dollars } from './conversation.js';
import { byId, element } from './dom.js';
import { SUGGESTIONS } from './suggestions.js';

const message = byId('message');
const conversations = new Map();
let current;
let shownState;

const { agents, jaeger_url: jaegerUrl } = await loadAgents();
for (const agent of agents) {
  const conversation = new Conversation(agent, { jaegerUrl, onChange, announce });
  conversations.set(agent.name, conversation);
  byId('agents').append(choiceOf(agent.name));
}
choose(conversations.has(lastAgent()) ? lastAgent() : agents[0]?.name);
for (const conversation of conversations.values())
  conversation.restore().catch(() => announce('The server cannot be reached.'));

byId('composer').addEventListener('submit', (event) => {
  event.preventDefault();
  send(message.value);
});
message.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send(message.value);
});
message.addEventListener('input', fitHeight);
byId('stop').addEventListener('click', () => current.stop());
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') current?.stop();
});
byId('new-session').addEventListener('click', () => {
  current.forget();
  announce('A new session starts with your next message.');
  message.focus();
});

async function loadAgents() {
  const answer = await fetch('/agents');
  if (!answer.ok) throw new Error(`/agents answered with status ${answer.status}`);
  return answer.json();
}

function send(text) {
  const input = text.trim();
  if (input === '' || current.state !== 'idle') return;
  message.value = '';
  fitHeight();
  current.send(input);
}

function choiceOf(name) {
  const radio = element('input', { type: 'radio', name: 'agent', value: name, change: () => choose(name) });
  return element('label.agent', {}, radio, name);
}

function choose(name) {
  current = conversations.get(name);
  if (current === undefined) return;
  location.replace(`#${name}`);
  byId('agents').querySelector(`input[value="${CSS.escape(name)}"]`).checked = true;
  byId('transcripts').replaceChildren(current.transcript);
  onChange(current);
}

function lastAgent() {
  return decodeURIComponent(location.hash.slice(1));
}

function onChange(conversation) {
  if (conversation !== current) return;
  const decided = shownState === 'waiting' && conversation.state === 'running';
  shownState = conversation.state;
  const isRunning = current.state === 'running';
  const hadFocus = document.activeElement === byId('stop') || document.activeElement === byId('send');
  byId('send').hidden = isRunning;
  byId('stop').hidden = !isRunning;
  byId('send').disabled = !isRunning && current.state !== 'idle';
  // The focus must not be lost with the button that had it.
  if (decided || (hadFocus && current.state !== 'waiting')) message.focus();
  byId('new-session').disabled = isRunning;
  byId('connection').textContent = connectionText();
  byId('session-section').hidden = current.isResearch;
  byId('session').textContent = current.sessionId ?? 'starts with your first message';
  showUsage();
  showSuggestions();
}

function connectionText() {
  if (!current.connected) return 'Connection lost, connecting again …';
  return current.state === 'waiting' ? 'The agent waits for your decision.' : '';
}

function showUsage() {
  const { requests, input_tokens: input, output_tokens: output, cost } = current.usage;
  const rows = [
    ['Model calls', count(requests)],
    ['Input tokens', count(input)],
    ['Output tokens', count(output)],
    ['Cost', cost === undefined ? '–' : dollars(cost)],
  ];
  const cells = rows.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]);
  const { traceId } = current;
  if (traceId) {
    const id = jaegerUrl
      ? element('a', { href: `${jaegerUrl}/trace/${traceId}`, target: '_blank', rel: 'noopener' }, traceId)
      : traceId;
    cells.push(element('dt', {}, 'Last trace'), element('dd.id', {}, id));
  }
  byId('usage').replaceChildren(...cells);
}

function showSuggestions() {
  const isEmpty = current.transcript.childElementCount === 0;
  const texts = isEmpty ? (SUGGESTIONS[current.name] ?? []) : [];
  const chip = (text) =>
    element('li', {}, element('button.quiet.chip', { type: 'button', click: () => send(text) }, text));
  byId('suggestions').replaceChildren(...texts.map(chip));
}

function fitHeight() {
  message.style.height = 'auto';
  message.style.height = `${Math.min(message.scrollHeight + 2, 200)}px`;
}

/** Says one sentence to a screen reader. Each is an element of its own, so that none is lost in a quick sequence. */
function announce(sentence) {
  const log = byId('announcements');
  log.append(element('span', {}, `${sentence} `));
  while (log.childElementCount > 5) log.firstElementChild.remove();
}
