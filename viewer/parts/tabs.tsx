/** A row of tabs. Arrow keys move between them. */
interface TabsProps {
  readonly label: string;
  readonly tabs: readonly { readonly name: string; readonly title: string }[];
  readonly current: string;
  readonly onChange: (name: string) => void;
  /** Id of the element that shows the chosen one. */
  readonly panel: string;
}

export function Tabs({ label, tabs, current, onChange, panel }: TabsProps) {
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const index = tabs.findIndex(({ name }) => name === current);
    const next = (index + step + tabs.length) % tabs.length;
    const list = event.currentTarget;
    onChange(tabs[next]?.name ?? current);
    if (list instanceof HTMLElement) list.querySelectorAll<HTMLElement>('[role=tab]')[next]?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
      {tabs.map(({ name, title }) => (
        <button
          key={name}
          type="button"
          role="tab"
          aria-selected={name === current}
          aria-controls={panel}
          tabIndex={name === current ? 0 : -1}
          onClick={() => onChange(name)}
        >
          {title}
        </button>
      ))}
    </div>
  );
}
