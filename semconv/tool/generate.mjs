// @ts-check
// Writes src/semconv/attributes.ts and the tables of docs/semconv.md from the registry.
//
//   node semconv/tool/generate.mjs           writes what differs
//   node semconv/tool/generate.mjs --check   writes nothing; exits 1 and names each file that differs
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { checkSource, formatFinding } from './check.mjs';
import { readSource } from './model.mjs';

/**
 * @typedef {{ id: string, value: string | number | boolean, brief?: string, note?: string }} Member
 * @typedef {{ key: string, type: string | { members: Member[] }, brief: string, note?: string, examples?: unknown,
 *   stability: string }} Attribute
 * @typedef {'required' | 'recommended' | 'opt_in' | Record<string, string>} RequirementLevel
 * @typedef {{ ref?: string, ref_group?: string, requirement_level?: RequirementLevel, note?: string,
 *   sampling_relevant?: boolean }} Ref
 * @typedef {{ id: string, attributes?: Ref[] }} Group
 * @typedef {{ type: string, kind: string, name: { note: string }, brief: string, note?: string, attributes?: Ref[] }} Span
 * @typedef {{ id: string, ref: string, name?: { note: string }, brief?: string, note?: string, attributes?: Ref[] }} Refinement
 * @typedef {{ schemaUrl: string, own: Attribute[], imported: Attribute[], groups: Group[], spans: Span[],
 *   importedSpans: Span[], refinements: Refinement[] }} Model
 */

/** Printed lines are at most this long, the width that the formatter of this repository is set to. */
const LINE_WIDTH = 120;

/**
 * Collects the definitions of a source that has no findings.
 *
 * @param {import('./model.mjs').Source} source
 * @returns {Model}
 */
export function collectModel(source) {
  if (source.manifest === undefined) throw new Error('A source without a manifest has findings.');
  // The checker has seen every key of every file, which is what makes these casts true.
  const section = (/** @type {import('./model.mjs').SourceFile[]} */ files, /** @type {string} */ name) =>
    files.flatMap(({ content }) => /** @type {any} */ (content)[name] ?? []);
  return {
    schemaUrl: /** @type {any} */ (source.manifest.content).schema_url,
    own: section(source.own, 'attributes'),
    imported: section(source.imported, 'attributes'),
    groups: section(source.own, 'attribute_groups'),
    spans: section(source.own, 'spans'),
    importedSpans: section(source.imported, 'spans'),
    refinements: section(source.own, 'span_refinements'),
  };
}

/**
 * The words of a name, in capitals and joined by underscores, as in `@opentelemetry/semantic-conventions`.
 *
 * @param {string} name
 */
export function constantName(name) {
  return name.replaceAll(/[.-]/g, '_').toUpperCase();
}

/** @param {string} key */
function typeName(key) {
  return key.replaceAll(/(?:^|[._])([a-z0-9])/g, (_, letter) => letter.toUpperCase());
}

/** @param {unknown} value */
function literal(value) {
  if (typeof value !== 'string') return String(value);
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/**
 * @param {string} text
 * @param {number} width
 * @returns {string[]}
 */
function wrap(text, width) {
  /** @type {string[]} */
  const lines = [];
  for (const word of text.trim().split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/**
 * A doc comment of one line if all of it fits there.
 *
 * @param {(string | undefined)[]} paragraphs
 */
function docComment(paragraphs) {
  const kept = paragraphs.filter((paragraph) => paragraph !== undefined && paragraph.trim() !== '');
  const lines = kept.flatMap((paragraph, index) => [
    ...(index === 0 ? [] : ['']),
    // `*/` inside a comment would end it.
    ...wrap(/** @type {string} */ (paragraph).replaceAll('*/', '*\\/'), LINE_WIDTH - ' * '.length),
  ]);
  if (lines.length === 1 && `/** ${lines[0]} */`.length <= LINE_WIDTH) return `/** ${lines[0]} */`;
  return ['/**', ...lines.map((line) => ` * ${line}`.trimEnd()), ' */'].join('\n');
}

/**
 * `examples` may be one example or a list of them; for an array type one example is itself a list.
 *
 * @param {Attribute} attribute
 * @returns {unknown[]}
 */
export function exampleList({ type, examples }) {
  if (examples === undefined) return [];
  if (!Array.isArray(examples)) return [examples];
  const arrayType = typeof type === 'string' && type.endsWith('[]');
  return arrayType && !Array.isArray(examples[0]) ? [examples] : examples;
}

/** @param {Attribute} attribute */
function valueType({ type }) {
  return typeof type === 'string' ? type : typeof type.members[0]?.value === 'number' ? 'int' : 'string';
}

/** @param {Attribute} attribute */
function attributeConstant(attribute) {
  const examples = exampleList(attribute).map((example) => `\`${JSON.stringify(example)}\``);
  const comment = docComment([
    attribute.brief,
    attribute.note,
    `Type: \`${valueType(attribute)}\`${examples.length === 0 ? '' : `, for example ${examples.join(' or ')}`}.`,
    // Said on each name, since an editor shows the comment of one name and not the head of the file.
    attribute.stability === 'stable' ? undefined : '@experimental',
  ]);
  return `${comment}\nexport const ATTR_${constantName(attribute.key)} = ${literal(attribute.key)} as const;`;
}

/** @param {Attribute} attribute */
function memberConstants({ key, type }) {
  if (typeof type === 'string') return [];
  return type.members.map(({ id, value, brief, note }) => {
    const comment = docComment([brief ?? `The value \`${value}\`.`, note]);
    return `${comment}\nexport const ${constantName(key)}_VALUE_${constantName(id)} = ${literal(value)} as const;`;
  });
}

/** @param {Attribute} attribute */
function memberType({ key, type, brief }) {
  if (typeof type === 'string') return [];
  const values = type.members.map(({ value }) => literal(value));
  const declaration = `export type ${typeName(key)} =`;
  const oneLine = `${declaration} ${values.join(' | ')};`;
  const printed = oneLine.length <= LINE_WIDTH ? oneLine : `${declaration}\n${values.map((value) => `  | ${value}`).join('\n')};`;
  return [`${docComment([`The values of \`${key}\`. ${brief}`])}\n${printed}`];
}

/**
 * The text of src/semconv/attributes.ts.
 *
 * Enums of others get constants and no type: their sets are open, and a value that we do not know is no mistake.
 *
 * @param {Model} model
 */
export function renderAttributes(model) {
  return `${[
    '// Generated from semconv/ by `npm run semconv:generate`. Do not edit: change the model and generate again.',
    docComment([
      'The schema URL of the `chronicle.*` names, for `getTracer(name, version, { schemaUrl })`.',
      'It changes with every change of the model that a reader of spans could notice.',
    ]) + `\nexport const CHRONICLE_SCHEMA_URL = ${literal(model.schemaUrl)} as const;`,
    ...model.own.flatMap((attribute) => [attributeConstant(attribute), ...memberConstants(attribute), ...memberType(attribute)]),
    '// Names of other conventions that Chronicle sets. They are repeated here since no stable package exports them all.',
    ...model.imported.flatMap((attribute) => [attributeConstant(attribute), ...memberConstants(attribute)]),
  ].join('\n\n')}\n`;
}

/** @param {string} text */
function cell(text) {
  return text.trim().replaceAll(/\s+/g, ' ').replaceAll('|', '\\|');
}

/** @param {unknown} value */
function code(value) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const shown = text.length > 72 ? `${text.slice(0, 71)}…` : text;
  return `\`${shown.replaceAll('|', '\\|')}\``;
}

/** @param {string[][]} rows the first one is the head */
function table([head, ...rows]) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(head ?? []), line((head ?? []).map(() => '---')), ...rows.map(line)].join('\n');
}

/** @param {Attribute[]} attributes */
function attributeTable(attributes) {
  return table([
    ['Attribute', 'Type', 'Meaning', 'Examples'],
    ...attributes.map((attribute) => {
      const examples = typeof attribute.type === 'string' ? exampleList(attribute).map(code) : attribute.type.members.map(({ value }) => code(value));
      return [
        code(attribute.key),
        typeof attribute.type === 'string' ? attribute.type : `${valueType(attribute)}, one of`,
        cell([attribute.brief, attribute.note ?? ''].join(' ')),
        examples.join('<br>'),
      ];
    }),
  ]);
}

/** @param {Attribute[]} attributes */
function memberTables(attributes) {
  return attributes.flatMap(({ key, type }) =>
    typeof type === 'string'
      ? []
      : [table([[code(key), 'Meaning'], ...type.members.map(({ value, brief, note }) => [code(value), cell([brief ?? '', note ?? ''].join(' '))])])],
  );
}

/** @param {RequirementLevel | undefined} level */
function requirement(level) {
  if (level === undefined) return 'recommended';
  if (typeof level === 'string') return level.replace('_', '-');
  const [[name, condition] = ['', '']] = Object.entries(level);
  return name === 'conditionally_required' ? condition : `${name.replace('_', '-')}, ${condition}`;
}

/**
 * The attributes of one signal or group, in order; a later reference to the same attribute adds to the earlier one.
 *
 * @param {Ref[]} refs
 * @param {Model} model
 * @returns {Map<string, Ref>}
 */
function resolveRefs(refs, model) {
  /** @type {Map<string, Ref>} */
  const resolved = new Map();
  for (const ref of refs) {
    if (ref.ref_group !== undefined) {
      const group = model.groups.find(({ id }) => id === ref.ref_group);
      for (const [key, inner] of resolveRefs(group?.attributes ?? [], model)) resolved.set(key, inner);
    } else if (ref.ref !== undefined) {
      resolved.set(ref.ref, { ...resolved.get(ref.ref), ...ref });
    }
  }
  return resolved;
}

/**
 * @param {Iterable<Ref>} refs
 * @returns {string}
 */
function refTable(refs) {
  return table([
    ['Attribute', 'Set', 'At start'],
    ...[...refs].map(({ ref, requirement_level, note, sampling_relevant }) => [
      code(ref ?? ''),
      cell([requirement(requirement_level), note ?? ''].filter((part) => part !== '').join('. ')),
      sampling_relevant === true ? 'yes' : '',
    ]),
  ]);
}

/** @param {Model} model */
function spanSections(model) {
  const base = /** @type {Span} */ (model.spans[0]);
  const common = resolveRefs(base.attributes ?? [], model);
  const sections = [
    `### ${code(base.type)}\n\n${cell(base.brief)} ${cell(base.note ?? '')}\n\nKind ${base.kind}, name ${cell(base.name.note)}.\n\n${refTable(common.values())}`,
  ];
  for (const refinement of model.refinements) {
    const refined = [...model.spans, ...model.importedSpans].find(({ type }) => type === refinement.ref);
    const added = [...resolveRefs(refinement.attributes ?? [], model)].filter(
      // What every boundary span has is said once, above, unless this span says more about it.
      ([key, ref]) => !common.has(key) || ref.note !== undefined,
    );
    const name = (refinement.name ?? refined?.name)?.note ?? '';
    const text = [
      `### ${code(refinement.id)}`,
      cell(refinement.brief ?? ''),
      `Refines ${code(refinement.ref)}: kind ${refined?.kind ?? ''}, name ${cell(name)}.`,
    ];
    if (added.length > 0) {
      text.push(`Beside the attributes of ${code(base.type)}:`, refTable(added.map(([, ref]) => ref)));
    }
    sections.push(text.join('\n\n'));
  }
  return sections;
}

/**
 * The generated parts of docs/semconv.md, by the name in their marks.
 *
 * @param {Model} model
 * @returns {Record<string, string>}
 */
export function renderSections(model) {
  return {
    attributes: attributeTable(model.own),
    values: memberTables(model.own).join('\n\n'),
    'other-attributes': attributeTable(model.imported),
    spans: spanSections(model).join('\n\n'),
  };
}

/**
 * Puts the generated parts between their marks and leaves every other line as it is.
 *
 * A mark without its part, or a part without its mark, is an error: a table that silently stays old is what this is
 * meant to prevent.
 *
 * @param {string} page
 * @param {Record<string, string>} sections
 */
export function fillPage(page, sections) {
  const missing = new Set(Object.keys(sections));
  const filled = page.replaceAll(/<!-- generated: ([a-z-]+) -->\n[\s\S]*?<!-- end of generated -->/g, (_, /** @type {string} */ name) => {
    const section = sections[name];
    if (section === undefined) throw new Error(`docs/semconv.md has a mark for "${name}", which nothing generates.`);
    missing.delete(name);
    return `<!-- generated: ${name} -->\n\n${section}\n\n<!-- end of generated -->`;
  });
  if (missing.size > 0) throw new Error(`docs/semconv.md has no mark for ${[...missing].join(', ')}.`);
  return filled;
}

/**
 * Generates into a checkout, or compares with it.
 *
 * @param {string} root ends with a slash
 * @param {{ check: boolean }} options
 * @returns {{ findings: string[], differing: string[] }} the files that differ, or differed before they were written
 */
export function generate(root, { check }) {
  const source = readSource(`${root}semconv`);
  const findings = checkSource(source).map(formatFinding);
  if (findings.length > 0) return { findings, differing: [] };
  const model = collectModel(source);
  /** @type {Record<string, string>} */
  const output = {
    'src/semconv/attributes.ts': renderAttributes(model),
    'docs/semconv.md': fillPage(readOrEmpty(`${root}docs/semconv.md`), renderSections(model)),
  };
  const differing = Object.keys(output).filter((file) => readOrEmpty(root + file) !== output[file]);
  if (!check) for (const file of differing) writeFileSync(root + file, /** @type {string} */ (output[file]));
  return { findings: [], differing };
}

/** @param {string} path */
function readOrEmpty(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    // A file that is not there yet differs from any output, which is all that is asked here.
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return '';
    throw error;
  }
}

function main() {
  const check = process.argv.includes('--check');
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const { findings, differing } = generate(root, { check });
  for (const finding of findings) console.error(finding);
  for (const file of differing) {
    if (check) console.error(`${file}: differs from the model. Run: npm run semconv:generate`);
    else console.log(`wrote ${file}`);
  }
  if (findings.length > 0 || (check && differing.length > 0)) process.exitCode = 1;
  else if (differing.length === 0) console.log('semconv: generated files are up to date');
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) main();
