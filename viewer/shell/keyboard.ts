/**
 * Keys of the page. Views register theirs while they are shown; the help lists those that work at the moment. Nothing
 * happens while a text is typed, or with Ctrl, Alt or Meta.
 */
import { useLayoutEffect, useRef } from 'preact/hooks';

export interface KeyBinding {
  /** As `KeyboardEvent.key` has it; two keys after each other as `g s`. Several that do the same: `['j', 'ArrowDown']`. */
  readonly keys: readonly string[];
  readonly help: string;
  readonly run: (event: KeyboardEvent) => void;
}

export interface KeyGroup {
  readonly title: string;
  readonly bindings: readonly KeyBinding[];
}

/** A prefix such as `g` is forgotten after this time. */
const PREFIX_MS = 1200;

const groups = new Set<{ current: KeyGroup }>();
let prefix: { readonly key: string; readonly until: number } | undefined;

/** Registers keys for as long as the component is shown. */
export function useKeys(title: string, bindings: readonly KeyBinding[]): void {
  const group = useRef<KeyGroup>({ title, bindings });
  group.current = { title, bindings };
  // Before the next key: an effect that runs after painting loses one that follows quickly.
  useLayoutEffect(() => {
    groups.add(group);
    return () => {
      groups.delete(group);
    };
  }, []);
}

export function currentKeys(): readonly KeyGroup[] {
  return Array.from(groups, ({ current }) => current).filter(({ bindings }) => bindings.length > 0);
}

export function listenToKeys(): () => void {
  addEventListener('keydown', onKey);
  return () => removeEventListener('keydown', onKey);
}

function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
  if (document.querySelector('dialog[open]')) return;
  if (isTyping(event.target)) {
    if (event.key === 'Escape' && event.target instanceof HTMLElement) event.target.blur();
    return;
  }
  const pressed = prefix && prefix.until > event.timeStamp ? `${prefix.key} ${event.key}` : event.key;
  prefix = undefined;
  // A view registers after the shell and goes first.
  const bindings = [...groups].reverse().flatMap(({ current }) => current.bindings);
  const binding = bindings.find(({ keys }) => keys.includes(pressed));
  if (binding) {
    if (isControl(event.target) && (event.key === 'Enter' || event.key === ' ')) return;
    event.preventDefault();
    binding.run(event);
  } else if (bindings.some(({ keys }) => keys.some((key) => key.startsWith(`${pressed} `)))) {
    prefix = { key: pressed, until: event.timeStamp + PREFIX_MS };
  }
}

function isTyping(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** Whether the browser itself does something with Enter or Space here. */
function isControl(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('a, button, summary, input') !== null;
}
