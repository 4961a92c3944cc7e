import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditEntry, createAuditLog } from '../../../src/viewer/server/audit-log.ts';

const entry = (changes: Partial<AuditEntry> = {}): AuditEntry => ({
  timeMillis: 1_767_225_600_000,
  role: 'viewer',
  address: '192.0.2.1',
  method: 'GET',
  path: '/api/traces/1',
  status: 200,
  traceIds: ['a'],
  ...changes,
});

function withFolder(run: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'audit-'));
  try {
    run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const LINE =
  '{"time":"2026-01-01T00:00:00.000Z","role":"viewer","address":"192.0.2.1","method":"GET","status":200,"path":"/api/traces/1","traceIds":["a"]}\n';

test('one object a line, for the user alone, after those of an earlier start', () => {
  withFolder((folder) => {
    const file = join(folder, 'new', 'audit.jsonl');
    createAuditLog({ file }).write(entry());
    createAuditLog({ file }).write(entry());
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual([LINE + LINE, 0o600]);
  });
});

test('a full file makes room, the oldest is dropped', () => {
  withFolder((folder) => {
    const file = join(folder, 'audit.jsonl');
    const log = createAuditLog({ file, maxBytes: 2 * LINE.length, keep: 2 });
    for (let status = 100; status < 109; status += 1) log.write(entry({ status }));
    const statuses = readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), 'utf8').match(/(?<="status":)\d+/g)]);
    expect(statuses).toEqual([
      ['audit.jsonl', ['108']],
      ['audit.jsonl.1', ['106', '107']],
      ['audit.jsonl.2', ['104', '105']],
    ]);
    // An earlier start's size counts.
    const again = createAuditLog({ file, maxBytes: 2 * LINE.length, keep: 2 });
    again.write(entry({ status: 109 }));
    again.write(entry({ status: 110 }));
    expect(readFileSync(file, 'utf8').match(/(?<="status":)\d+/g)).toEqual(['110']);
  });
});

test('no client writes a line of its own, nor one without end', () => {
  withFolder((folder) => {
    const file = join(folder, 'audit.jsonl');
    const log = createAuditLog({ file });
    log.write(entry({ path: `/api/traces/\n{"role":"admin"}${'x'.repeat(10_000)}` }));
    log.write(entry({ traceIds: Array.from({ length: 1_500 }, (_, index) => String(index)) }));
    const [first = '', second = '', ...rest] = readFileSync(file, 'utf8').split('\n');
    expect([(JSON.parse(first) as AuditEntry).path.length, rest]).toEqual([500, ['']]);
    expect(JSON.parse(second)).toMatchObject({ moreTraces: 500 });
  });
});
