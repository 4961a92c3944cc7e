/** Shown in the place of every page while the server asks for its token. */
import { useRef, useState, type SubmitEvent } from 'react';
import { useTitle } from './title.ts';

/** What came of a token; the address that was asked for stays, and the token is in none. */
async function signIn(token: string): Promise<string | undefined> {
  try {
    // The server answers with a cookie that no script can read, and leads away from the address with the token in it.
    const answer = await fetch(`/?${new URLSearchParams({ token })}`, { redirect: 'manual' });
    return answer.type === 'opaqueredirect'
      ? undefined
      : 'This is not a token of this viewer: take one that it printed when it started.';
  } catch {
    return 'The viewer does not answer: is it still running?';
  }
}

export function SignIn() {
  useTitle('Sign in');
  const field = useRef<HTMLInputElement>(null);
  const [fault, setFault] = useState<string>();
  const submit = async (event: SubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const said = await signIn(field.current?.value.trim() ?? '');
    if (said === undefined) location.reload();
    setFault(said);
    field.current?.select();
  };
  return (
    <section className="empty sign-in">
      <h1>This viewer asks for its token</h1>
      <p>
        Whoever reads traces here shows one of the tokens that <code>throughline viewer</code> printed when it started:{' '}
        <em>viewer</em> to read, <em>admin</em> to delete, import and change settings as well.
      </p>
      <form className="tools" onSubmit={(event) => void submit(event)}>
        <input
          ref={field}
          type="password"
          aria-label="Token"
          aria-invalid={fault !== undefined}
          placeholder="Token"
          autoComplete="off"
          autoFocus
          required
        />
        <button type="submit" className="button">
          Sign in
        </button>
      </form>
      {fault !== undefined && (
        <p className="error" role="alert">
          {fault}
        </p>
      )}
      <p className="soft">
        Programs send it as a header: <code>Authorization: Bearer TOKEN</code>.
      </p>
    </section>
  );
}
