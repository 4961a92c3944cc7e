/**
 * Where traces are looked at: TRACE_VIEWER_URL, else the local viewer.
 *
 * @returns without a slash at its end
 */
export function viewerUrl(): string {
  return (process.env['TRACE_VIEWER_URL'] || 'http://localhost:16686').replace(/\/+$/, '');
}
