/** Starts the page. */
import { render } from 'preact';
import { App } from './app.tsx';
import { applyTheme, storedTheme } from './shell/theme.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';

applyTheme(storedTheme());
const root = document.getElementById('app');
if (root) render(<App />, root);
