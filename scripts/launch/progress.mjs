// @ts-check
/** Shows that work goes on: a spinner in a terminal, plain lines elsewhere (a log file, a pipe, a build server). */

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const redrawMs = 100;
/** Without a terminal: how often a long step says that it is still there. */
const reminderMs = 15_000;

/** @param {number} ms @returns {string} `0.4 s`, `12 s`, `1 min 05 s` */
export function elapsed(ms) {
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/**
 * @typedef {object} Output where lines go; `process.stdout` by default
 * @property {boolean} [isTTY]
 * @property {number} [columns]
 * @property {(text: string) => unknown} write
 */

/**
 * Runs one piece of work under a line that says what it is and how long it takes.
 *
 * @template T
 * @param {string} label what is being done, as a person would say it
 * @param {(note: (text: string) => void) => Promise<T>} work may call `note` to replace what stands behind the label
 * @param {Output} [output]
 * @returns {Promise<T>} what the work returned
 */
export async function step(label, work, output = process.stdout) {
  const started = Date.now();
  const live = output.isTTY === true && !process.env.CI;
  let note = '';
  let frame = 0;
  const text = () => `${label}${note ? `: ${note}` : ''}`;
  const timer = setInterval(
    () => {
      const since = elapsed(Date.now() - started);
      if (!live) {
        output.write(`  … ${text()} (${since})\n`);
        return;
      }
      const line = `${frames[frame++ % frames.length]} ${text()} ${since}`;
      output.write(`\r\u001B[2K${line.slice(0, Math.max(20, (output.columns || 80) - 1))}`);
    },
    live ? redrawMs : reminderMs,
  );
  const finish = (/** @type {string} */ mark) => {
    clearInterval(timer);
    output.write(`${live ? '\r\u001B[2K' : ''}${mark} ${text()} (${elapsed(Date.now() - started)})\n`);
  };
  try {
    const result = await work((next) => {
      note = next;
    });
    finish('✓');
    return result;
  } catch (error) {
    finish('✗');
    throw error;
  }
}
