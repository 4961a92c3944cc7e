/**
 * The local viewer, as a process of its own: a flood of spans neither delays the launcher's answer to Ctrl-C nor takes
 * its memory, and a fault in one does not take the other along. Started by `start.ts`, which passes the ports in
 * THROUGHLINE_OTLP_PORT and THROUGHLINE_VIEWER_PORT; ends with it.
 */
import { startViewer } from '../../src/viewer/server/index.ts';
import { freshViewerPage } from '../build-viewer-page.ts';
import { endWithParent } from './viewer-process.ts';

try {
  // Two seconds after a change of the page's sources, nothing otherwise.
  await freshViewerPage();
  const viewer = await startViewer({
    otlpPort: Number(process.env['THROUGHLINE_OTLP_PORT']),
    queryPort: Number(process.env['THROUGHLINE_VIEWER_PORT']),
    host: '127.0.0.1',
  });
  endWithParent(() => viewer.close());
  process.send?.({ otlpUrl: viewer.otlpUrl, queryUrl: viewer.queryUrl });
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
