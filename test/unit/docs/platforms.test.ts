/** Every set of variables in docs/platforms.md, and what the page says is sent with it. */
import { parseEnv } from 'node:util';
import { createResource } from '@/lib/tracing/boot/resource.ts';
import { type ResolvedConfig, resolveConfig } from '@/lib/tracing/config.ts';
import { fencedBlocks } from './code-blocks.ts';
import { textOf } from './files.ts';

/** Of the resource, what variables change; where none does it says what it always says. */
const SAID = ['service.name', 'service.version', 'deployment.environment.name', 'cloud.region'];

function described(config: ResolvedConfig, without: ResolvedConfig): string {
  const encoding = config.protocol === 'http/protobuf' ? ' as protobuf' : '';
  const compression = config.compression === 'gzip' ? ', gzip' : '';
  const plain = createResource(without).attributes;
  const resource = createResource(config).attributes;
  return [
    ...(config.otlp ? [`POST ${config.tracesUrl}${encoding}${compression}`] : []),
    ...(config.console ? [`${config.otlp ? 'and ' : ''}each span on standard output`] : []),
    ...Object.entries(config.headers).map(([name, value]) => `${name}: ${value}`),
    ...SAID.filter((key) => resource[key] !== plain[key]).map((key) => `${key}=${String(resource[key])}`),
  ].join('\n');
}

const blocks = fencedBlocks('docs/platforms.md', textOf('docs/platforms.md')).filter(
  ({ title }) => title === 'dotenv' || title === 'text sent',
);
const pairs = blocks
  .map((block, index) => [block, blocks[index + 1]] as const)
  .filter(([{ title }]) => title === 'dotenv')
  .map(([variables, sent]) => [variables.line, variables.code, sent?.title === 'text sent' ? sent.code : ''] as const);

it('the page has a set for each platform', () => {
  expect(pairs.length).toBe(14);
});

it.each(pairs)('line %i: %s', (_line, variables, sent) => {
  const warnings: string[] = [];
  // `ci` is nobody's environment: whatever a block says of it shows.
  const without = resolveConfig({}, { NODE_ENV: 'ci' }, () => {});
  const config = resolveConfig({}, { NODE_ENV: 'ci', ...parseEnv(variables) }, (message) => warnings.push(message));
  expect([described(config, without), warnings]).toEqual([sent, []]);
});

// As the documents write them. The first is the address of Datadog's own agent protocol, the second wants every request
// signed: docs/platforms.md says what to do instead. What is written is still what is done.
it.each([
  [
    'Datadog',
    `OTEL_EXPORTER_OTLP_ENDPOINT=https://trace.agent.datadoghq.com
OTEL_EXPORTER_OTLP_HEADERS='{"DD-API-KEY":"your-api-key"}'
DD_ENV=production
DD_SERVICE=blipee-os
DD_VERSION=1.0.0`,
    `POST https://trace.agent.datadoghq.com/v1/traces
DD-API-KEY: your-api-key
service.name=blipee-os
service.version=1.0.0
deployment.environment.name=production`,
  ],
  [
    'AWS X-Ray',
    `OTEL_EXPORTER_OTLP_ENDPOINT=https://your-region.amazonaws.com/v1/traces
AWS_REGION=us-west-2`,
    `POST https://your-region.amazonaws.com/v1/traces
cloud.region=us-west-2`,
  ],
])('%s as the document has it', (_what, variables, sent) => {
  const without = resolveConfig({}, { NODE_ENV: 'ci' }, () => {});
  expect(
    described(
      resolveConfig({}, { NODE_ENV: 'ci', ...parseEnv(variables) }, () => {}),
      without,
    ),
  ).toBe(sent);
});
