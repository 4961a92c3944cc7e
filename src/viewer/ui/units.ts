/** Numbers as people read them: each with its unit, none with more digits than it is worth. */
const counts = new Intl.NumberFormat('en');

/** At most three digits that mean something, never in exponents. */
function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return counts.format(Math.round(value));
  return String(Number(value.toFixed(size >= 10 ? 1 : 2)));
}

/** `340 µs`, `12.5 ms`, `1.27 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(millis: number): string {
  if (!Number.isFinite(millis)) return 'unknown';
  const size = Math.abs(millis);
  if (size === 0) return '0 ms';
  if (size < 0.9995) return `${short(millis * 1000)} µs`;
  if (size < 999.5) return `${short(millis)} ms`;
  if (size < 59_995) return `${short(millis / 1000)} s`;
  const seconds = Math.round(size / 1000);
  const sign = millis < 0 ? '-' : '';
  if (seconds < 3600) return `${sign}${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${sign}${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** `1 span`, `1,204 spans`. */
export const count = (value: number, noun: string): string =>
  `${counts.format(value)} ${noun}${value === 1 ? '' : noun.endsWith('ch') ? 'es' : 's'}`;
export const integer = (value: number): string => counts.format(value);

/** `812 B`, `4.1 kB`, `32 MB`. */
export function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  if (value < 1e6) return `${short(value / 1e3)} kB`;
  return value < 1e9 ? `${short(value / 1e6)} MB` : `${short(value / 1e9)} GB`;
}

/** `$0.0042`: four digits under a cent, so that a cheap call is not shown as free. */
export function dollars(value: number): string {
  if (value === 0) return '$0';
  if (value < 0.0001) return '<$0.0001';
  return `$${value < 0.01 ? value.toFixed(4) : value < 1 ? value.toFixed(3) : counts.format(Number(value.toFixed(2)))}`;
}

/** `15 %`, `7.7 %`, `0.22 %`: two digits say enough. */
export function percent(share: number): string {
  const size = Math.abs(share * 100);
  return `${Number((share * 100).toFixed(size >= 10 || size === 0 ? 0 : size >= 1 ? 1 : 2))} %`;
}

const two = (value: number): string => String(value).padStart(2, '0');
const clock = (at: Date): string => `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;

/** Local: `14:03:09.120` today, `Nov 21, 14:03:09` otherwise. */
export function localTime(millis: number, now: number = Date.now()): string {
  const at = new Date(millis);
  if (new Date(now).toDateString() === at.toDateString())
    return `${clock(at)}.${String(at.getMilliseconds()).padStart(3, '0')}`;
  return `${at.toLocaleDateString('en', { month: 'short', day: 'numeric' })}, ${clock(at)}`;
}

/** What a time shows when it is pointed at. */
export const utcTime = (millis: number): string =>
  `${new Date(millis).toISOString().replace('T', ' ').replace('Z', '')} UTC`;
