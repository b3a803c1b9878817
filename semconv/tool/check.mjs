// @ts-check
// Checks the registry: shapes, references and names. Weaver, the tool made for this format, cannot be installed with
// npm; this covers the part of `definition/2` that the registry uses and refuses the parts that it does not know.
//
//   node semconv/tool/check.mjs [folder]     exits 1 with one line per finding; the folder defaults to semconv/
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MANIFEST, readSource } from './model.mjs';

/**
 * @typedef {import('./model.mjs').Finding} Finding
 * @typedef {import('./model.mjs').Source} Source
 * @typedef {Record<string, unknown>} YamlMap
 * @typedef {{ file: string, id: string, value: YamlMap, wellFormed: boolean }} Entry one item of a section
 * @typedef {(file: string, id: string, message: string) => void} Report
 */

/** Every own attribute lives here; a name outside it would collide with a convention of somebody else. */
const NAMESPACE = 'chronicle.';

const FILE_FORMAT = 'definition/2';
const STABILITIES = ['stable', 'release_candidate', 'beta', 'alpha', 'development'];
const SPAN_KINDS = ['internal', 'client', 'server', 'producer', 'consumer'];
const VISIBILITIES = ['internal', 'public'];
const BASIC_LEVELS = ['required', 'recommended', 'opt_in'];
const CONDITIONAL_LEVELS = ['conditionally_required', 'recommended', 'opt_in'];
const SIMPLE_TYPES = ['string', 'int', 'double', 'boolean', 'any'];
const ARRAY_TYPES = ['string[]', 'int[]', 'double[]', 'boolean[]'];
const TEMPLATE_TYPES = [...SIMPLE_TYPES, ...ARRAY_TYPES].map((type) => `template[${type}]`);
const TYPES = [...SIMPLE_TYPES, ...ARRAY_TYPES, ...TEMPLATE_TYPES];

/** Lower case, dots between namespaces, underscores between words. */
const NAME = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*(?:\.[a-z][a-z0-9]*(?:_[a-z0-9]+)*)*$/;

/** Sections of the format that this registry has no use for yet. Silence about them would look like a check passed. */
const UNCHECKED_SECTIONS = ['events', 'event_refinements', 'metrics', 'metric_refinements', 'entities', 'entity_refinements', 'imports'];

/**
 * The keys of each kind of map, and the form of each value. `deprecated` and `annotations` are only seen to be maps.
 *
 * @type {Record<string, { required: string[], forms: Record<string, string> }>}
 */
const SHAPES = {
  manifest: {
    required: ['schema_url', 'description', 'stability'],
    forms: { schema_url: 'text', description: 'text', stability: 'text', dependencies: 'list' },
  },
  dependency: {
    required: ['schema_url', 'registry_path'],
    forms: { schema_url: 'text', registry_path: 'text' },
  },
  file: {
    required: ['file_format'],
    forms: {
      file_format: 'text',
      attributes: 'list',
      attribute_groups: 'list',
      spans: 'list',
      span_refinements: 'list',
      ...Object.fromEntries(UNCHECKED_SECTIONS.map((section) => [section, 'anything'])),
    },
  },
  attribute: {
    required: ['key', 'type', 'brief', 'stability'],
    forms: {
      key: 'text',
      type: 'anything',
      brief: 'text',
      note: 'text',
      examples: 'anything',
      stability: 'text',
      deprecated: 'map',
      annotations: 'map',
    },
  },
  member: {
    // The format lets brief, value and stability be left out; a member without them cannot be explained to a reader.
    required: ['id', 'value', 'brief', 'stability'],
    forms: {
      id: 'text',
      value: 'anything',
      brief: 'text',
      note: 'text',
      stability: 'text',
      deprecated: 'map',
      annotations: 'map',
    },
  },
  group: {
    required: ['id', 'visibility', 'attributes'],
    forms: {
      id: 'text',
      visibility: 'text',
      attributes: 'list',
      brief: 'text',
      note: 'text',
      stability: 'text',
      deprecated: 'map',
      annotations: 'map',
    },
  },
  span: {
    required: ['type', 'kind', 'name', 'brief', 'stability'],
    forms: {
      type: 'text',
      kind: 'text',
      name: 'map',
      brief: 'text',
      note: 'text',
      stability: 'text',
      attributes: 'list',
      requirement_level: 'text',
      entity_associations: 'list',
      deprecated: 'map',
      annotations: 'map',
    },
  },
  refinement: {
    required: ['id', 'ref', 'brief', 'stability'],
    forms: {
      id: 'text',
      ref: 'text',
      name: 'map',
      brief: 'text',
      note: 'text',
      stability: 'text',
      attributes: 'list',
      entity_associations: 'list',
      deprecated: 'map',
      annotations: 'map',
    },
  },
  name: { required: ['note'], forms: { note: 'text' } },
  ref: {
    required: ['ref'],
    forms: {
      ref: 'text',
      requirement_level: 'anything',
      sampling_relevant: 'boolean',
      brief: 'text',
      note: 'text',
      examples: 'anything',
      stability: 'text',
      deprecated: 'map',
      annotations: 'map',
    },
  },
  ref_group: { required: ['ref_group'], forms: { ref_group: 'text' } },
};

/** @type {Record<string, (value: unknown) => boolean>} */
const FORMS = {
  text: (value) => typeof value === 'string' && value.trim() !== '',
  boolean: (value) => typeof value === 'boolean',
  list: Array.isArray,
  map: isMap,
  anything: () => true,
};

/**
 * Checks a whole registry and returns what is wrong with it, in the order of its files.
 *
 * An item whose shape is wrong is reported for that and looked at no further, but what refers to it still finds it; and
 * that something is used nowhere is said only when nothing else is wrong. So one mistake is one finding.
 *
 * @param {Source} source
 * @returns {Finding[]}
 */
export function checkSource(source) {
  const findings = [...source.findings];
  /** @type {Report} */
  const report = (file, id, message) => void findings.push({ file, id, message });

  checkManifest(source, report);
  const own = readSections(source.own, report);
  const imported = readSections(source.imported, report);
  const attributes = [...own.attributes, ...imported.attributes];
  const groupList = [...own.groups, ...imported.groups];
  const refinements = [...own.refinements, ...imported.refinements];
  // A refinement is a span type of its own in the resolved registry, so both draw from one set of names.
  const spanTypeList = [...own.spans, ...imported.spans, ...refinements];
  const signals = [...groupList, ...spanTypeList].filter(({ wellFormed }) => wellFormed);

  for (const attribute of attributes) if (attribute.wellFormed) checkAttribute(attribute, report);
  for (const { file, id, value } of own.attributes) {
    if (!String(value.key).startsWith(NAMESPACE)) report(file, id, `own attributes begin with ${NAMESPACE}`);
  }
  for (const signal of signals) checkSignal(signal, report);

  checkUnique('attribute', attributes, ({ value }) => value.key, report);
  checkUnique('attribute group', groupList, ({ value }) => value.id, report);
  checkUnique('span type', spanTypeList, spanTypeName, report);
  checkNamespaces(attributes, report);

  const attributeKeys = new Set(attributes.map(({ value }) => String(value.key)));
  const groups = new Map(groupList.map((group) => [String(group.value.id), group]));
  const spanTypes = new Set(spanTypeList.map(spanTypeName));
  const used = new Set();
  for (const signal of signals) checkRefs(signal, attributeKeys, groups, used, report);
  for (const { file, id, value, wellFormed } of refinements) {
    if (!wellFormed) continue;
    const refined = String(value.ref);
    if (refined === value.id) report(file, id, 'refines itself');
    else if (!spanTypes.has(refined)) {
      report(file, id, `refines span type "${refined}", which is not defined${nearest(refined, spanTypes)}`);
    }
  }
  if (findings.length > 0) return findings;
  for (const { file, id, value } of attributes) {
    if (!used.has(value.key)) report(file, id, 'is on no span');
  }
  return findings;
}

/** @param {Entry} entry a span or a refinement */
function spanTypeName({ value }) {
  return String(value.type ?? value.id);
}

/**
 * One finding as one line.
 *
 * @param {Finding} finding
 */
export function formatFinding({ file, id, message }) {
  return `${file}: ${id}: ${message}`;
}

/**
 * @param {Source} source
 * @param {Report} report
 */
function checkManifest({ manifest }, report) {
  if (manifest === undefined) {
    report(MANIFEST, 'manifest', 'is missing or not YAML');
    return;
  }
  const { file, content } = manifest;
  if (!checkShape('manifest', content, file, 'manifest', report)) return;
  checkStability(content, file, 'manifest', report);
  checkSchemaUrl(content.schema_url, file, 'manifest', report);
  for (const [index, dependency] of toList(content.dependencies).entries()) {
    const id = `dependency ${index + 1}`;
    if (checkShape('dependency', dependency, file, id, report)) {
      checkSchemaUrl(dependency.schema_url, file, id, report);
    }
  }
}

/**
 * @param {unknown} url
 * @param {string} file
 * @param {string} id
 * @param {Report} report
 */
function checkSchemaUrl(url, file, id, report) {
  if (!/^https?:\/\/\S+\/\d+\.\d+\.\d+(?:-[0-9a-z.-]+)?$/.test(String(url))) {
    report(file, id, `schema_url "${url}" is not a URL that ends in a version, such as /0.1.0`);
  }
}

/**
 * Checks the shape of every file and of its sections' items, and returns the items that have a name.
 *
 * @param {import('./model.mjs').SourceFile[]} files
 * @param {Report} report
 */
function readSections(files, report) {
  const sections = {
    attributes: /** @type {Entry[]} */ ([]),
    groups: /** @type {Entry[]} */ ([]),
    spans: /** @type {Entry[]} */ ([]),
    refinements: /** @type {Entry[]} */ ([]),
  };
  for (const { file, content } of files) {
    if (!checkShape('file', content, file, 'file', report)) continue;
    if (content.file_format !== FILE_FORMAT) {
      report(file, 'file', `file_format is "${content.file_format}", and this checker knows ${FILE_FORMAT}`);
      continue;
    }
    for (const section of UNCHECKED_SECTIONS) {
      if (section in content) report(file, section, 'this section exists in the format, but this checker cannot check it');
    }
    readSection('attribute', 'key', content.attributes, file, sections.attributes, report);
    readSection('group', 'id', content.attribute_groups, file, sections.groups, report);
    readSection('span', 'type', content.spans, file, sections.spans, report);
    readSection('refinement', 'id', content.span_refinements, file, sections.refinements, report);
  }
  return sections;
}

/**
 * @param {string} shape
 * @param {string} nameKey the key whose value names an item in findings
 * @param {unknown} items
 * @param {string} file
 * @param {Entry[]} into
 * @param {Report} report
 */
function readSection(shape, nameKey, items, file, into, report) {
  for (const [index, item] of toList(items).entries()) {
    const name = isMap(item) ? item[nameKey] : undefined;
    const id = `${shape} ${typeof name === 'string' ? name : index + 1}`;
    const wellFormed = checkShape(shape, item, file, id, report);
    if (isMap(item) && typeof name === 'string') into.push({ file, id, value: item, wellFormed });
  }
}

/**
 * Reports unknown keys, missing keys and values of the wrong form.
 *
 * @param {string} shape
 * @param {unknown} value
 * @param {string} file
 * @param {string} id
 * @param {Report} report
 * @returns {value is YamlMap}
 */
function checkShape(shape, value, file, id, report) {
  const { required, forms } = /** @type {(typeof SHAPES)[string]} */ (SHAPES[shape]);
  if (!isMap(value)) {
    report(file, id, `must be a map, not ${describe(value)}`);
    return false;
  }
  let right = true;
  const fail = (/** @type {string} */ message) => {
    right = false;
    report(file, id, message);
  };
  for (const [key, inner] of Object.entries(value)) {
    const form = Object.hasOwn(forms, key) ? forms[key] : undefined;
    if (form === undefined) fail(`unknown key "${key}"${nearest(key, Object.keys(forms))}`);
    else if (!FORMS[form]?.(inner)) fail(`"${key}" must be ${formName(form)}, not ${describe(inner)}`);
  }
  for (const key of required) {
    if (!Object.hasOwn(value, key)) fail(`"${key}" is missing`);
  }
  return right;
}

/**
 * @param {Entry} entry
 * @param {Report} report
 */
function checkAttribute({ file, id, value }, report) {
  checkName(String(value.key), file, id, report);
  if (!String(value.key).includes('.')) report(file, id, 'has no namespace: a name has at least two parts');
  checkStability(value, file, id, report);
  const type = checkType(value.type, file, id, report);
  if (type !== undefined) checkExamples(type, value, file, id, report);
}

/**
 * Checks the type and returns what its examples must be: a type name, or the values of an enum.
 *
 * @param {unknown} type
 * @param {string} file
 * @param {string} id
 * @param {Report} report
 * @returns {string | unknown[] | undefined}
 */
function checkType(type, file, id, report) {
  if (typeof type === 'string') {
    if (TYPES.includes(type)) return type;
    report(file, id, `unknown type "${type}"${nearest(type, TYPES)}`);
    return undefined;
  }
  if (!isMap(type) || !Array.isArray(type.members) || type.members.length === 0 || Object.keys(type).length > 1) {
    report(file, id, `"type" must be the name of a type or a map with a list of members, not ${describe(type)}`);
    return undefined;
  }
  /** @type {Entry[]} */
  const members = [];
  for (const [index, member] of type.members.entries()) {
    const name = isMap(member) && typeof member.id === 'string' ? member.id : index + 1;
    const memberId = `${id}, member ${name}`;
    if (!checkShape('member', member, file, memberId, report)) continue;
    members.push({ file, id: memberId, value: member, wellFormed: true });
    checkName(String(member.id), file, memberId, report);
    checkStability(member, file, memberId, report);
  }
  checkUnique('member id', members, ({ value }) => value.id, report);
  checkUnique('member value', members, ({ value }) => value.value, report);
  const [first] = members;
  for (const { id: memberId, value } of members) {
    if (typeof value.value !== 'string' && !Number.isInteger(value.value)) {
      report(file, memberId, `"value" must be text or a whole number, not ${describe(value.value)}`);
    } else if (typeof value.value !== typeof first?.value.value) {
      report(file, memberId, `"value" is ${describe(value.value)}, and the first member's is ${describe(first?.value.value)}`);
    }
  }
  return members.map(({ value }) => value.value);
}

/**
 * @param {string | unknown[]} type
 * @param {YamlMap} attribute
 * @param {string} file
 * @param {string} id
 * @param {Report} report
 */
function checkExamples(type, { examples }, file, id, report) {
  if (examples === undefined) {
    // As the format asks. The values of an enum, a number or a boolean speak for themselves.
    if (type === 'string' || type === 'string[]') report(file, id, `a ${type} needs examples`);
    return;
  }
  const isArrayType = typeof type === 'string' && type.replace('template[', '').includes('[]');
  const list = !Array.isArray(examples) || (isArrayType && !Array.isArray(examples[0])) ? [examples] : examples;
  if (list.length === 0) report(file, id, '"examples" is an empty list');
  for (const example of list) {
    if (Array.isArray(type)) {
      if (!type.includes(example)) report(file, id, `example ${JSON.stringify(example)} is not a member`);
    } else if (!isOfType(type, example)) {
      report(file, id, `example ${JSON.stringify(example)} is not of type ${type}`);
    }
  }
}

/**
 * @param {string} type
 * @param {unknown} value
 * @returns {boolean}
 */
function isOfType(type, value) {
  if (type.startsWith('template[')) return isOfType(type.slice('template['.length, -1), value);
  if (type.endsWith('[]')) return Array.isArray(value) && value.every((item) => isOfType(type.slice(0, -2), item));
  if (type === 'int') return Number.isSafeInteger(value);
  if (type === 'double') return typeof value === 'number';
  // Structured examples are written as JSON text, as the GenAI conventions do.
  if (type === 'any') return value !== null;
  return typeof value === type;
}

/**
 * @param {Entry} entry
 * @param {Report} report
 */
function checkSignal({ file, id, value }, report) {
  checkName(String(value.type ?? value.id), file, id, report);
  if (value.stability !== undefined) checkStability(value, file, id, report);
  if (value.visibility !== undefined) checkOneOf('visibility', value.visibility, VISIBILITIES, file, id, report);
  if (value.kind !== undefined) checkOneOf('kind', value.kind, SPAN_KINDS, file, id, report);
  if (value.name !== undefined) checkShape('name', value.name, file, `${id}, name`, report);
  if (value.visibility === 'internal') {
    for (const key of Object.keys(value)) {
      if (!['id', 'visibility', 'attributes'].includes(key)) report(file, id, `an internal group has no "${key}"`);
    }
  }
  if (value.visibility === 'public') {
    for (const key of ['brief', 'stability']) {
      if (!(key in value)) report(file, id, `"${key}" is missing`);
    }
  }
}

/**
 * Checks the references of a group, span or refinement, and that each attribute comes from one place.
 *
 * Within one list a direct reference may add to what a group says; two groups, or two direct references, may not name
 * the same attribute, since nothing says which of them holds.
 *
 * @param {Entry} signal
 * @param {Set<string>} attributeKeys
 * @param {Map<string, Entry>} groups
 * @param {Set<unknown>} used keys seen in a span's or refinement's references, groups included; added to
 * @param {Report} report
 */
function checkRefs({ file, id, value }, attributeKeys, groups, used, report) {
  const isGroup = 'visibility' in value;
  /** @type {Map<string, string>} */
  const fromGroup = new Map();
  const direct = new Set();
  for (const [index, item] of toList(value.attributes).entries()) {
    const target = isMap(item) ? (item.ref ?? item.ref_group) : undefined;
    const refId = `${id}, ref ${typeof target === 'string' ? target : index + 1}`;
    const shape = isMap(item) && 'ref_group' in item ? 'ref_group' : 'ref';
    if (!checkShape(shape, item, file, refId, report)) continue;

    if (shape === 'ref_group') {
      const name = String(item.ref_group);
      if (!groups.has(name)) {
        report(file, id, `ref_group "${name}" is not defined${nearest(name, groups.keys())}`);
        continue;
      }
      const keys = groupKeys(name, groups, new Set(isGroup ? [String(value.id)] : []));
      if (keys === undefined) {
        report(file, id, `ref_group "${name}" leads back to itself`);
        continue;
      }
      for (const key of keys) {
        const other = fromGroup.get(key);
        if (other !== undefined) report(file, id, `ref_groups "${other}" and "${name}" both name ${key}`);
        fromGroup.set(key, name);
        if (!isGroup) used.add(key);
      }
      continue;
    }

    const key = String(item.ref);
    if (!attributeKeys.has(key)) report(file, id, `ref "${key}" is not defined${nearest(key, attributeKeys)}`);
    if (direct.has(key)) report(file, id, `names ${key} twice`);
    direct.add(key);
    if (!isGroup) used.add(key);
    if (isGroup && 'sampling_relevant' in item) report(file, refId, '"sampling_relevant" belongs on a span, not in a group');
    if (item.stability !== undefined) checkStability(item, file, refId, report);
    checkRequirementLevel(item.requirement_level, file, refId, report);
  }
}

/**
 * All attributes that a group names, itself or through groups; undefined if a group leads back to itself.
 *
 * @param {string} name
 * @param {Map<string, Entry>} groups
 * @param {Set<string>} above
 * @returns {string[] | undefined}
 */
function groupKeys(name, groups, above) {
  if (above.has(name)) return undefined;
  const within = new Set(above).add(name);
  /** @type {Set<string>} */
  const keys = new Set();
  for (const item of toList(groups.get(name)?.value.attributes)) {
    if (!isMap(item)) continue;
    if (typeof item.ref === 'string') keys.add(item.ref);
    if (typeof item.ref_group !== 'string') continue;
    const inner = groupKeys(item.ref_group, groups, within);
    if (inner === undefined) return undefined;
    for (const key of inner) keys.add(key);
  }
  return [...keys];
}

/**
 * @param {unknown} level
 * @param {string} file
 * @param {string} id
 * @param {Report} report
 */
function checkRequirementLevel(level, file, id, report) {
  if (level === undefined || (typeof level === 'string' && BASIC_LEVELS.includes(level))) return;
  if (isMap(level)) {
    const [[key, condition] = ['', undefined], ...more] = Object.entries(level);
    if (more.length === 0 && CONDITIONAL_LEVELS.includes(key) && FORMS.text?.(condition)) return;
  }
  report(file, id, `"requirement_level" must be one of ${BASIC_LEVELS.join(', ')}, or one of ${CONDITIONAL_LEVELS.join(', ')} with its condition`);
}

/**
 * OpenTelemetry forbids an attribute whose name is the namespace of another (`a.b` beside `a.b.c`), and two names that
 * become the same constant (`a.b_c` beside `a.b.c`).
 *
 * @param {Entry[]} attributes
 * @param {Report} report
 */
function checkNamespaces(attributes, report) {
  const keys = attributes.map(({ value }) => String(value.key));
  /** @type {Map<string, string>} */
  const constants = new Map();
  for (const { file, id, value } of attributes) {
    const key = String(value.key);
    const inside = keys.find((other) => other.startsWith(`${key}.`));
    if (inside !== undefined) report(file, id, `is also the namespace of ${inside}`);
    const constant = key.replaceAll('.', '_');
    const other = constants.get(constant);
    if (other !== undefined && other !== key) report(file, id, `becomes the same constant as ${other}`);
    constants.set(constant, key);
  }
}

/**
 * @param {string} what
 * @param {Entry[]} entries
 * @param {(entry: Entry) => unknown} nameOf
 * @param {Report} report
 */
function checkUnique(what, entries, nameOf, report) {
  /** @type {Map<unknown, string>} */
  const seen = new Map();
  for (const entry of entries) {
    const name = nameOf(entry);
    const before = seen.get(name);
    if (before !== undefined) report(entry.file, entry.id, `${what} "${name}" is defined twice, first in ${before}`);
    else seen.set(name, entry.file);
  }
}

/**
 * @param {string} name
 * @param {string} file
 * @param {string} id
 * @param {Report} report
 */
function checkName(name, file, id, report) {
  if (!NAME.test(name)) {
    report(file, id, `name "${name}" must be lower case, with dots between namespaces and underscores between words`);
  }
}

/**
 * @param {YamlMap} value
 * @param {string} file
 * @param {string} id
 * @param {Report} report
 */
function checkStability({ stability }, file, id, report) {
  checkOneOf('stability', stability, STABILITIES, file, id, report);
}

/**
 * @param {string} key
 * @param {unknown} value
 * @param {string[]} allowed
 * @param {string} file
 * @param {string} id
 * @param {Report} report
 */
function checkOneOf(key, value, allowed, file, id, report) {
  if (!allowed.includes(String(value))) report(file, id, `"${key}" must be one of ${allowed.join(', ')}, not "${value}"`);
}

/**
 * @param {unknown} value
 * @returns {value is YamlMap}
 */
function isMap(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * @param {unknown} value
 * @returns {unknown[]}
 */
function toList(value) {
  return Array.isArray(value) ? value : [];
}

/** @param {string} form */
function formName(form) {
  return form === 'boolean' ? 'true or false' : form === 'text' ? 'text that is not empty' : `a ${form}`;
}

/** @param {unknown} value */
function describe(value) {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (isMap(value)) return 'a map';
  return JSON.stringify(value);
}

/**
 * The words that name the known one nearest to what was written, or all known ones if none is near and they are few.
 *
 * @param {string} written
 * @param {Iterable<string>} known
 */
function nearest(written, known) {
  const all = [...known];
  let best;
  // One letter in three, two at most: "breif" finds "brief", and "chronicle.size" does not find "chronicle.kind".
  let bestDistance = Math.min(2, Math.floor(written.length / 3)) + 1;
  for (const candidate of all) {
    const distance = editDistance(written, candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  if (best !== undefined) return `; did you mean "${best}"?`;
  return all.length > 0 && all.length <= 12 ? `; known are ${all.join(', ')}` : '';
}

/**
 * Levenshtein distance, with the swap of two neighbours counted as one step.
 *
 * @param {string} a
 * @param {string} b
 */
function editDistance(a, b) {
  /** @type {number[][]} */
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (/** @type {number} */ row, /** @type {number} */ column) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= a.length; row++) {
    rows.push([row]);
    for (let column = 1; column <= b.length; column++) {
      const substituted = at(row - 1, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1] ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY;
      rows[row]?.push(Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, substituted, swapped));
    }
  }
  return at(a.length, b.length);
}

function main() {
  const folder = process.argv[2] ?? fileURLToPath(new URL('../', import.meta.url));
  const findings = checkSource(readSource(folder));
  for (const finding of findings) console.error(formatFinding(finding));
  if (findings.length > 0) process.exitCode = 1;
  else console.log('semconv: no findings');
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) main();
