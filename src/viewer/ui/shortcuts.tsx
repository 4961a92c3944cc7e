/** Keys, as data: a page says what its keys do, and the same words are what `?` lists. */
import { useEffect, useEffectEvent, useRef } from 'react';

export interface Shortcut {
  /** `KeyboardEvent.key`. */
  readonly keys: readonly string[];
  readonly does: string;
  readonly run: () => void;
}

const active = new Set<() => readonly Shortcut[]>();

/** Every key that does something now. */
export const activeShortcuts = (): readonly Shortcut[] => [...active].flatMap((shortcuts) => shortcuts());

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Enter and space belong to the button or link that has the focus. */
const isPressing = (event: KeyboardEvent): boolean =>
  (event.key === 'Enter' || event.key === ' ') &&
  event.target instanceof HTMLElement &&
  /^(?:A|BUTTON|SUMMARY)$/.test(event.target.tagName);

/** Makes keys do something while the component is shown. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const latest = useRef(shortcuts);
  useEffect(() => {
    latest.current = shortcuts;
  });
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || isPressing(event)) return;
    if (document.querySelector('dialog[open]') !== null) return;
    const found = shortcuts.find(({ keys }) => keys.includes(event.key));
    if (found === undefined) return;
    event.preventDefault();
    found.run();
  });
  useEffect(() => {
    const listed = (): readonly Shortcut[] => latest.current;
    const pressed = (event: KeyboardEvent): void => press(event);
    active.add(listed);
    window.addEventListener('keydown', pressed);
    return () => {
      active.delete(listed);
      window.removeEventListener('keydown', pressed);
    };
  }, []);
}

/** The list behind `?`. */
export function Help({ close }: { readonly close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="help" aria-labelledby="help-title" onClose={close}>
      <h2 id="help-title">Keyboard</h2>
      <dl>
        {activeShortcuts().map(({ keys, does }) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <button type="button" className="button" onClick={() => dialog.current?.close()}>
        Close
      </button>
    </dialog>
  );
}
