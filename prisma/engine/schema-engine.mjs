#!/usr/bin/env node
/**
 * Prisma's schema engine, without a native binary.
 *
 * Prisma's command line starts a program called `schema-engine` and speaks JSON-RPC with it, one message per line, on
 * stdin and stdout. That program is published on a download host only, not on npm. This file takes its place: the same
 * protocol, in front of the WebAssembly build of the same engine (`@prisma/schema-engine-wasm`), which reaches
 * PostgreSQL through `@prisma/adapter-pg`. `prisma.config.ts` points PRISMA_SCHEMA_ENGINE_BINARY here; the file must be
 * executable.
 *
 * Sources: prisma-engines `schema-engine/cli` (the arguments and the `cli` sub-commands) and
 * `schema-engine/json-rpc-api` (the methods); the work-arounds below name theirs.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client, escapeIdentifier } from 'pg';

const require = createRequire(import.meta.url);
const wasmFolder = dirname(require.resolve('@prisma/schema-engine-wasm'));
const options = readArguments(process.argv.slice(2));
const databaseUrl = options.datasource?.url || process.env.DATABASE_URL;

if (options.version) {
  const { version } = JSON.parse(readFileSync(join(wasmFolder, 'package.json'), 'utf8'));
  process.stdout.write(`schema-engine-cli ${version.split('.').pop()}\n`);
} else if (options.command) {
  process.exitCode = await runCommand(options.command);
} else {
  await serve();
}

/** @param {string[]} args What Prisma passes; options that mean nothing to the WebAssembly build are skipped. */
function readArguments(args) {
  const read = { datasource: null, datamodels: [], command: null, version: false };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '--datasource') read.datasource = JSON.parse(args[++i]);
    else if (args[i] === '--datamodels') read.datamodels.push(args[++i]);
    else if (args[i] === '--enabled-preview-features' || args[i] === '--extension-types') i++;
    else if (args[i] === '--version' || args[i] === '-V') read.version = true;
    else if (args[i] === 'cli') read.command = args[++i];
  }
  return read;
}

/** The engine's log format: one JSON object per line on stderr. */
function log(level, fields) {
  const line = { timestamp: new Date().toISOString(), level, fields, target: 'schema_engine::logger' };
  writeSync(2, `${JSON.stringify(line)}\n`);
}

/** writeSync, because the last answer must be out before the process ends. */
function send(message) {
  writeSync(1, `${JSON.stringify(message)}\n`);
}

/** Name and server of the database in a connection URL; PostgreSQL creates and drops databases from another one. */
function splitUrl(url) {
  const admin = new URL(url);
  const name = decodeURIComponent(admin.pathname.slice(1));
  admin.pathname = '/postgres';
  admin.search = '';
  return { name, quoted: escapeIdentifier(name), admin: { connectionString: String(admin) } };
}

/** Runs one statement (or only connects) on a connection of its own. */
async function runSql(config, sql) {
  const client = new Client(config);
  await client.connect();
  try {
    if (sql) await client.query(sql);
  } finally {
    await client.end();
  }
}

/**
 * The `cli` sub-commands. Prisma reads the exit code and the last error line of stderr, and drops the first line.
 * @returns {Promise<number>} the exit code
 */
async function runCommand(command) {
  log('INFO', { message: 'Schema engine (WebAssembly)' });
  try {
    const { quoted, admin } = splitUrl(databaseUrl);
    if (command === 'can-connect-to-database') await runSql({ connectionString: withoutSchema(databaseUrl) });
    else if (command === 'create-database') await runSql(admin, `CREATE DATABASE ${quoted}`);
    else if (command === 'drop-database') await runSql(admin, `DROP DATABASE IF EXISTS ${quoted} WITH (FORCE)`);
    else throw new Error(`Unknown command: ${command}`);
    return 0;
  } catch (error) {
    log('ERROR', { message: error.message || String(error), error_code: prismaCode(error), is_panic: false });
    return 1;
  }
}

/** PostgreSQL's and Node's codes in Prisma's numbering (https://www.prisma.io/docs/orm/reference/error-reference). */
function prismaCode(error) {
  const codes = { '3D000': 'P1003', '28P01': 'P1000', '42P04': 'P1009', ECONNREFUSED: 'P1001', ENOTFOUND: 'P1001' };
  return codes[error.code] ?? error.code ?? 'P1011';
}

/** `schema` is Prisma's own parameter; PostgreSQL would refuse it as an unknown setting. */
function withoutSchema(url) {
  const plain = new URL(url);
  plain.searchParams.delete('schema');
  return String(plain);
}

/** Answers JSON-RPC requests in the order in which they came, until stdin ends. */
async function serve() {
  let current = null;
  let panic = '';
  globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (message) => (panic = message), get: () => panic };
  // A Rust panic inside an asynchronous call surfaces here, not as a rejection: answer, so that Prisma can report it.
  process.on('uncaughtException', (error) => {
    const message = `schema engine panic: ${panic || error?.stack || String(error)}`;
    const fault = { code: -32_000, message, data: { is_panic: false, message } };
    if (current === null) process.stderr.write(`${message}\n`);
    else send({ jsonrpc: '2.0', id: current, error: fault });
    process.exit(101);
  });

  let engine;
  let chain = Promise.resolve();
  const answer = async (request) => {
    current = request.id;
    try {
      engine ??= await openEngine();
      const result = await call(engine, request.method, request.params);
      send({ jsonrpc: '2.0', id: request.id, result: result ?? {} });
    } catch (error) {
      const code = error?.code ?? error?.error_code;
      const data = {
        is_panic: error?.name === 'RuntimeError',
        message: error?.message ?? String(error),
        error_code: typeof code === 'string' ? (code.startsWith('P') ? code : prismaCode({ code })) : null,
        meta: error?.meta ?? null,
      };
      const message = 'An error happened. Check the data field for details.';
      send({ jsonrpc: '2.0', id: request.id, error: { code: 4466, message, data } });
    }
  };
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    const request = line.trim() ? JSON.parse(line) : {};
    if (request.method) chain = chain.then(() => answer(request)); // without a method it is the answer to our `print`
  });
  lines.on('close', () => void chain.then(() => process.exit(0)));
}

/** Three methods differ from the WebAssembly engine's own; the rest is passed on. */
async function call(engine, method, params) {
  if (method === 'getDatabaseVersion') return engine.version(params);
  if (method === 'createDatabase') {
    const { name, quoted, admin } = splitUrl(databaseUrl);
    await runSql(admin, `CREATE DATABASE ${quoted}`);
    return { databaseName: name };
  }
  if (method === 'diff') {
    // The native engine prints the difference itself, by a request of its own.
    const { stdout, exitCode } = await engine.diff(params);
    if (stdout) send({ jsonrpc: '2.0', id: randomUUID(), method: 'print', params: { content: stdout } });
    return { exitCode, stdout: null };
  }
  return engine[method](params);
}

/** Loads the engine and connects it. It connects at once: even a command that needs no database fails without one. */
async function openEngine() {
  const bindings = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const wasm = readFileSync(join(wasmFolder, 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(wasm, { './schema_engine_bg.js': bindings });
  // oxlint-disable no-underscore-dangle -- wasm-bindgen's own names
  bindings.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  // oxlint-enable no-underscore-dangle
  patchDriver();

  const { parse } = require('pg-connection-string');
  const { bindMigrationAwareSqlAdapterFactory } = await import('@prisma/driver-adapter-utils');
  const url = databaseUrl || 'postgresql://localhost/none';
  const schema = new URL(url).searchParams.get('schema') ?? 'public';
  // Parsed, not { connectionString }: in pg the string wins over `database`, and work meant for the shadow database
  // would land in the main one.
  const config = parse(withoutSchema(url));
  const datamodels = options.datamodels.map((file) => [file, readFileSync(file, 'utf8')]);
  return bindings.SchemaEngine.new(
    { datamodels: datamodels.length > 0 ? datamodels : undefined },
    () => {},
    bindMigrationAwareSqlAdapterFactory(await adapterFactory(config, { schema })),
  );
}

/** Two gaps between what the engine asks of PostgreSQL's catalogue and what a JavaScript driver gives it. */
function patchDriver() {
  // adapter-pg knows no type for OID 18, "char", which the catalogue's flag columns have: the engine reads them as text.
  const Result = require('pg/lib/result');
  const addFields = Result.prototype.addFields;
  Result.prototype.addFields = function addTextFields(fields) {
    for (const field of fields) if (field.dataTypeID === 18) field.dataTypeID = 25;
    return addFields.call(this, fields);
  };
  // Rows of CHECK and EXCLUDE constraints, and from PostgreSQL 18 on of NOT NULL ones, make the engine panic
  // (prisma/orm#29635). It reads them only to warn in `db pull`: give it none.
  // oxlint-disable-next-line typescript/unbound-method -- called below with the client it is called on
  const query = Client.prototype.query;
  Client.prototype.query = function queryWithoutChecks(request, ...rest) {
    const text = request?.text;
    const asksForChecks = typeof text === 'string' && text.includes('contype NOT IN');
    const asked = asksForChecks ? { ...request, text: text.replace(/contype NOT IN \([^)]*\)/g, 'false') } : request;
    return query.call(this, asked, ...rest);
  };
}

/** adapter-pg, with a shadow database that is dropped after its connections are closed (its own order fails). */
async function adapterFactory(config, settings) {
  const { PrismaPg } = await import('@prisma/adapter-pg');
  return new (class extends PrismaPg {
    async connectToShadowDb() {
      const database = `prisma_migrate_shadow_db_${randomUUID()}`;
      await runSql(config, `CREATE DATABASE ${escapeIdentifier(database)}`);
      const adapter = await new PrismaPg({ ...config, database }, settings).connect();
      const dispose = adapter.dispose.bind(adapter);
      adapter.dispose = async () => {
        await dispose();
        await runSql(config, `DROP DATABASE IF EXISTS ${escapeIdentifier(database)} WITH (FORCE)`);
      };
      return adapter;
    }
  })(config, settings);
}
