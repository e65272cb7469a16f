// Where the language server is. Only absolute places are looked at, so that no opened folder can bring its own.

import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { workspace } from 'vscode';

/** A command and its arguments; the first is an absolute path. */
export type Command = [string, ...string[]];

/** The command that runs the language server, or undefined where none is found. */
export async function serverCommand(): Promise<Command | undefined> {
  const command = await found();
  return command && [...command, ...configuration()];
}

/** The `nearline` command line for a subcommand, such as `doctor`, of the same installation as the server. */
export async function commandLine(...subcommand: string[]): Promise<Command | undefined> {
  const [command, ...args] = (await found()) ?? [];
  const lsp = args.lastIndexOf('lsp');
  return command && lsp >= 0 ? [command, ...args.slice(0, lsp), ...configuration(), ...subcommand] : undefined;
}

/** The absolute path of an executable on the PATH or where uv and pipx put theirs. */
export async function executable(name: string): Promise<string | undefined> {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...toolFolders()];
  return firstIn(name, folders);
}

async function found(): Promise<Command | undefined> {
  const [name, ...args] = workspace.getConfiguration('nearline').get<string[]>('server.command', []);
  const path = await (name ? pathOf(name) : anywhere());
  return path === undefined ? undefined : [path, ...(args.length ? args : ['lsp'])];
}

async function anywhere(): Promise<string | undefined> {
  return (await executable('nearline')) ?? firstIn('nearline', await uvFolder());
}

async function pathOf(name: string): Promise<string | undefined> {
  return isAbsolute(name) ? ((await isExecutable(name)) ? name : undefined) : executable(name);
}

function configuration(): string[] {
  const path = workspace.getConfiguration('nearline').get<string>('config', '');
  return path ? ['--config', path] : [];
}

async function firstIn(name: string, folders: string[]): Promise<string | undefined> {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  for (const path of folders.filter(isAbsolute).map((folder) => join(folder, file))) {
    if (await isExecutable(path)) {
      return path;
    }
  }
  return undefined;
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(() => true, () => false);
}

function toolFolders(): string[] {
  const named = ['UV_TOOL_BIN_DIR', 'PIPX_BIN_DIR', 'XDG_BIN_HOME'].map((name) => process.env[name] ?? '');
  return [...named, join(homedir(), '.local', 'bin')];
}

// Only uv itself knows what its configuration says.
async function uvFolder(): Promise<string[]> {
  const uv = await executable('uv');
  if (!uv) {
    return [];
  }
  try {
    const { stdout } = await promisify(execFile)(uv, ['tool', 'dir', '--bin'], { timeout: 3000 });
    return [stdout.trim()];
  } catch {
    return [];
  }
}
