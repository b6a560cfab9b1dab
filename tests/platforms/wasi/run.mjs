// Runs a program for WASI in Node. The tests take the directory of their package for that of the crate, so
// the repository is what they see there:
//
//   node run.mjs FILE.wasm ARGUMENT…

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { WASI } from 'node:wasi';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url)).replace(/\/$/, '');
const wasi = new WASI({
  version: 'preview1',
  args: process.argv.slice(2),
  env: process.env,
  preopens: { [path('.')]: path('../../..') },
});
const module = await WebAssembly.compile(readFileSync(process.argv[2]));
const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
process.exitCode = wasi.start(instance);
