/** The window that the report is compared with; it stands in the address, so that a comparison can be sent to somebody. */
import { Choices } from '../../parts/scope.tsx';
import { utcTime } from '../../units.ts';

const kinds = [
  { key: '', name: 'Nothing' },
  { key: 'previous', name: 'Window before' },
  { key: 'yesterday', name: 'Yesterday' },
  { key: 'other', name: 'Other …' },
] as const;
const MINUTE = 60_000;

/** From the first moment to the last, in Unix milliseconds. */
interface Window {
  readonly from: number;
  readonly to: number;
}

function windowIn(against: string): Window | undefined {
  const [, from, to] = /^(\d+)-(\d+)$/.exec(against) ?? [];
  return from === undefined || to === undefined ? undefined : { from: Number(from), to: Number(to) };
}

/** As the field wants it: local, without a zone. */
function fieldText(millis: number): string {
  const offset = new Date(millis).getTimezoneOffset() * MINUTE;
  return new Date(millis - offset).toISOString().slice(0, 19);
}

/** Takes effect on Enter or when it is left: half a date is no date. */
function Moment(props: {
  readonly name: string;
  readonly millis: number;
  readonly wrong: boolean;
  readonly change: (millis: number) => void;
}) {
  const take = (text: string): void => {
    const millis = new Date(text).getTime();
    if (Number.isFinite(millis) && text !== fieldText(props.millis)) props.change(millis);
  };
  return (
    <input
      key={props.millis}
      type="datetime-local"
      step={1}
      aria-label={props.name}
      aria-invalid={props.wrong}
      title={utcTime(props.millis)}
      defaultValue={fieldText(props.millis)}
      onBlur={(event) => take(event.currentTarget.value)}
      onKeyDown={(event) => event.key === 'Enter' && take(event.currentTarget.value)}
    />
  );
}

interface AgainstProps {
  /** Of the address: `previous`, `yesterday`, `{from}-{to}`, or nothing. */
  readonly against: string;
  /** Of the report, from which another window is set out; undefined before it is there. */
  readonly window: Window | undefined;
  readonly choose: (against: string | undefined) => void;
}

export function Against({ against, window, choose }: AgainstProps) {
  const other = windowIn(against);
  const set = ({ from, to }: Window): void => choose(`${Math.round(from)}-${Math.round(to)}`);
  const choice = (key: string): void => {
    if (key !== 'other') choose(key === '' ? undefined : key);
    // To start with, the window before: from there a person changes what is to be changed.
    else if (window !== undefined) set({ from: window.from - (window.to - window.from), to: window.from });
  };
  const isWrong = other !== undefined && other.from >= other.to;
  return (
    <div className="against">
      <span className="soft">Compare with</span>
      <Choices label="Compare with" of={kinds} chosen={other === undefined ? against : 'other'} choose={choice} />
      {other !== undefined && (
        <>
          <Moment
            name="Compare from"
            millis={other.from}
            wrong={isWrong}
            change={(from) => set({ from, to: other.to })}
          />
          <span className="soft">to</span>
          <Moment name="Compare to" millis={other.to} wrong={isWrong} change={(to) => set({ from: other.from, to })} />
          {isWrong && (
            <span className="error" role="alert">
              The window ends before it begins.
            </span>
          )}
        </>
      )}
    </div>
  );
}
