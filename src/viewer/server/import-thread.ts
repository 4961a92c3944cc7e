/** Starts the thread that reads a file: a big one keeps neither the receiver nor the pages waiting. */
import { Worker } from 'node:worker_threads';
import { BodyError } from './body.ts';
import type { ReadFile } from './import-reader.ts';
import type { ImportAnswer } from './import-worker.ts';
import { OtlpError } from './otlp.ts';

/** Memory that is all its own is handed over; what shares it with others is copied. */
function ownMemory(body: Uint8Array): Uint8Array<ArrayBuffer> {
  const isWhole = body.buffer instanceof ArrayBuffer && body.byteLength === body.buffer.byteLength;
  return isWhole ? new Uint8Array(body.buffer) : new Uint8Array(body);
}

function toError({ code, message }: NodeJS.ErrnoException): Error {
  return code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? new BodyError(413, 'body: reading the file takes more memory than there is; import it in parts')
    : new Error(message);
}

/**
 * Reads a file of traces on a thread of its own.
 *
 * @param body of the file; its memory may be gone afterwards
 * @returns what it holds
 * @throws OtlpError for what is no file of traces; BodyError 413 for one that does not fit into the memory
 * @example
 * const { parts } = await readInThread(Buffer.from('{}'));
 */
export function readInThread(body: Uint8Array): Promise<ReadFile> {
  // The file beside this one, under the name it has when it is compiled and when it is not.
  const url = new URL(import.meta.url.endsWith('.ts') ? './import-worker.ts' : './import-worker.js', import.meta.url);
  const workerData = ownMemory(body);
  return new Promise((resolve, reject) => {
    const worker = new Worker(url, { workerData, transferList: [workerData.buffer], name: 'viewer import' });
    worker.once('message', (answer: ImportAnswer) => {
      if (answer.ok) resolve(answer.file);
      else reject(answer.name === 'OtlpError' ? new OtlpError(answer.message) : new Error(answer.message));
    });
    worker.once('error', (error) => reject(toError(error)));
    worker.once('exit', () => reject(new Error('the thread that reads the file ended')));
  });
}
