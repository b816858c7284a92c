/** The shell: navigation, the view that the address names, and what the server is doing. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { Empty, Failed, Waiting } from './parts/states.tsx';
import { VIEWS } from './routes.ts';
import { HelpDialog } from './shell/help.tsx';
import { listenToKeys, useKeys } from './shell/keyboard.ts';
import { useLiveState } from './shell/live.ts';
import { goTo, useRoute } from './shell/route.ts';
import { StateBar } from './shell/state-bar.tsx';
import { applyTheme, storedTheme, THEMES } from './shell/theme.ts';

const NAVIGATION = VIEWS.filter(({ key }) => key !== undefined);

export function App() {
  const route = useRoute();
  const { state, problem } = useLiveState();
  const [help, setHelp] = useState(false);
  const [theme, setTheme] = useState(storedTheme);
  const main = useRef<HTMLElement>(null);
  const name = route.path[0] ?? 'sessions';
  const row = VIEWS.find((view) => view.name === name);

  const nextTheme = () => {
    const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system';
    applyTheme(next);
    setTheme(next);
  };
  useEffect(listenToKeys, []);
  useKeys('Everywhere', [
    ...NAVIGATION.map(({ name: target, title, key }) => ({
      keys: [`g ${key}`],
      help: title,
      run: () => goTo(`#/${target}`),
    })),
    { keys: ['t'], help: 'Theme: system, light, dark', run: nextTheme },
    { keys: ['?'], help: 'This help', run: () => setHelp(true) },
  ]);
  useEffect(() => {
    document.title = `${row?.title ?? 'Not found'} · agent-events view`;
  }, [row]);

  return (
    <div class="shell">
      <button type="button" class="button skip" onClick={() => main.current?.focus()}>
        Skip to content
      </button>
      <header class="top">
        <a class="brand" href="#/sessions">
          agent-events
        </a>
        <nav aria-label="Views">
          {NAVIGATION.map((view) => (
            <a
              key={view.name}
              href={`#/${view.name}`}
              aria-current={isCurrent(view.name, name) ? 'page' : undefined}
            >
              {view.title}
            </a>
          ))}
        </nav>
        <div class="top-end">
          <button type="button" class="button quiet" onClick={nextTheme} title="Theme (t)">
            <span class="visually-hidden">Theme: </span>
            <span class="theme-mark" aria-hidden="true" />
            {{ system: 'Auto', light: 'Light', dark: 'Dark' }[theme]}
          </button>
          <button type="button" class="button quiet" onClick={() => setHelp(true)} title="Keys (?)">
            <span aria-hidden="true">?</span>
            <span class="visually-hidden">Keys</span>
          </button>
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {!state && !problem && <Waiting label="Connecting" />}
        {!state && problem && <Failed problem={problem} onRetry={() => location.reload()} />}
        {state && row && <row.view route={route} state={state} />}
        {state && !row && (
          <>
            <h1 class="visually-hidden">Not found</h1>
            <Empty title="There is no such view">
              <p>
                Choose one above, or go to the <a href="#/sessions">sessions</a>.
              </p>
            </Empty>
          </>
        )}
      </main>
      <StateBar {...(state && { state })} {...(problem && { problem })} />
      {help && <HelpDialog onClose={() => setHelp(false)} />}
    </div>
  );
}

function isCurrent(view: string, name: string): boolean {
  return view === name || (view === 'sessions' && (name === 'session' || name === 'event'));
}
