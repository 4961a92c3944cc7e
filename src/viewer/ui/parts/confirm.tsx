/** Asks before something cannot be undone. */
import { useEffect, useRef, useState, type ReactNode } from 'react';

interface ConfirmProps {
  readonly title: string;
  /** What the button that does it says. */
  readonly does: string;
  readonly run: () => Promise<void>;
  readonly close: () => void;
  readonly children?: ReactNode;
}

/** A dialog whose first button does nothing: Enter on it by mistake deletes nothing. */
export function Confirm({ title, does, run, close, children }: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [fault, setFault] = useState<string>();
  const [busy, setBusy] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  const go = async (): Promise<void> => {
    setBusy(true);
    try {
      await run();
      dialog.current?.close();
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} className="help confirm" aria-labelledby="confirm-title" onClose={close}>
      <h2 id="confirm-title">{title}</h2>
      {children}
      {fault !== undefined && (
        <p className="error" role="alert">
          {fault}
        </p>
      )}
      <div className="tools">
        <button type="button" className="button" onClick={() => dialog.current?.close()}>
          Keep
        </button>
        <button type="button" className="button danger" disabled={busy} onClick={() => void go()}>
          {does}
        </button>
      </div>
    </dialog>
  );
}
