import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repositoryFile, ROOT } from './sources.ts';

interface Service {
  readonly image: string;
  readonly build?: { readonly context: string };
  readonly profiles?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}
interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
}
interface OtlpReceiver {
  readonly protocols: { readonly grpc: { readonly endpoint: string }; readonly http: { readonly endpoint: string } };
}
interface JaegerConfig {
  readonly service: {
    readonly extensions: readonly string[];
    readonly pipelines: {
      readonly traces: Readonly<Record<'receivers' | 'processors' | 'exporters', readonly string[]>>;
    };
  };
  readonly extensions: {
    readonly jaeger_storage: {
      readonly backends: Readonly<Record<string, { readonly memory: { readonly max_traces: number } }>>;
    };
    readonly jaeger_query: {
      readonly storage: { readonly traces: string };
      readonly http: { readonly endpoint: string };
    };
    readonly healthcheckv2: { readonly use_v2: boolean; readonly http: { readonly endpoint: string } };
  };
  readonly receivers: { readonly otlp: OtlpReceiver };
  readonly processors: Readonly<Record<string, unknown>>;
  readonly exporters: { readonly jaeger_storage_exporter: { readonly trace_storage: string } };
}
interface TempoConfig {
  readonly server: { readonly http_listen_port: number };
  readonly distributor: { readonly receivers: { readonly otlp: OtlpReceiver } };
  readonly storage: {
    readonly trace: { readonly local: { readonly path: string }; readonly wal: { readonly path: string } };
  };
}
interface DataSources {
  readonly datasources: readonly { readonly type: string; readonly url: string; readonly isDefault: boolean }[];
}

const readYaml = async (path: string): Promise<unknown> => parse(await repositoryFile(path));
const readCompose = async (): Promise<ComposeFile> => (await readYaml('docker-compose.yml')) as ComposeFile;
const readJaeger = async (): Promise<JaegerConfig> => (await readYaml('deploy/jaeger/config.yaml')) as JaegerConfig;
const readTempo = async (): Promise<TempoConfig> => (await readYaml('deploy/tempo/tempo.yaml')) as TempoConfig;

/** What a reader of the file would list of one service. */
const row = ({ image, profiles, ports, volumes, depends_on, healthcheck }: Service): unknown => ({
  image,
  profiles: profiles ?? [],
  ports: ports ?? [],
  volumes: volumes ?? [],
  waitsFor: Object.entries(depends_on ?? {}).map(([name, { condition }]) => `${name} ${condition}`),
  healthcheck: healthcheck?.test,
});

/** The port inside the container: of '127.0.0.1:3001:3000' it is 3000. */
const innerPorts = (service: Service | undefined): number[] =>
  (service?.ports ?? []).map((port) => Number(port.split(':').at(-1)));
const portOf = (endpoint: string): number => Number(endpoint.split(':').at(-1));

const composeCommand = [['docker', 'compose'], ['docker-compose']].find(
  ([program = '', ...first]) => spawnSync(program, [...first, 'version'], { stdio: 'ignore' }).status === 0,
);

describe('docker-compose.yml', () => {
  it('is this table', async () => {
    const { services, volumes } = await readCompose();
    expect({
      services: Object.fromEntries(Object.entries(services).map(([name, service]) => [name, row(service)])),
      volumes,
    }).toEqual({
      services: {
        jaeger: {
          image: 'jaegertracing/jaeger:2.22.0',
          profiles: [],
          ports: ['127.0.0.1:16686:16686', '127.0.0.1:4317:4317', '127.0.0.1:4318:4318'],
          volumes: ['./deploy/jaeger/config.yaml:/etc/jaeger/config.yaml:ro'],
          waitsFor: [],
          healthcheck: ['CMD', 'wget', '-q', '-O', '/dev/null', 'http://127.0.0.1:13133/status'],
        },
        postgres: {
          image: 'postgres:18.6-alpine3.24',
          profiles: [],
          ports: ['127.0.0.1:5432:5432'],
          volumes: ['postgres-data:/var/lib/postgresql'],
          waitsFor: [],
          healthcheck: ['CMD', 'pg_isready', '-q', '-h', '127.0.0.1', '-U', 'throughline', '-d', 'throughline'],
        },
        tempo: {
          image: 'grafana/tempo:3.1.0',
          profiles: ['tempo'],
          ports: ['127.0.0.1:3200:3200', '127.0.0.1:${TEMPO_OTLP_PORT:-14318}:4318'],
          volumes: ['./deploy/tempo/tempo.yaml:/etc/tempo/tempo.yaml:ro', 'tempo-data:/var/tempo'],
          waitsFor: [],
          healthcheck: ['CMD', '/tempo', '-health'],
        },
        grafana: {
          image: 'grafana/grafana:13.2.3',
          profiles: ['tempo'],
          ports: ['127.0.0.1:3001:3000'],
          volumes: [
            './deploy/grafana/provisioning/datasources/tempo.yaml:/etc/grafana/provisioning/datasources/tempo.yaml:ro',
          ],
          waitsFor: ['tempo service_healthy'],
          healthcheck: ['CMD', 'wget', '-q', '-O', '/dev/null', 'http://127.0.0.1:3000/api/health'],
        },
        app: {
          image: 'throughline-app:0.1.0',
          profiles: ['app'],
          ports: ['127.0.0.1:3000:3000'],
          volumes: [],
          waitsFor: ['postgres service_healthy', 'jaeger service_healthy'],
          healthcheck: [
            'CMD',
            'node',
            '-e',
            "fetch('http://127.0.0.1:3000/api/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))",
          ],
        },
      },
      volumes: { 'postgres-data': null, 'tempo-data': null },
    });
  });

  it('pins each image to a full version, and publishes on the loopback address alone', async () => {
    const services = Object.entries((await readCompose()).services);
    const dockerfile = await repositoryFile('Dockerfile');
    const images = [...services.map(([, { image }]) => image), /^FROM (\S+:\S+)/m.exec(dockerfile)?.[1] ?? 'no FROM'];
    expect(images.filter((image) => !/:\d+\.\d+(?:\.\d+)?(?:-[\w.-]+)?$/.test(image))).toEqual([]);
    const ports = services.flatMap(([, service]) => service.ports ?? []);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
    const outside = ports.map((port) => port.replace(/\$\{\w+:-(\d+)\}/, '$1').split(':')[1]);
    expect(outside.filter((port, at) => outside.indexOf(port) !== at)).toEqual([]);
  });

  it('mounts files that are there, and volumes that are declared', async () => {
    const { services, volumes } = await readCompose();
    const mounts = Object.values(services).flatMap((service) =>
      (service.volumes ?? []).map((volume) => volume.split(':')[0] ?? ''),
    );
    const [files, names] = [
      mounts.filter((mount) => mount.startsWith('.')),
      mounts.filter((mount) => !mount.startsWith('.')),
    ];
    expect(files.filter((file) => !existsSync(join(ROOT, file)) || !statSync(join(ROOT, file)).isFile())).toEqual([]);
    expect(names.toSorted()).toEqual(Object.keys(volumes).toSorted());
  });

  it('agrees with the configuration of Jaeger', async () => {
    const { jaeger } = (await readCompose()).services;
    const { service, extensions, receivers, processors, exporters } = await readJaeger();
    const { grpc, http } = receivers.otlp.protocols;
    expect(innerPorts(jaeger)).toEqual(
      [extensions.jaeger_query.http.endpoint, grpc.endpoint, http.endpoint].map(portOf),
    );
    expect(jaeger?.healthcheck?.test.at(-1)).toBe(`http://${extensions.healthcheckv2.http.endpoint}/status`);
    // Every part is used, and every part that is used is there.
    expect(service).toMatchObject({
      extensions: Object.keys(extensions),
      pipelines: {
        traces: {
          receivers: Object.keys(receivers),
          processors: Object.keys(processors),
          exporters: Object.keys(exporters),
        },
      },
    });
    const stores = Object.keys(extensions.jaeger_storage.backends);
    expect([extensions.jaeger_query.storage.traces, exporters.jaeger_storage_exporter.trace_storage]).toEqual([
      stores[0],
      stores[0],
    ]);
    expect(extensions.jaeger_storage.backends[stores[0] ?? '']?.memory.max_traces).toBeGreaterThan(0);
  });

  it('agrees with the configuration of Tempo and Grafana', async () => {
    const { tempo, app, jaeger } = (await readCompose()).services;
    const config = await readTempo();
    const { datasources } = (await readYaml('deploy/grafana/provisioning/datasources/tempo.yaml')) as DataSources;
    const { http } = config.distributor.receivers.otlp.protocols;
    expect(innerPorts(tempo)).toEqual([config.server.http_listen_port, portOf(http.endpoint)]);
    expect(datasources).toMatchObject([
      { type: 'tempo', url: `http://tempo:${config.server.http_listen_port}`, isDefault: true },
    ]);
    const { local, wal } = config.storage.trace;
    expect([local.path, wal.path].filter((path) => !path.startsWith('/var/tempo/'))).toEqual([]);
    // The platform finds Jaeger where Jaeger listens, and Tempo on the same port.
    expect(app?.environment?.['OTEL_EXPORTER_OTLP_ENDPOINT']).toBe('${APP_OTLP_ENDPOINT:-http://jaeger:4318}');
    expect([innerPorts(jaeger).includes(4318), portOf(http.endpoint)]).toEqual([true, 4318]);
  });

  it('lets nothing listen on loopback that another container has to reach', async () => {
    const [jaeger, tempo] = [(await readJaeger()).receivers.otlp, (await readTempo()).distributor.receivers.otlp];
    const endpoints = [jaeger, tempo].flatMap(({ protocols }) => [protocols.grpc.endpoint, protocols.http.endpoint]);
    expect(endpoints).toEqual(['0.0.0.0:4317', '0.0.0.0:4318', '0.0.0.0:4317', '0.0.0.0:4318']);
  });

  (composeCommand ? it : it.skip)('is accepted by the compose command, with every profile', () => {
    const [program = '', ...first] = composeCommand ?? [];
    const profiles = ['--profile', 'app', '--profile', 'tempo'];
    const { status, stderr } = spawnSync(program, [...first, ...profiles, 'config', '-q'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    // oxlint-disable-next-line jest/no-standalone-expect -- the rule does not see through the condition
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe('the image of the platform', () => {
  it('starts what is there, as an ordinary user, without the secrets of this machine', async () => {
    const [dockerfile, start, ignored] = await Promise.all([
      repositoryFile('Dockerfile'),
      repositoryFile('deploy/app/start.mjs'),
      repositoryFile('.dockerignore'),
    ]);
    const stages = [...dockerfile.matchAll(/^FROM \S+ AS (\w+)$/gm)].map((match) => match[1]);
    expect(stages).toEqual(['base', 'packages', 'build', 'app']);
    expect(/^USER (\w+)$/m.exec(dockerfile)?.[1]).toBe('node');
    expect(/^CMD (.+)$/m.exec(dockerfile)?.[1]).toBe('["node", "deploy/app/start.mjs"]');
    const packages = [...`${dockerfile}\n${start}`.matchAll(/(?:node_modules\/|command\(')([\w/.-]+\w)/g)].map(
      (match) => match[1] ?? '',
    );
    expect(packages.filter((path) => !existsSync(join(ROOT, 'node_modules', path)))).toEqual([]);
    const modules = [...start.matchAll(/from '\.\.\/\.\.\/([^']+)'/g)].map((match) => match[1] ?? '');
    expect(modules.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    expect([packages.length, modules.length]).toEqual([4, 3]);
    expect(ignored.split('\n')).toEqual(
      expect.arrayContaining(['.git', '.env', '.env.*', 'node_modules', '.next', '.throughline']),
    );
  });
});
