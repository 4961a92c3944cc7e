/** Server Actions as a browser calls them: with React's JavaScript, and as a plain form. */
import { type Answer, type Visit, ask } from './asking.ts';
import type { NextApp } from './next-app.ts';

const unescape = (html: string): string =>
  html.replaceAll('&quot;', '"').replaceAll('&#x27;', "'").replaceAll('&lt;', '<').replaceAll('&amp;', '&');

/** The hidden fields of a form: they say which action it calls, and what is bound to it. */
export function hiddenFields(html: string, form: string): [name: string, value: string][] {
  const [, content = ''] = new RegExp(`<form id="${form}"[^>]*>(.*?)</form>`, 's').exec(html) ?? [];
  return [...content.matchAll(/<input type="hidden" name="([^"]*)"(?: value="([^"]*)")?\/>/g)].map(
    ([, name = '', value = '']) => [unescape(name), unescape(value)],
  );
}

/** The identifier of the action of a form. */
export function actionIdOf(html: string, form: string): string {
  const fields = hiddenFields(html, form).join(' ');
  return /(?:\$ACTION_ID_|"id":")([0-9a-f]{42})/.exec(fields)?.[1] ?? `no action in the form ${form}`;
}

/** Calls an action as React does: `bound` arguments, then the form (`encodeReply` in `react-server-dom`). */
export function callAction(
  app: NextApp,
  path: string,
  id: string,
  bound: readonly unknown[],
  fields: Readonly<Record<string, string>>,
  visit: Visit,
): Promise<Answer> {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(`1_${name}`, value);
  body.append('0', JSON.stringify([...bound, '$K1']));
  return ask(app, path, visit, { method: 'POST', headers: { 'next-action': id, origin: app.url }, body });
}

/** Sends a form as a browser without JavaScript does. */
export function sendForm(
  app: NextApp,
  path: string,
  fields: readonly (readonly [name: string, value: string])[],
  visit: Visit,
): Promise<Answer> {
  const body = new FormData();
  for (const [name, value] of fields) body.append(name, value);
  return ask(app, path, visit, { method: 'POST', headers: { origin: app.url }, body });
}
