import type { Metadata } from 'next';
import { viewerUrl } from '../viewer-url.ts';
import { Generate } from './generate.tsx';

export const metadata: Metadata = { title: 'Landscapes' };

/** The way into the pipeline of three queues. */
export default function AdminPage() {
  return (
    <>
      <h1>Landscapes</h1>
      <p>
        A picture of the weather of a place: asked for here, made by three workers over three queues, in one trace. The
        pictures are written to the folder <code>.throughline/landscapes</code>.
      </p>
      <Generate viewer={viewerUrl()} />
    </>
  );
}
