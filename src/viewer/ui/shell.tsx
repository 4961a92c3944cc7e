/** What stands around every page: the bar with the pages, the connection's state, theme and keys. */
import { Link, Outlet, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { RefusedError } from './api.ts';
import { useLiveState } from './live.ts';
import { Imports } from './parts/import.tsx';
import { useSession } from './parts/session.ts';
import { SignIn } from './parts/sign-in.tsx';
import { Help, useShortcuts } from './shortcuts.tsx';
import { applyTheme, nextTheme, readTheme } from './theme.ts';

const pages = [
  { to: '/', name: 'Traces', key: '1' },
  { to: '/ai', name: 'AI', key: '2' },
  { to: '/performance', name: 'Performance', key: '3' },
  { to: '/map', name: 'Map', key: '4' },
  { to: '/health', name: 'Health', key: '5' },
] as const;
const themeNames = { auto: 'auto', light: 'light', dark: 'dark' } as const;
const liveNames = { connecting: 'Connecting', live: 'Live', lost: 'Not connected' } as const;

function ThemeButton() {
  const [theme, setTheme] = useState(readTheme);
  const change = (): void => {
    const next = nextTheme(theme);
    applyTheme(next);
    setTheme(next);
  };
  useShortcuts([{ keys: ['t'], does: 'Theme: as the system, light, dark', run: change }]);
  return (
    <button type="button" className="button quiet" onClick={change} title="Colours: as the system says, light, or dark">
      Theme: {themeNames[theme]}
    </button>
  );
}

export function Shell() {
  const { error } = useSession();
  const isStranger = error instanceof RefusedError && error.status === 401;
  return isStranger ? (
    <main id="content">
      <SignIn />
    </main>
  ) : (
    <Pages />
  );
}

function Pages() {
  const live = useLiveState();
  const navigate = useNavigate();
  const [help, setHelp] = useState(false);
  useShortcuts([
    { keys: ['?'], does: 'This list', run: () => setHelp(true) },
    ...pages.map(({ to, name, key }) => ({ keys: [key], does: name, run: () => void navigate({ to }) })),
  ]);
  return (
    <>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="top">
        <span className="brand">Throughline</span>
        <nav aria-label="Pages">
          {pages.map(({ to, name }) => (
            <Link key={to} to={to} activeOptions={{ exact: to === '/', includeSearch: false }}>
              {name}
            </Link>
          ))}
        </nav>
        <span className={`live ${live}`} role="status">
          {liveNames[live]}
        </span>
        <ThemeButton />
        <button type="button" className="button quiet" onClick={() => setHelp(true)} aria-label="Keyboard shortcuts">
          ?
        </button>
      </header>
      <main id="content" tabIndex={-1}>
        <Outlet />
      </main>
      <Imports />
      {help && <Help close={() => setHelp(false)} />}
    </>
  );
}
