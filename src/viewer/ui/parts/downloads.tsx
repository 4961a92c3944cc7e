/** What is on the screen as a file, in the formats that other programs read. */
import { apiUrl, type Parameters } from '../api.ts';

export function Downloads({ of, name }: { readonly of: Parameters; readonly name: string }) {
  return (
    <span className="choices" role="group" aria-label="Download">
      <a className="button" href={apiUrl('export', { format: 'otlp', ...of })} download={`${name}.otlp.json`}>
        Download OTLP
      </a>
      <a className="button" href={apiUrl('export', { format: 'jaeger', ...of })} download={`${name}.jaeger.json`}>
        Jaeger
      </a>
    </span>
  );
}
