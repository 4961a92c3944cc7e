/** Light or dark, as the system says unless a person chose. */
const KEY = 'throughline.theme';
export type Theme = 'auto' | 'light' | 'dark';

export function readTheme(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === 'light' || kept === 'dark' ? kept : 'auto';
  } catch {
    return 'auto';
  }
}

/** Shows the theme and keeps it for the next visit; canvases hear of it by the `theme` event. */
export function applyTheme(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // A browser without storage starts with the system's choice each time.
  }
  window.dispatchEvent(new Event('theme'));
}

export const nextTheme = (theme: Theme): Theme => (theme === 'auto' ? 'light' : theme === 'light' ? 'dark' : 'auto');

/** Calls back when colours change, by a person or by the system; gives back how to stop. */
export function onThemeChange(changed: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  window.addEventListener('theme', changed);
  system.addEventListener('change', changed);
  return () => {
    window.removeEventListener('theme', changed);
    system.removeEventListener('change', changed);
  };
}

/** A colour of the style sheet, for what is drawn on a canvas. */
export const cssColour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();
