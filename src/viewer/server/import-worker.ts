/** A thread for one file: what it holds goes back to whoever started it, and the thread ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { type ReadFile, readImport } from './import-reader.ts';

/** What the thread says. */
export type ImportAnswer =
  | { readonly ok: true; readonly file: ReadFile }
  | { readonly ok: false; readonly name: string; readonly message: string };

function answer(): ImportAnswer {
  try {
    return { ok: true, file: readImport(workerData as Uint8Array) };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return { ok: false, name, message };
  }
}

const said = answer();
parentPort?.postMessage(said, said.ok ? said.file.parts.map(({ buffer }) => buffer) : []);
