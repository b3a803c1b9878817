import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as incubating from '@opentelemetry/semantic-conventions/incubating';
import { afterEach, describe, expect, it } from 'vitest';
import * as ours from '../../src/semconv/index.js';
import { checkSource, formatFinding } from './check.mjs';
import { collectModel, fillPage, generate, renderAttributes } from './generate.mjs';
import { parseSource, readSource } from './model.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

const manifest = `
schema_url: https://chronicle.example/schemas/chronicle/0.1.0
description: A registry.
stability: development
dependencies:
  - {schema_url: https://other.example/schemas/1.0.0, registry_path: https://other.example/registry.git}
`;

const imported = `
file_format: definition/2
attributes:
  - {key: error.type, type: string, brief: An error., examples: [TimeoutError], stability: stable}
spans:
  - {type: other.call, kind: client, name: {note: call}, brief: A call., stability: development}
`;

/** A registry with one of each thing and nothing wrong; a test says what it breaks. */
const registry = `
file_format: definition/2
attributes:
  - key: chronicle.kind
    type:
      members:
        - {id: tool, value: tool, brief: A tool., stability: development}
        - {id: model, value: model, brief: A model., stability: development}
    brief: The kind.
    stability: development
  - {key: chronicle.name, type: string, brief: The name., examples: [quote], stability: development}
  - {key: chronicle.size, type: int, brief: The size., examples: [1], stability: development}
attribute_groups:
  - id: attributes.common
    visibility: internal
    attributes:
      - {ref: chronicle.kind, requirement_level: required}
      - {ref: chronicle.name, requirement_level: {conditionally_required: if there is one}}
spans:
  - type: chronicle.call
    kind: internal
    name: {note: name}
    brief: A call.
    stability: development
    attributes:
      - ref_group: attributes.common
      - {ref: chronicle.kind, sampling_relevant: true}
      - {ref: chronicle.size, requirement_level: recommended}
span_refinements:
  - id: chronicle.call.other
    ref: other.call
    brief: A call to another.
    stability: development
    attributes:
      - {ref: error.type, requirement_level: opt_in}
`;

function check(files: Record<string, string>): string[] {
  const all = { 'manifest.yaml': manifest, '.imports/other.yaml': imported, 'model.yaml': registry, ...files };
  return checkSource(parseSource(all)).map(formatFinding);
}

/** Replaces text that must be there, so that a test cannot go stale by breaking nothing. */
function broken(text: string, from: string, to: string): string {
  expect(text).toContain(from);
  return text.replace(from, to);
}

describe('checkSource()', () => {
  it('has no findings in the model of this package', () => {
    expect(checkSource(readSource(`${root}semconv`)).map(formatFinding)).toEqual([]);
  });

  it('has no findings in the small model that the other tests break', () => {
    expect(check({})).toEqual([]);
  });

  const cases: [behaviour: string, from: string, to: string, findings: string[]][] = [
    // Shape
    [
      'names the nearest known key for an unknown one',
      'brief: The kind.',
      'breif: The kind.',
      ['model.yaml: attribute chronicle.kind: unknown key "breif"; did you mean "brief"?', 'model.yaml: attribute chronicle.kind: "brief" is missing'],
    ],
    [
      'lists the known keys when none is near',
      'requirement_level: recommended}',
      'requirement_level: recommended, when: always}',
      [
        'model.yaml: span chronicle.call, ref chronicle.size: unknown key "when"; known are ref, requirement_level, sampling_relevant, brief, note, examples, stability, deprecated, annotations',
      ],
    ],
    [
      'refuses a key in the wrong place',
      'brief: A call to another.',
      'brief: A call to another.\n    kind: client',
      [
        'model.yaml: refinement chronicle.call.other: unknown key "kind"; known are id, ref, name, brief, note, stability, attributes, entity_associations, deprecated, annotations',
      ],
    ],
    ['wants text where text belongs', 'brief: A call.', 'brief: 7', ['model.yaml: span chronicle.call: "brief" must be text that is not empty, not 7']],
    [
      'wants true or false for sampling_relevant',
      'sampling_relevant: true',
      'sampling_relevant: "yes"',
      ['model.yaml: span chronicle.call, ref chronicle.kind: "sampling_relevant" must be true or false, not "yes"'],
    ],
    [
      'wants a name with a note on a span',
      'name: {note: name}',
      'name: {text: name}',
      ['model.yaml: span chronicle.call, name: unknown key "text"; known are note', 'model.yaml: span chronicle.call, name: "note" is missing'],
    ],
    ['refuses another file format', 'definition/2', 'definition/3', ['model.yaml: file: file_format is "definition/3", and this checker knows definition/2']],
    [
      'refuses a section that it cannot check',
      'span_refinements:',
      'metrics: []\nspan_refinements:',
      ['model.yaml: metrics: this section exists in the format, but this checker cannot check it'],
    ],
    [
      'refuses an unknown section',
      'span_refinements:',
      'links: []\nspan_refinements:',
      [
        'model.yaml: file: unknown key "links"; known are file_format, attributes, attribute_groups, spans, span_refinements, events, event_refinements, metrics, metric_refinements, entities, entity_refinements, imports',
      ],
    ],
    [
      'refuses words in an internal group that only a public one may have',
      'visibility: internal',
      'visibility: internal\n    brief: Common ones.',
      ['model.yaml: group attributes.common: an internal group has no "brief"'],
    ],
    [
      'wants words in a public group',
      'visibility: internal',
      'visibility: public',
      ['model.yaml: group attributes.common: "brief" is missing', 'model.yaml: group attributes.common: "stability" is missing'],
    ],
    [
      'knows two visibilities',
      'visibility: internal',
      'visibility: hidden',
      ['model.yaml: group attributes.common: "visibility" must be one of internal, public, not "hidden"'],
    ],
    [
      'knows five span kinds',
      'kind: internal',
      'kind: local',
      ['model.yaml: span chronicle.call: "kind" must be one of internal, client, server, producer, consumer, not "local"'],
    ],
    [
      'knows the stabilities',
      'examples: [1], stability: development',
      'examples: [1], stability: experimental',
      ['model.yaml: attribute chronicle.size: "stability" must be one of stable, release_candidate, beta, alpha, development, not "experimental"'],
    ],
    [
      'knows the requirement levels',
      'requirement_level: opt_in',
      'requirement_level: {required: always}',
      [
        'model.yaml: refinement chronicle.call.other, ref error.type: "requirement_level" must be one of required, recommended, opt_in, or one of conditionally_required, recommended, opt_in with its condition',
      ],
    ],
    [
      'refuses sampling_relevant in a group',
      'requirement_level: required}',
      'requirement_level: required, sampling_relevant: true}',
      ['model.yaml: group attributes.common, ref chronicle.kind: "sampling_relevant" belongs on a span, not in a group'],
    ],

    // Types and examples
    ['knows the types', 'type: int,', 'type: integer,', ['model.yaml: attribute chronicle.size: unknown type "integer"']],
    ['names the nearest type', 'type: int,', 'type: "int[",', ['model.yaml: attribute chronicle.size: unknown type "int["; did you mean "int"?']],
    [
      'wants examples of the right type',
      'examples: [1]',
      'examples: [1, 1.5, "2"]',
      ['model.yaml: attribute chronicle.size: example 1.5 is not of type int', 'model.yaml: attribute chronicle.size: example "2" is not of type int'],
    ],
    [
      'wants a list for each example of an array type',
      'type: string, brief: The name., examples: [quote]',
      'type: "string[]", brief: The name., examples: [[quote], quote]',
      ['model.yaml: attribute chronicle.name: example "quote" is not of type string[]'],
    ],
    [
      'takes one list as one example of an array type',
      'type: string, brief: The name., examples: [quote]',
      'type: "string[]", brief: The name., examples: [quote, order]',
      [],
    ],
    ['wants examples of text', 'brief: The name., examples: [quote]', 'brief: The name.', ['model.yaml: attribute chronicle.name: a string needs examples']],
    [
      'wants the examples of an enum to be members',
      'brief: The kind.',
      'brief: The kind.\n    examples: [tool, robot]',
      ['model.yaml: attribute chronicle.kind: example "robot" is not a member'],
    ],
    [
      'wants unique member ids',
      'id: model,',
      'id: tool,',
      ['model.yaml: attribute chronicle.kind, member tool: member id "tool" is defined twice, first in model.yaml'],
    ],
    [
      'wants unique member values',
      'value: model',
      'value: tool',
      ['model.yaml: attribute chronicle.kind, member model: member value "tool" is defined twice, first in model.yaml'],
    ],
    [
      'wants member values of one type',
      'value: model',
      'value: 2',
      ['model.yaml: attribute chronicle.kind, member model: "value" is 2, and the first member\'s is "tool"'],
    ],
    [
      'wants member values that a span can carry',
      'value: model',
      'value: 2.5',
      ['model.yaml: attribute chronicle.kind, member model: "value" must be text or a whole number, not 2.5'],
    ],
    [
      'wants ids of members in snake case',
      'id: model,',
      'id: Big-model,',
      [
        'model.yaml: attribute chronicle.kind, member Big-model: name "Big-model" must be lower case, with dots between namespaces and underscores between words',
      ],
    ],

    // Names
    [
      'wants lower case names',
      'key: chronicle.size',
      'key: chronicle.someSize',
      [
        'model.yaml: attribute chronicle.someSize: name "chronicle.someSize" must be lower case, with dots between namespaces and underscores between words',
        'model.yaml: span chronicle.call: ref "chronicle.size" is not defined; known are chronicle.kind, chronicle.name, chronicle.someSize, error.type',
      ],
    ],
    [
      'wants own names in the own namespace',
      'key: chronicle.size',
      'key: agent.size',
      [
        'model.yaml: attribute agent.size: own attributes begin with chronicle.',
        'model.yaml: span chronicle.call: ref "chronicle.size" is not defined; known are chronicle.kind, chronicle.name, agent.size, error.type',
      ],
    ],
    [
      'refuses an attribute that is the namespace of another',
      'attribute_groups:',
      '  - {key: chronicle.name.short, type: int, brief: A name., stability: development}\nattribute_groups:',
      ['model.yaml: attribute chronicle.name: is also the namespace of chronicle.name.short'],
    ],

    // References
    [
      'resolves references to attributes',
      'ref: error.type',
      'ref: error.typ',
      ['model.yaml: refinement chronicle.call.other: ref "error.typ" is not defined; did you mean "error.type"?'],
    ],
    [
      'resolves references to groups',
      'ref_group: attributes.common',
      'ref_group: attributes.comon',
      ['model.yaml: span chronicle.call: ref_group "attributes.comon" is not defined; did you mean "attributes.common"?'],
    ],
    [
      'resolves the span type that is refined',
      'ref: other.call',
      'ref: other.cal',
      ['model.yaml: refinement chronicle.call.other: refines span type "other.cal", which is not defined; did you mean "other.call"?'],
    ],
    ['refuses a refinement of itself', 'ref: other.call', 'ref: chronicle.call.other', ['model.yaml: refinement chronicle.call.other: refines itself']],
    [
      'refuses an attribute that a span names twice',
      '- {ref: chronicle.kind, sampling_relevant: true}',
      '- {ref: chronicle.kind, sampling_relevant: true}\n      - ref: chronicle.kind',
      ['model.yaml: span chronicle.call: names chronicle.kind twice'],
    ],
    [
      'refuses a group that leads back to itself',
      '- {ref: chronicle.kind, requirement_level: required}',
      '- {ref: chronicle.kind, requirement_level: required}\n      - ref_group: attributes.common',
      [
        'model.yaml: group attributes.common: ref_group "attributes.common" leads back to itself',
        'model.yaml: span chronicle.call: ref_group "attributes.common" leads back to itself',
      ],
    ],
    [
      'refuses two span types of one name',
      'id: chronicle.call.other',
      'id: chronicle.call',
      ['model.yaml: refinement chronicle.call: span type "chronicle.call" is defined twice, first in model.yaml'],
    ],
    [
      'refuses an attribute that nothing uses',
      '      - {ref: chronicle.size, requirement_level: recommended}\n',
      '',
      ['model.yaml: attribute chronicle.size: is on no span'],
    ],
  ];
  it.each(cases)('%s', (_behaviour, from, to, findings) => {
    expect(check({ 'model.yaml': broken(registry, from, to) })).toEqual(findings);
  });

  it('refuses two groups that name one attribute on one span', () => {
    const second = '  - {id: attributes.more, visibility: internal, attributes: [{ref: chronicle.name}]}\nspans:';
    const both = '- ref_group: attributes.common\n      - ref_group: attributes.more';
    const text = broken(broken(registry, 'spans:', second), '- ref_group: attributes.common', both);
    expect(check({ 'model.yaml': text })).toEqual([
      'model.yaml: span chronicle.call: ref_groups "attributes.common" and "attributes.more" both name chronicle.name',
    ]);
  });

  it('refuses two names that become one constant', () => {
    const text = broken(broken(registry, 'key: chronicle.size', 'key: chronicle.kind_name'), 'ref: chronicle.size', 'ref: chronicle.kind_name');
    const more = `
file_format: definition/2
attributes:
  - {key: chronicle.kind.name, type: int, brief: A name., stability: development}
`;
    expect(check({ 'model.yaml': text, 'more.yaml': more })).toEqual([
      'model.yaml: attribute chronicle.kind: is also the namespace of chronicle.kind.name',
      'more.yaml: attribute chronicle.kind.name: becomes the same constant as chronicle.kind_name',
    ]);
  });

  it('refuses an attribute that two files define', () => {
    const more = `
file_format: definition/2
attributes:
  - {key: error.type, type: string, brief: An error., examples: [Error], stability: stable}
`;
    expect(check({ '.imports/more.yaml': more })).toEqual([
      '.imports/other.yaml: attribute error.type: attribute "error.type" is defined twice, first in .imports/more.yaml',
    ]);
  });

  it('names the line of text that is not YAML', () => {
    expect(check({ 'more.yaml': 'file_format: definition/2\nattributes: [\n' })).toEqual([
      'more.yaml: line 3: not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ]);
  });

  it('refuses a key that a map has twice', () => {
    expect(check({ 'more.yaml': 'file_format: definition/2\nfile_format: definition/2\n' })).toEqual(['more.yaml: line 2: not YAML: Map keys must be unique']);
  });

  it('wants a manifest', () => {
    const files = parseSource({ '.imports/other.yaml': imported, 'model.yaml': registry });
    expect(checkSource(files).map(formatFinding)).toEqual(['manifest.yaml: manifest: is missing or not YAML']);
  });

  it('wants schema URLs that end in a version', () => {
    const text = manifest.replaceAll(/\/\d\.\d\.\d/g, '/latest');
    expect(check({ 'manifest.yaml': text })).toEqual([
      'manifest.yaml: manifest: schema_url "https://chronicle.example/schemas/chronicle/latest" is not a URL that ends in a version, such as /0.1.0',
      'manifest.yaml: dependency 1: schema_url "https://other.example/schemas/latest" is not a URL that ends in a version, such as /0.1.0',
    ]);
  });

  it('wants to know where a dependency is', () => {
    const text = broken(manifest, ', registry_path: https://other.example/registry.git', '');
    expect(check({ 'manifest.yaml': text })).toEqual(['manifest.yaml: dependency 1: "registry_path" is missing']);
  });
});

describe('the generated files', () => {
  it('are those that the model gives', () => {
    expect(generate(root, { check: true })).toEqual({ findings: [], differing: [] });
  });

  it('hold every key of the model as a constant', () => {
    const model = collectModel(readSource(`${root}semconv`));
    const keys = [...model.own, ...model.imported].map(({ key }) => key);
    const constants = Object.entries(ours).filter(([name]) => name.startsWith('ATTR_'));
    expect(constants.map(([, value]) => value).sort()).toEqual(keys.sort());
  });

  it('spell the names of other conventions as OpenTelemetry does', () => {
    const theirs: Record<string, unknown> = incubating;
    const others = Object.entries(ours).filter(([name]) => /^(?:ATTR_)?(?:GEN_AI|ERROR)_/.test(name));
    const known = others.filter(([name]) => name in theirs);
    expect(known).toEqual(known.map(([name]) => [name, theirs[name]]));
    // If this list grows, a name of ours may be misspelt, or OpenTelemetry's package has dropped it.
    expect(others.filter(([name]) => !(name in theirs))).toEqual([]);
  });

  it('keep the text between the marks and refuse a page without them', () => {
    const page = 'Before\n\n<!-- generated: one -->\nold\n<!-- end of generated -->\n\nAfter\n';
    expect(fillPage(page, { one: 'new' })).toBe('Before\n\n<!-- generated: one -->\n\nnew\n\n<!-- end of generated -->\n\nAfter\n');
    expect(() => fillPage(page, { one: 'new', two: 'more' })).toThrow('docs/semconv.md has no mark for two.');
    expect(() => fillPage(page, {})).toThrow('docs/semconv.md has a mark for "one", which nothing generates.');
  });

  it('quote what is special in TypeScript', () => {
    const model = collectModel(readSource(`${root}semconv`));
    const attribute = {
      key: 'chronicle.odd',
      type: { members: [{ id: 'odd', value: "it's \\ odd", brief: 'Ends a comment: */' }] },
      brief: 'Odd.',
      stability: 'stable',
    };
    const text = renderAttributes({ ...model, own: [attribute], imported: [] });
    expect(text.slice(text.indexOf('/** Odd') === -1 ? text.indexOf('/**\n * Odd') : 0)).toBe(
      [
        '/**',
        ' * Odd.',
        ' *',
        ' * Type: `string`.',
        ' */',
        "export const ATTR_CHRONICLE_ODD = 'chronicle.odd' as const;",
        '',
        '/** Ends a comment: *\\/ */',
        "export const CHRONICLE_ODD_VALUE_ODD = 'it\\'s \\\\ odd' as const;",
        '',
        '/** The values of `chronicle.odd`. Odd. */',
        "export type ChronicleOdd = 'it\\'s \\\\ odd';",
        '',
        '// Names of other conventions that Chronicle sets. They are repeated here since no stable package exports them all.',
        '',
      ].join('\n'),
    );
  });
});

describe('the commands', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  function copyOfModel(): string {
    const folder = mkdtempSync(join(tmpdir(), 'chronicle-semconv-'));
    folders.push(folder);
    for (const path of ['semconv', 'src/semconv', 'docs/semconv.md']) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      cpSync(join(root, path), join(folder, path), { recursive: true });
    }
    return folder;
  }

  function run(script: string, ...args: string[]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'semconv/tool', script), ...args], {
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  }

  it('check exits 0 and says so when all is well', () => {
    expect(run('check.mjs')).toEqual({ status: 0, stdout: 'semconv: no findings\n', stderr: '' });
  });

  it('check exits 1 with one line per finding', () => {
    const folder = join(copyOfModel(), 'semconv');
    writeFileSync(join(folder, 'chronicle/extra.yaml'), 'file_format: definition/2\nspan: []\nattribute: []\n');
    expect(run('check.mjs', folder)).toEqual({
      status: 1,
      stdout: '',
      stderr:
        'chronicle/extra.yaml: file: unknown key "span"; did you mean "spans"?\n' +
        'chronicle/extra.yaml: file: unknown key "attribute"; did you mean "attributes"?\n',
    });
  });

  it('generate --check exits 0 on what is committed', () => {
    expect(run('generate.mjs', '--check')).toEqual({
      status: 0,
      stdout: 'semconv: generated files are up to date\n',
      stderr: '',
    });
  });

  it('generate finds a changed model, and writes what then passes', () => {
    const folder = `${copyOfModel()}/`;
    const path = `${folder}semconv/chronicle/registry.yaml`;
    writeFileSync(path, broken(readFileSync(path, 'utf8'), 'brief: How the call ended.', 'brief: How it went.'));
    const differing = ['src/semconv/attributes.ts', 'docs/semconv.md'];
    expect(generate(folder, { check: true })).toEqual({ findings: [], differing });
    expect(readFileSync(`${folder}src/semconv/attributes.ts`, 'utf8')).not.toContain('How it went.');
    expect(generate(folder, { check: false })).toEqual({ findings: [], differing });
    expect(generate(folder, { check: true })).toEqual({ findings: [], differing: [] });
    expect(readFileSync(`${folder}src/semconv/attributes.ts`, 'utf8')).toContain('How it went.');
  });

  it('generate writes nothing from a model with findings', () => {
    const folder = `${copyOfModel()}/`;
    const path = `${folder}semconv/chronicle/registry.yaml`;
    writeFileSync(path, broken(readFileSync(path, 'utf8'), 'brief: How the call ended.', 'breif: How it went.'));
    const before = readFileSync(`${folder}src/semconv/attributes.ts`, 'utf8');
    expect(generate(folder, { check: false }).findings[0]).toBe(
      'chronicle/registry.yaml: attribute chronicle.outcome: unknown key "breif"; did you mean "brief"?',
    );
    expect(readFileSync(`${folder}src/semconv/attributes.ts`, 'utf8')).toBe(before);
  });
});
