/** Files of traces: chosen with a button, or dropped anywhere on the page. */
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import type { Imported } from '../../wire.ts';
import { ask } from '../api.ts';
import { bytes, count } from '../units.ts';
import { useIsAdmin } from './session.ts';

/** The server takes no more in one file. */
const MAX_BYTES = 256e6;

/** Sends files one after the other; what came of each is a sentence. */
async function send(files: readonly File[], say: (line: string) => void): Promise<string[]> {
  const traceIds = new Set<string>();
  for (const file of files) {
    if (file.size > MAX_BYTES) {
      say(`${file.name} has ${bytes(file.size)}: at most ${bytes(MAX_BYTES)} are taken in one file.`);
      continue;
    }
    try {
      say(`${file.name}: reading ${bytes(file.size)} …`);
      const headers = { 'content-type': 'application/json' };
      const done = await ask<Imported>('import', {}, { method: 'POST', headers, body: file });
      for (const id of done.traceIds) traceIds.add(id);
      const format = done.format === 'otlp' ? 'OTLP' : 'Jaeger';
      const left =
        done.rejected > 0 ? `, ${count(done.rejected, 'span')} refused: ${done.reason ?? 'no reason given'}` : '';
      say(
        `${file.name}: ${count(done.spans, 'span')} of ${count(done.traceIds.length, 'trace')} (${format} JSON)${left}.`,
      );
    } catch (error) {
      say(`${file.name} was not imported: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return [...traceIds];
}

/** The button's files go the way of dropped ones. */
const CHOSEN = 'files-chosen';

export function ImportButton() {
  const field = useRef<HTMLInputElement>(null);
  if (!useIsAdmin()) return null;
  return (
    <>
      <button type="button" className="button" onClick={() => field.current?.click()}>
        Import
      </button>
      <input
        ref={field}
        type="file"
        multiple
        hidden
        accept=".json,.jsonl,application/json"
        aria-label="Files of traces"
        onChange={(event) => {
          window.dispatchEvent(new CustomEvent(CHOSEN, { detail: [...(event.target.files ?? [])] }));
          event.target.value = '';
        }}
      />
    </>
  );
}

const holdsFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;

/** Takes what is dropped and says what came of it; one for the whole page. */
export function Imports() {
  const mayImport = useIsAdmin();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [over, setOver] = useState(false);
  const [said, setSaid] = useState<readonly string[]>([]);
  const take = useEffectEvent((files: readonly File[]) => {
    if (!mayImport || files.length === 0) return;
    const lines = new Map<string, string>();
    const say = (line: string): void => {
      lines.set(files.find(({ name }) => line.startsWith(name))?.name ?? line, line);
      setSaid([...lines.values()]);
    };
    void send(files, say).then(async (traceIds) => {
      await queries.invalidateQueries();
      const [traceId] = traceIds;
      if (traceId !== undefined && traceIds.length === 1) {
        await navigate({ to: '/trace/$traceId', params: { traceId }, search: {} });
      }
    });
  });
  useEffect(() => {
    const chosen = (event: Event): void => take((event as CustomEvent<readonly File[]>).detail);
    const dragged = (event: DragEvent): void => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      setOver(event.type === 'dragover');
      if (event.type === 'drop') take([...(event.dataTransfer?.files ?? [])]);
    };
    const kinds = ['dragover', 'dragleave', 'drop'] as const;
    window.addEventListener(CHOSEN, chosen);
    for (const kind of kinds) window.addEventListener(kind, dragged);
    return () => {
      window.removeEventListener(CHOSEN, chosen);
      for (const kind of kinds) window.removeEventListener(kind, dragged);
    };
  }, []);
  return (
    <>
      {over && (
        <div className="drop-here" role="status">
          {mayImport
            ? 'Drop files of OTLP JSON or Jaeger JSON to import their traces'
            : 'Only the admin token may import traces'}
        </div>
      )}
      {said.length > 0 && (
        <div className="said-below" role="status">
          <ul>
            {said.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
          <button type="button" className="button quiet" aria-label="Close the message" onClick={() => setSaid([])}>
            ✕
          </button>
        </div>
      )}
    </>
  );
}
