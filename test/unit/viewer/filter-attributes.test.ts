/** Conditions on attributes: of every kind of value, on span, event and resource, and never by a text that stands elsewhere. */
import { queries } from '../../../src/viewer/server/queries.ts';
import { readRequestJson } from '../../../src/viewer/server/otlp.ts';
import { openDatabase } from '../../../src/viewer/server/schema.ts';
import { createWriter } from '../../../src/viewer/server/writer.ts';

const request = JSON.stringify({
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeSpans: [
        {
          spans: [
            {
              traceId: '0af7651916cd43dd8448eb211c80319c',
              spanId: 'b7ad6b7169203331',
              name: 'GET /tents/404',
              startTimeUnixNano: '1000000000',
              endTimeUnixNano: '2000000000',
              attributes: [
                { key: 'http.response.status_code', value: { intValue: '404' } },
                { key: 'cache.hit', value: { boolValue: false } },
                { key: 'score', value: { doubleValue: 0.5 } },
                { key: 'user.id', value: { stringValue: '7' } },
                { key: 'note', value: { stringValue: 'user.tier is gold' } },
              ],
              events: [
                {
                  timeUnixNano: '1500000000',
                  name: 'retry',
                  attributes: [{ key: 'attempt', value: { intValue: '2' } }],
                },
              ],
            },
          ],
        },
      ],
    },
  ],
});

it('finds an attribute by its key and value', () => {
  const database = openDatabase(':memory:');
  createWriter(database).write(readRequestJson(request), 0);
  const found = (attr: string): number => queries.traces(database, { filter: { attr: [attr] }, limit: 1 }).total;
  const conditions = [
    'http.response.status_code=404',
    'http.response.status_code=40',
    'http.response.status_code',
    'response.status_code',
    'cache.hit=false',
    'cache.hit=true',
    'score=0.5',
    'user.id=7',
    'user.id=77',
    'user.tier',
    'attempt=2',
    'service.name=shop',
    'service.name=tents',
    'note=user.tier is gold',
  ];
  expect(Object.fromEntries(conditions.map((condition) => [condition, found(condition)]))).toEqual({
    'http.response.status_code=404': 1,
    'http.response.status_code=40': 0,
    'http.response.status_code': 1,
    'response.status_code': 0,
    'cache.hit=false': 1,
    'cache.hit=true': 0,
    'score=0.5': 1,
    'user.id=7': 1,
    'user.id=77': 0,
    'user.tier': 0,
    'attempt=2': 1,
    'service.name=shop': 1,
    'service.name=tents': 0,
    'note=user.tier is gold': 1,
  });
  database.close();
});
