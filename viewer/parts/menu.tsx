/** A menu behind a button. It closes with Escape, with a click elsewhere, and when the focus leaves it. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface MenuProps {
  readonly label: string;
  /** Whether something in it is chosen. */
  readonly on?: boolean;
  /** Whether it opens towards the start of the line. */
  readonly end?: boolean;
  readonly children: ComponentChildren;
}

export function Menu({ label, on = false, end = false, children }: MenuProps) {
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const outside = ({ target }: Event) => {
      if (menu.current?.open && target instanceof Node && !menu.current.contains(target)) close();
    };
    const close = () => {
      if (menu.current) menu.current.open = false;
    };
    addEventListener('pointerdown', outside);
    addEventListener('focusin', outside);
    return () => {
      removeEventListener('pointerdown', outside);
      removeEventListener('focusin', outside);
    };
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !menu.current?.open) return;
    event.preventDefault();
    event.stopPropagation();
    menu.current.open = false;
    menu.current.querySelector('summary')?.focus();
  };
  return (
    <details ref={menu} class={`menu ${end ? 'menu-end' : ''}`} onKeyDown={onKeyDown}>
      <summary class={`button ${on ? 'on' : ''}`}>{label}</summary>
      <div class="menu-body">{children}</div>
    </details>
  );
}
