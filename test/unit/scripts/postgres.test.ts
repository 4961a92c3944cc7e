import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { migrate } from '../../../scripts/start/database.ts';
import { startPostgres } from '../../../scripts/start/postgres.ts';
import { stopLeftOver } from '../../../scripts/start/postgres-left-over.ts';

const root = process.cwd();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'with space '));
  chmodSync(folder, 0o755); // for root: PostgreSQL's user may pass through
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('PostgreSQL of our own', () => {
  it('starts, keeps its data and its port over a restart, and leaves nothing running', async () => {
    const options = { root, dataDir: join(folder, 'data'), fsync: false };
    const first = await startPostgres(options);
    await ask(first.url, 'CREATE TABLE kept (word text)');
    await ask(first.url, `INSERT INTO kept VALUES ('still here')`);
    await first.stop();

    const second = await startPostgres(options);
    const rows = await ask(second.url, 'SELECT word, current_database() AS database FROM kept');
    await second.stop();
    await second.stop();

    expect(rows).toEqual([{ word: 'still here', database: 'throughline' }]);
    expect(new URL(second.url).port).toBe(new URL(first.url).port);
    await expect(ask(second.url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(existsSync(join(second.dataDir, 'postmaster.pid'))).toBe(false);
  }, 60_000);

  it('takes the migrations, once', async () => {
    const postgres = await startPostgres({ root, dataDir: join(folder, 'data'), fsync: false });
    try {
      const applied = [await migrate(root, postgres.url), await migrate(root, postgres.url)];
      const tables = await ask(
        postgres.url,
        `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_name NOT LIKE '\\_%' ORDER BY 1`,
      );
      expect(applied).toEqual([1, 0]);
      expect(tables).toEqual(
        ['cart_items', 'carts', 'order_items', 'orders', 'products', 'users'].map((table_name) => ({ table_name })),
      );
    } finally {
      await postgres.stop();
    }
  }, 60_000);

  it('removes a mark whose process is something else', async () => {
    const file = join(folder, 'postmaster.pid');
    writeFileSync(file, `${process.pid}\n${folder}\n`);
    await stopLeftOver(folder);
    expect(existsSync(file)).toBe(false);
    expect(readFileSync(join(root, 'package.json'), 'utf8')).toContain('throughline'); // and this process still lives
  });
});
