// Writes test/generated/ from src/envelope/chronicle.proto, and the copy of it that the Python reader has. With
// --check it compares instead and fails on a difference, so that the committed code cannot drift from the format.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const proto = join(root, 'src/envelope/chronicle.proto');
const bin = join(root, 'node_modules/.bin');
const work = mkdtempSync(join(tmpdir(), 'chronicle-proto-'));
const flags = ['-t', 'static-module', '-w', 'esm', '--es6', '--no-create', '--no-verify', '--no-convert', '--no-delimited', '--no-service', '--no-typeurl'];

try {
  const commented = join(work, 'commented.js');
  execFileSync(join(bin, 'pbjs'), [...flags, '-o', commented, proto]);
  execFileSync(join(bin, 'pbts'), ['-o', join(work, 'chronicle.d.ts'), commented]);
  execFileSync(join(bin, 'pbjs'), [...flags, '--no-comments', '-o', join(work, 'chronicle.js'), proto]);
  let differs = false;
  for (const name of ['chronicle.js', 'chronicle.d.ts']) {
    const target = join(root, 'test/generated', name);
    const head = '// Generated from chronicle.proto by scripts/generate-proto.mjs. Do not edit.\n';
    const text = head + readFileSync(join(work, name), 'utf8');
    if (process.argv.includes('--check')) differs ||= readFileSync(target, 'utf8') !== text;
    else writeFileSync(target, text);
  }
  const copy = join(root, 'readers/python/chronicle_reader/chronicle.proto');
  if (process.argv.includes('--check')) differs ||= readFileSync(copy, 'utf8') !== readFileSync(proto, 'utf8');
  else copyFileSync(proto, copy);
  if (differs) {
    console.error('What is made from chronicle.proto differs from it. Run: npm run generate:proto');
    process.exitCode = 1;
  }
} finally {
  rmSync(work, { recursive: true });
}
