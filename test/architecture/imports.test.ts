// Dependencies flow one way: the table in ARCHITECTURE.md, held against what the sources import.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkout, readSources, roomOf, targetOf } from './sources.js';

const sources = readSources();

/** Files in no folder that put the package together; nothing imports them. */
const FRONT_DOORS = ['index', 'register', 'register-require'];
/** Rooms that know nothing of OpenTelemetry: a stored form must be readable without a tracer. */
const WITHOUT_OTEL = ['errors', 'version', 'semconv', 'value', 'envelope', 'storage', 'archive'];
/** Packages that the sources may load, and who may. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@opentelemetry/api': ['crossing', 'boundary', 'export', 'ingest', 'replay', 'setup', 'testing', 'instrumentations', 'cli'],
  fzstd: ['envelope'],
  '@aws-sdk/client-s3': ['storage'],
  '@azure/identity': ['storage'],
  '@azure/storage-blob': ['storage'],
  '@google-cloud/storage': ['storage'],
  commander: ['cli'],
  picocolors: ['cli'],
};

/** Reads the table: each room in order, with the rooms that it may import. */
function readTable(): Map<string, ReadonlySet<string>> {
  const text = readFileSync(join(checkout, 'ARCHITECTURE.md'), 'utf8');
  const rows = text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  const table = new Map<string, ReadonlySet<string>>();
  for (const [, rooms = '', , may = ''] of rows) {
    const allowed = may.startsWith('everything above') ? [...table.keys()] : namesIn(may.split(';')[0] ?? '');
    for (const room of namesIn(rooms)) table.set(room, new Set([...allowed, 'version']));
  }
  return table;
}

/** The names in back-quotes, without slashes and endings. */
function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`([\w-]+)(?:\/\*?|\.ts)?`/g)].map(([, name = '']) => name);
}

const table = readTable();

/** Imports from room to room, each with the files that have it. */
function crossings(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const file of sources) {
    for (const specifier of file.imports) {
      const target = targetOf(file, specifier);
      if (target === undefined || roomOf(target) === file.room) continue;
      const edge = `${file.room} -> ${roomOf(target)}`;
      found.set(edge, [...(found.get(edge) ?? []), `${file.path} imports ${specifier}`]);
    }
  }
  return found;
}

describe('the rooms of src/', () => {
  it('are all in the table of ARCHITECTURE.md', () => {
    const rooms = new Set(sources.map(({ room }) => room));
    expect([...rooms].filter((room) => !table.has(room) && !FRONT_DOORS.includes(room))).toEqual([]);
  });

  it('import only what the table lets them', () => {
    const wrong = [...crossings()].flatMap(([edge, places]) => {
      const [from = '', to = ''] = edge.split(' -> ');
      return FRONT_DOORS.includes(from) || table.get(from)?.has(to) === true ? [] : places;
    });
    expect(wrong).toEqual([]);
  });

  it('have no cycle among them', () => {
    const edges = [...crossings().keys()].map((edge) => edge.split(' -> ') as [string, string]);
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (room: string, path: readonly string[]): void => {
      if (state.get(room) === 'done') return;
      if (state.get(room) === 'open') {
        cycles.push([...path.slice(path.indexOf(room)), room].join(' -> '));
        return;
      }
      state.set(room, 'open');
      for (const [from, to] of edges) if (from === room) visit(to, [...path, room]);
      state.set(room, 'done');
    };
    for (const [from] of edges) visit(from, []);
    expect(cycles).toEqual([]);
  });

  it('are entered by their front doors', () => {
    // Single files that load less than a whole room, where the start of the command would pay for it.
    const sideDoors = [/^cli\/.* imports /];
    const wrong = [...crossings().values()].flat().filter((place) => {
      const specifier = place.split(' ').at(-1) ?? '';
      return (
        !/\/(?:index|errors|version)\.js$/.test(specifier) &&
        !sideDoors.some((door) => door.test(place)) &&
        !/^(?:index|register|register-require)\.ts /.test(place)
      );
    });
    expect(wrong).toEqual([]);
  });

  it('are imported by nothing that is a front door', () => {
    const wrong = [...crossings()].filter(([edge]) => FRONT_DOORS.includes(edge.split(' -> ')[1] ?? '')).flatMap(([, places]) => places);
    expect(wrong).toEqual([]);
  });

  it('load no package but the known ones, and OpenTelemetry only by its API', () => {
    const wrong = sources.flatMap((file) =>
      file.imports
        .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
        .filter((specifier) => PACKAGES[specifier]?.includes(file.room) !== true)
        .map((specifier) => `${file.path} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
    expect(PACKAGES['@opentelemetry/api']?.filter((room) => WITHOUT_OTEL.includes(room))).toEqual([]);
  });
});
