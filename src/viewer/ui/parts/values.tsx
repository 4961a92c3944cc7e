/** Small things that look the same on every page. */
import { useState } from 'react';
import { typeMarks, typeNames } from '../operations.ts';
import { dollars, duration, integer, localTime, utcTime } from '../units.ts';
import type { OperationType, TokenUsage } from '../../wire.ts';

/** Local time; UTC when pointed at. */
export function Time({ millis }: { readonly millis: number }) {
  return (
    <time dateTime={new Date(millis).toISOString()} title={utcTime(millis)}>
      {localTime(millis)}
    </time>
  );
}

export function Duration({ millis }: { readonly millis: number }) {
  return <span className="number">{duration(millis)}</span>;
}

/** The hue and letters of an operation type. */
export function TypeMark({ type, amount }: { readonly type: OperationType; readonly amount?: number }) {
  return (
    <span className={`mark t-${type}`} title={typeNames[type]}>
      {typeMarks[type]}
      {amount !== undefined && <span className="amount">{integer(amount)}</span>}
    </span>
  );
}

export function Tokens({ tokens }: { readonly tokens: TokenUsage }) {
  const parts = [
    `${integer(tokens.input)} in`,
    ...(tokens.cachedInput === undefined ? [] : [`${integer(tokens.cachedInput)} of them cached`]),
    `${integer(tokens.output)} out`,
    ...(tokens.reasoning === undefined ? [] : [`${integer(tokens.reasoning)} of them reasoning`]),
  ];
  return (
    <span className="number" title={`Tokens: ${parts.join(', ')}`}>
      {integer(tokens.input + tokens.output)} tok
    </span>
  );
}

/** Money; an unknown price is said, never guessed. */
export function Cost({ usd, unknown }: { readonly usd: number | undefined; readonly unknown?: true | undefined }) {
  if (unknown) return <span title="The price list does not hold this model">price unknown</span>;
  return usd === undefined ? null : <span className="number">{dollars(usd)}</span>;
}

/** Puts text on the clipboard and says so. */
export function CopyButton({ name, text }: { readonly name: string; readonly text: () => string | Promise<string> }) {
  const [said, setSaid] = useState<string>();
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(await text());
      setSaid('Copied');
    } catch {
      setSaid('Not copied: the browser refused');
    }
    setTimeout(() => setSaid(undefined), 2_000);
  };
  return (
    <button type="button" className="button" onClick={() => void copy()}>
      <span role="status">{said ?? name}</span>
    </button>
  );
}
