/** Shown in the place of every page while the server asks for its token. */
import { useTitle } from './title.ts';

export function SignIn() {
  useTitle('Sign in');
  return (
    <section className="empty sign-in">
      <h1>This viewer asks for its token</h1>
      <p>
        It listens on more than this machine, so whoever reads traces has to show the token that{' '}
        <code>throughline viewer</code> printed when it started: <em>viewer</em> to read, <em>admin</em> to delete,
        import and change settings as well.
      </p>
      {/* A plain form: the server takes the token out of the address into a cookie that no script can read. */}
      <form method="get" action="/" className="tools">
        <input
          type="password"
          name="token"
          aria-label="Token"
          placeholder="Token"
          autoComplete="off"
          autoFocus
          required
        />
        <button type="submit" className="button">
          Sign in
        </button>
      </form>
      <p className="soft">Programs send it as a header: Authorization: Bearer TOKEN.</p>
    </section>
  );
}
